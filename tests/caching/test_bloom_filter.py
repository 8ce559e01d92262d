"""Both filters, wherever they can be: nobody who was added is turned away, few others are let in."""

import math
import secrets
import uuid

import pytest

from redislab.bench import watch
from redislab.caching import BitmapFilter, BloomFilter
from redislab.caching.bloom_filter import size
from redislab.errors import CapabilityError
from redislab.keys import KeyNamespace

IDS = range(1, 5001)


@pytest.fixture(
    params=[BitmapFilter, pytest.param(BloomFilter, marks=pytest.mark.docker)], ids=lambda kind: kind.__name__
)
def make(request, lab):
    """`make(**options)`: a filter in a namespace of its own."""
    server = lab.server if request.param is BitmapFilter else request.getfixturevalue("bloom_server")
    assert request.param is BitmapFilter or "bloom" in server.capabilities
    client, keys = server.client(), KeyNamespace(f"{lab.prefix}:{secrets.token_hex(4)}")
    return lambda **options: request.param(client, keys, "user", **{"capacity": len(IDS), **options})


def test_an_id_that_was_added_is_never_turned_away(make):
    known = make()
    known.fill(IDS)
    assert all(known.may_hold(id) for id in (*IDS[:300], *IDS[-300:]))


@pytest.mark.parametrize("error_rate", [0.2, 0.05, 0.01])
def test_about_as_many_others_are_let_in_as_was_asked_for(make, error_rate):
    known = make(error_rate=error_rate)
    known.fill(IDS)
    let_in = sum(known.may_hold(id) for id in range(10**6, 10**6 + 2000))
    assert let_in <= 1.6 * 2000 * error_rate + 10
    assert let_in > 0


def test_what_is_added_later_is_held_and_a_filter_filled_anew_forgets(make):
    known = make(error_rate=0.001)
    known.fill(IDS)
    known.add(9_000_001, 9_000_002)
    assert known.may_hold(9_000_001) and known.may_hold(9_000_002)
    known.fill(IDS)
    assert not known.may_hold(9_000_001)


def test_an_id_may_be_a_number_or_a_word(make):
    known = make(error_rate=0.001)
    known.fill(["ada", 7])
    assert known.may_hold("ada") and known.may_hold("7") and not known.may_hold("grace")


@pytest.mark.parametrize("id", [b"ada", "\0", "", 10**30, 7.5, True, uuid.UUID(int=7), (1, 2)])
def test_an_id_is_what_it_is_in_the_name_of_its_entry(make, id):
    known, name = make(error_rate=0.001), KeyNamespace("shop").user
    for how in (known.add, lambda each: known.fill([each])):
        known.fill([])
        how(id)
        alike = [each for each in (id, str(id), str(id).encode(), "ada", "7.5") if name(each) == name(id)]
        assert len(alike) > 1 and all(map(known.may_hold, alike)) and not known.may_hold("grace")


def test_a_filter_that_is_not_there_turns_nobody_away(make):
    # Given a Redis that was emptied, and writers who go on adding
    known = make()
    assert known.may_hold(1)
    known.add(1)
    # Expect that the others are still let in
    assert known.may_hold(1) and known.may_hold(2)


def test_one_round_trip_an_answer_and_nothing_left_beside_the_filter(make):
    known = make()
    known.fill(IDS)
    with watch(known.client) as sent:
        known.may_hold(1)
    assert len(sent.commands) == 1
    assert list(known.client.scan_iter(f"{known.keys.prefix}:*")) == [known.key]
    assert known.client.ttl(known.key) == -1


def test_its_memory_is_what_the_formula_says(make):
    small, large = make(error_rate=0.1), make(error_rate=0.001)
    for known, bits in ((small, 4.79), (large, 14.38)):  # an id, by −ln p / (ln 2)²
        known.fill(IDS)
        assert known.bits == pytest.approx(bits * len(IDS), rel=0.001)
        # the server rounds: up to the next power of two, at most
        assert 0.95 * known.bits / 8 <= known.client.memory_usage(known.key) <= 2.2 * known.bits / 8 + 500


def test_the_size_for_a_textbook_case():
    assert size(1000, 0.01) == (9586, 7)


NEITHER = [(0, 0.01), (1.5, 0.1), (math.inf, 0.1), (10**9, 0.01), *((10, rate) for rate in (0, 1, -1, math.nan, None))]


@pytest.mark.parametrize(("capacity", "error_rate"), NEITHER)
def test_a_filter_that_cannot_be_is_refused_at_the_door(capacity, error_rate):
    with pytest.raises(ValueError, match=r"[Cc]hoose"):
        BitmapFilter(None, KeyNamespace("shop"), "user", capacity=capacity, error_rate=error_rate)


def test_opened_with_another_size_a_filter_turns_no_id_away_and_takes_no_new_ids(lab):
    client, keys = lab.client(), KeyNamespace(f"{lab.prefix}:{secrets.token_hex(4)}")
    BitmapFilter(client, keys, "user", capacity=5000).fill(IDS)
    for other in ({"capacity": 100}, {"capacity": 5001}, {"capacity": 10**6}, {"capacity": 5000, "error_rate": 0.1}):
        known = BitmapFilter(client, keys, "user", **other)
        assert all(known.may_hold(id) for id in IDS[:200])
        with pytest.raises(ValueError, match="another capacity or error_rate"):
            known.add(10**7)
    same = BitmapFilter(client, keys, "user", capacity=5000)
    same.add(10**7)
    assert same.may_hold(10**7) and all(same.may_hold(id) for id in IDS[:200])


def test_a_server_without_the_type_says_so_when_the_filter_is_constructed(servers):
    with pytest.raises(CapabilityError, match="no Bloom type: use BitmapFilter"):
        BloomFilter(servers("local").client(), KeyNamespace("shop"), "user", capacity=10)
