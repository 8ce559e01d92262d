"""The stream of accepted writes, step by step, on every Redis that this machine has."""

import datetime
import json
import math
import re

import pytest
import redis
from redis.crc import key_slot

from redislab.bench import watch
from redislab.caching.backlog import GROUP, Backlog
from redislab.errors import LostBacklogError
from redislab.keys import KeyNamespace
from redislab.world.lab import first
from tests.conftest import backends, have, runs

RECORD = {"id": 7, "name": "Ada", "version": 3}


@pytest.fixture(scope="module", params=backends())
def server(request):
    have(request.param)
    server, _ = first((request.param,), report=print)
    yield server
    server.close()


@pytest.fixture
def client(server):
    client = server.client()
    yield client
    client.close()


@pytest.fixture
def backlog(client):
    backlog = Backlog(client, KeyNamespace(f"{{shop{next(runs)}}}"), "user")
    backlog.open()
    return backlog


def life() -> int:
    return 60_000


class TestAccept:
    def test_a_write_is_cached_and_queued_in_one_round_trip(self, backlog, client):
        client.set(backlog.keys.beside(backlog.keys.user(7), "lease"), "a reader's")
        backlog.accept(7, RECORD, 10)
        with watch(client) as sent:
            version = backlog.accept(7, RECORD, 10)
        assert sent.round_trips == 1 and len(sent.commands) == 1
        entry = client.get(backlog.keys.user(7))
        assert json.loads(entry) == RECORD | {"version": version}
        assert client.pttl(backlog.keys.user(7)) == -1  # it neither expires nor falls to volatile-*
        assert not client.exists(backlog.keys.beside(backlog.keys.user(7), "lease"))
        assert client.xrange(backlog.stream)[-1] == (f"{version}-0", {"record": entry})

    def test_a_version_is_the_servers_time_in_microseconds(self, backlog, client):
        (before, _), version, (after, _) = client.time(), backlog.accept(7, RECORD, 10), client.time()
        assert before <= version / 1e6 <= after + 1

    def test_versions_grow_also_when_the_clock_has_gone_back(self, backlog, client):
        ahead = backlog.accept(7, RECORD, 100) + 10**12
        client.xadd(backlog.stream, {"record": "from a clock that was ahead"}, id=f"{ahead}-5")
        versions = [backlog.accept(id, RECORD, 100) for id in (7, 8, 7)]
        assert versions == [ahead + 1, ahead + 2, ahead + 3]
        assert json.loads(client.get(backlog.keys.user(7)))["version"] == ahead + 3
        client.delete(backlog.stream)

    def test_versions_grow_when_the_stream_is_empty_again(self, backlog, client):
        first = backlog.accept(7, RECORD, 10) + 10**12
        client.xadd(backlog.stream, {"record": ""}, id=f"{first}-0")
        client.xtrim(backlog.stream, maxlen=0)
        assert backlog.accept(7, RECORD, 10) == first + 1

    def test_a_version_is_newer_than_the_one_that_was_read_whatever_the_clock_says(self, backlog):
        ahead = backlog.accept(7, RECORD, 10) + 10**12
        assert backlog.accept(7, RECORD | {"version": ahead}, 10) == ahead + 1
        assert backlog.accept(8, RECORD, 10) == ahead + 2

    def test_a_record_that_was_not_read_has_no_version_yet(self, backlog, client):
        given = backlog.accept(7, RECORD | {"version": None}, 10)
        assert abs(given / 1e6 - client.time()[0]) < 60
        assert backlog.read("a", 1)[0].record == RECORD | {"version": given}

    def test_what_cannot_be_a_version_is_refused_and_nothing_written(self, backlog, client):
        for version in ("a word", 2**60, 2**53, 2**53 - 1, 2**53 - 2, -1, 1.5, math.nan, True, [], ""):
            with pytest.raises(ValueError, match=r"^version = .* does not work: "):
                backlog.accept(7, RECORD | {"version": version}, 10)
        assert backlog.waiting == 0 and not client.exists(*backlog._entry(7))

    @pytest.mark.parametrize("years", [0, 1, 99])
    def test_after_the_newest_version_that_is_taken_all_others_are_taken_too(self, backlog, client, years):
        known = (client.time()[0] + years * 31_556_952) * 10**6
        versions = [known]
        for id in (7, 7, 8, 7, 9):
            versions.append(backlog.accept(id, RECORD | {"version": versions[-1]}, 10))
        versions.append(backlog.accept(8, RECORD, 10))
        assert versions == sorted(set(versions))
        assert [message.record["version"] for message in backlog.read("a", 10)] == versions[1:]

    def test_an_id_that_json_would_change_is_refused(self, backlog):
        for id in (None, True, 1.5, math.nan, (1, 2), b"1", datetime.date(2020, 1, 1)):
            with pytest.raises(ValueError, match="cannot be an id here"):
                backlog.accept(id, RECORD, 10)
        assert backlog.waiting == 0

    def test_a_full_redis_says_so_also_at_the_first_write(self, lab):
        server = lab.private_server(maxmemory_policy="noeviction")
        backlog = Backlog(server.client(), KeyNamespace("{shop}"), "user")
        server.client().config_set("maxmemory", 1)
        with pytest.raises(redis.OutOfMemoryError):
            backlog.accept(7, RECORD, 10)
        server.close()

    def test_beyond_the_limit_nothing_changes(self, backlog, client):
        newest, _ = (backlog.accept(id, RECORD, 2) for id in (7, 8))
        assert backlog.accept(7, RECORD, 2) == -2
        assert json.loads(client.get(backlog.keys.user(7)))["version"] == newest
        assert backlog.waiting == 2

    def test_dead_letters_count_towards_the_limit(self, backlog):
        backlog.accept(7, RECORD, 2)
        backlog.bury(backlog.read("a", 1)[0], "why")
        backlog.accept(8, RECORD, 2)
        assert backlog.accept(9, RECORD, 2) == -2

    def test_all_of_it_or_nothing(self, backlog, client):
        client.delete(backlog.stream)
        client.set(backlog.stream, "in the way")
        client.set(backlog.keys.user(7), "as before")
        with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
            backlog.accept(7, RECORD, 10)
        assert client.get(backlog.keys.user(7)) == "as before"

    def test_any_record_comes_back_as_it_went_in(self, backlog, client):
        for record in ({}, {"version": 1}, {"text": '}"\\ é \x00', "nested": {"version": 5}}):
            version = backlog.accept("a b", record, 10)
            expected = record | {"id": "a b", "version": version}
            assert json.loads(client.get(backlog.keys.user("a b"))) == expected
            assert backlog.read("a", 1)[0].record == expected

    def test_what_is_not_json_is_refused_before_anything_is_sent(self, backlog):
        with pytest.raises(TypeError):
            backlog.accept(7, {"name": object()}, 10)
        assert backlog.waiting == 0


class TestSettle:
    def test_a_write_that_is_saved_leaves_and_its_entry_begins_to_expire(self, backlog, client):
        backlog.accept(7, RECORD, 10)
        messages = backlog.read("a", 10)
        assert backlog.settle(messages, life) == 1
        assert 0 < client.pttl(backlog.keys.user(7)) <= 60_000
        assert (backlog.waiting, client.xpending(backlog.stream, GROUP)["pending"]) == (0, 0)
        assert backlog.settle(messages, life) == 0  # once more changes nothing

    def test_a_newer_entry_stays_pinned(self, backlog, client):
        backlog.accept(7, RECORD, 10)
        older = backlog.read("a", 10)
        newer = backlog.accept(7, RECORD, 10)
        backlog.settle(older, life)
        assert json.loads(client.get(backlog.keys.user(7)))["version"] == newer
        assert client.pttl(backlog.keys.user(7)) == -1

    def test_a_foreign_key_in_place_of_an_entry_keeps_no_write_from_being_settled(self, backlog, client):
        for id in (7, 8):
            backlog.accept(id, RECORD, 10)
        client.delete(backlog.keys.user(7))
        client.hset(backlog.keys.user(7), "not", "ours")
        assert backlog.settle(backlog.read("a", 10), life) == 2
        assert (backlog.waiting, client.hgetall(backlog.keys.user(7))) == (0, {"not": "ours"})
        assert client.pttl(backlog.keys.user(8)) > 0

    @pytest.mark.parametrize("loaded", [json.dumps(RECORD), '{"version": 3, "id": 7}', "null"])
    def test_an_entry_from_the_row_as_it_was_goes_with_its_lease(self, backlog, client, loaded):
        # Given a pinned entry that was evicted all the same, and readers who loaded the row meanwhile
        lease = backlog.keys.beside(backlog.keys.user(7), "lease")
        backlog.accept(7, RECORD, 10)
        client.set(backlog.keys.user(7), loaded, ex=60)
        client.set(lease, "a reader's")
        backlog.settle(backlog.read("a", 10), life)
        assert not client.exists(backlog.keys.user(7), lease)


class TestDeadLetters:
    def test_a_write_moves_once(self, backlog, client):
        version = backlog.accept(7, RECORD, 10)
        (message,) = backlog.read("a", 10)
        backlog.bury(message, "KeyError: 'city'")
        backlog.bury(message, "a second worker")
        (letter,) = backlog.dead_letters()
        assert letter.record == RECORD | {"version": version}
        assert client.xrange(backlog.dead)[0][1]["reason"] == "KeyError: 'city'"
        assert (backlog.waiting, backlog.letters) == (0, 1)
        assert client.pttl(backlog.keys.user(7)) == -1  # the only place that has it for readers

    def test_what_another_worker_has_settled_is_not_buried(self, backlog):
        backlog.accept(7, RECORD, 10)
        messages = backlog.read("a", 10)
        backlog.settle(messages, life)
        backlog.bury(messages[0], "too late")
        assert backlog.letters == 0

    def test_they_are_read_in_pages_and_settled_like_the_others(self, backlog, client):
        for id in range(5):
            backlog.accept(id, {}, 10)
        for message in backlog.read("a", 10):
            backlog.bury(message, "why")
        page = backlog.dead_letters(2)
        rest = backlog.dead_letters(10, after=page[-1].id)
        assert [letter.record["id"] for letter in page + rest] == [0, 1, 2, 3, 4]
        assert backlog.settle(rest, life, stream=backlog.dead) == 3
        assert backlog.letters == 2
        assert client.pttl(backlog.keys.user(4)) > 0


class TestGroup:
    def test_what_was_accepted_before_the_first_worker_is_read(self, client):
        backlog = Backlog(client, KeyNamespace(f"{{shop{next(runs)}}}"), "user")
        backlog.accept(7, RECORD, 10)
        backlog.open()
        backlog.open()
        assert [message.record["id"] for message in backlog.read("a", 10)] == [7]

    def test_each_write_is_read_by_one_worker_and_claimed_by_another_when_it_has_been_idle(self, backlog):
        for id in range(3):
            backlog.accept(id, {}, 10)
        mine, others = backlog.read("a", 2), backlog.read("b", 10)
        assert [[m.record["id"] for m in read] for read in (mine, others)] == [[0, 1], [2]]
        assert backlog.claim("b", 60.0, 10) == []
        assert backlog.claim("b", 0.0, 10) == mine + others

    def test_a_consumer_leaves_unless_writes_are_pending_to_it(self, backlog, client):
        backlog.accept(7, {}, 10)
        messages = backlog.read("a", 10)
        backlog.read("b", 10)
        for consumer in ("a", "b"):
            backlog.leave(consumer)
        assert [each["name"] for each in client.xinfo_consumers(backlog.stream, GROUP)] == ["a"]
        assert backlog.claim("c", 0.0, 10) == messages

    def test_consumers_of_killed_workers_go_once_nothing_is_pending_to_them(self, backlog, client):
        # Given three workers that were killed, one of them with a write in its hands
        for consumer in ("a", "b", "c"):
            client.xgroup_createconsumer(backlog.stream, GROUP, consumer)
        backlog.accept(7, {}, 10)
        backlog.read("a", 1)

        def names():
            return [each["name"] for each in client.xinfo_consumers(backlog.stream, GROUP)]

        backlog.tidy(60.0)
        assert names() == ["a", "b", "c"]
        # Expect the others to go, and this one after its write was claimed
        backlog.tidy(0.0)
        assert names() == ["a"]
        backlog.claim("d", 0.0, 10)
        backlog.tidy(0.0)
        assert names() == ["d"]

    @pytest.mark.parametrize("how", ["the stream", "the group"])
    def test_a_stream_that_is_gone_is_reported(self, backlog, client, how):
        backlog.accept(7, {}, 10)
        client.delete(backlog.stream) if how == "the stream" else client.xgroup_destroy(backlog.stream, GROUP)
        for ask in (lambda: backlog.read("a", 1), lambda: backlog.claim("a", 0.0, 1)):
            with pytest.raises(LostBacklogError, match=f"{re.escape(backlog.stream)} is gone.*evicted"):
                ask()

    def test_a_policy_that_may_evict_the_stream_is_warned_of(self, lab):
        server = lab.private_server(maxmemory="50mb", maxmemory_policy="allkeys-lru")
        backlog = Backlog(server.client(), KeyNamespace("{shop}"), "user")
        with pytest.warns(RuntimeWarning, match=r"allkeys-lru: .*\{shop\}:stream:user"):
            backlog.open()
        server.close()

    def test_what_somebody_deleted_from_the_stream_is_passed_over(self, backlog, client):
        for id in (1, 2):
            backlog.accept(id, {}, 10)
        gone, there = backlog.read("a", 10)
        client.xdel(backlog.stream, gone.id)
        assert backlog.claim("b", 0.0, 10) == [there]


def test_the_keys_of_a_kind_share_a_slot_if_the_prefix_has_a_tag(client):
    def slots(prefix, id):
        backlog = Backlog(client, KeyNamespace(prefix), "user")
        return [key_slot(name.encode()) for name in (backlog.stream, backlog.dead, *backlog._entry(id))]

    assert len({slot for id in (1, 2, "a}b{c") for slot in slots("{shop}", id)}) == 1
    stream, dead, entry, lease = slots("shop", 1)
    assert stream == dead != entry == lease
