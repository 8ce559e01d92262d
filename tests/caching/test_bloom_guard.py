"""Cache-aside behind a filter: unknown ids cost nothing, and no row is ever denied."""

import pytest

from redislab.bench import watch
from redislab.caching import BitmapFilter, BloomGuard, CacheAside, CircuitBreaker, SingleFlight
from redislab.keys import KeyNamespace
from tests.caching.test_caching import Counted
from tests.conftest import paused, runs, settles

UNKNOWN = range(10**6, 10**6 + 200)
NEW = iter(range(700_001, 800_000))  # ids that nobody has inserted yet


@pytest.fixture
def users(database):
    return Counted(database.users)


def guard(client, users, prefix, **options):
    keys = KeyNamespace(f"{prefix}:{next(runs)}")
    known = BitmapFilter(client, keys, "user", capacity=20_000, error_rate=0.001)
    known.fill(users._table.ids)
    return BloomGuard(client, users, keys, filter=known, **options)


@pytest.fixture
def guarded(lab, users):
    return guard(lab.client(), users, lab.prefix, ttl=60)


def test_what_is_there_is_found_and_hits_cost_no_more_than_without_it(guarded, users):
    assert [guarded.get(id)["id"] for id in (1, 5000, 10_000)] == [1, 5000, 10_000]
    with watch(guarded.client) as sent:
        guarded.get(5000)
    assert sent.round_trips == 1
    assert users.finds == 3


def test_ids_that_never_existed_reach_neither_the_database_nor_the_cache(guarded, users):
    before = guarded.client.dbsize()
    assert {guarded.get(id) for id in UNKNOWN} == {None}
    assert users.finds <= 5  # the false positives
    assert guarded.client.dbsize() - before <= 5


def test_an_unknown_id_costs_two_round_trips(guarded):
    turned_away = next(id for id in UNKNOWN if not guarded.filter.may_hold(id))
    with watch(guarded.client) as sent:
        guarded.get(turned_away)
    assert sent.round_trips == 2


def test_what_is_put_is_heard_of_and_read_back(guarded, database):
    id = next(NEW)
    assert guarded.get(id) is None
    guarded.put(id, database.users.find(1) | {"name": "Grace Hopper"})
    assert guarded.get(id)["name"] == "Grace Hopper"
    guarded.put(id, guarded.get(id) | {"name": "Grace Murray"})
    assert (guarded.get(id)["name"], guarded.get(id)["version"]) == ("Grace Murray", 2)


@pytest.mark.parametrize("id", ["\ud800", "a\udcffb", b"\xff", b"a\x80"])
def test_an_id_that_is_no_text_stands_in_no_other_ids_way(guarded, id):
    with pytest.raises(ValueError, match="cannot be part of a name"):
        guarded.put(id, {"name": "Grace"})
    assert guarded.get(2000)["id"] == 2000 and not guarded.owes()


def test_a_filter_that_was_lost_denies_nothing(guarded):
    guarded.client.delete(guarded.filter.key)
    assert guarded.get(1234)["id"] == 1234
    assert guarded.get(UNKNOWN[0]) is None


def test_a_redis_that_hangs_while_a_row_is_inserted_hears_of_it_later(private, database, users):
    # Given a filter, and a Redis that hangs
    guarded, id = guard(private.client(socket_timeout=0.1), users, "shop"), next(NEW)
    with paused(private):
        # If a row is inserted, it is inserted all the same
        guarded.put(id, database.users.find(1))
        assert guarded.get(id)["id"] == id
    # Expect that this client denies it at no time, and that the filter has heard of it in the end
    found = []
    settles(lambda: found.append(guarded.get(id)) or guarded.breaker.is_open)
    assert all(found)
    guarded.client.delete(guarded.keys.user(id))
    assert guarded.get(id)["id"] == id
    assert guarded.filter.may_hold(id)


def test_a_filter_hears_of_a_row_in_the_background(private, database, users):
    # Given a row that is inserted while Redis is given up
    breaker = CircuitBreaker(failures=1, retry_after=0.1)
    guarded, id = guard(private.client(), users, "shop", breaker=breaker), next(NEW)
    breaker.failure()
    guarded.put(id, database.users.find(1))
    # Expect the filter to hear of it though this process neither reads nor writes any more
    assert not settles(lambda: not guarded.filter.may_hold(id))
    assert not settles(guarded.owes)


@pytest.mark.parametrize("pattern", [CacheAside, SingleFlight])
def test_with_no_time_for_missing_ids_nothing_is_stored_for_them(lab, users, pattern):
    cache = pattern(lab.client(), users, KeyNamespace(f"{lab.prefix}:{next(runs)}"), missing_ttl=0)
    assert [cache.get(UNKNOWN[0]) for _ in range(3)] == [None] * 3
    assert users.finds == 3
    assert not list(lab.redis.scan_iter(f"{cache.keys.prefix}:*"))
