"""Write-behind as the application sees it: what it acknowledges, what readers get, and what happens when Redis fails."""

import contextlib
import time

import pytest

from redislab.bench import watch
from redislab.caching import WriteBehind, WriteBehindWorker
from redislab.errors import BacklogError, WriteError
from redislab.keys import KeyNamespace
from tests.caching.test_caching import slow_reader
from tests.conftest import paused, runs, settles


@pytest.fixture
def cache(lab, database, keys):
    return WriteBehind(lab.client(), database.users, keys, ttl=60)


def drained(cache) -> bool:
    """Wait until the database has everything; says whether it has."""
    return not settles(lambda: cache.backlog.waiting)


def test_a_write_costs_one_round_trip_and_no_statement(cache, database):
    cache.put(1, database.users.find(1))
    before = dict(database.statements)
    with watch(cache.client) as sent:
        version = cache.put(1, {"city": "Delft"})
    assert sent.round_trips == 1
    assert database.statements == before
    assert cache.get(1) == {"city": "Delft", "id": 1, "version": version}


def test_an_entry_is_pinned_until_the_database_has_it_and_then_expires(cache, database, keys, lab):
    record = database.users.find(2) | {"city": "Gouda"}
    version = cache.put(2, record)
    assert lab.redis.pttl(keys.user(2)) == -1
    assert database.users.find(2)["version"] < version
    with WriteBehindWorker(cache):
        assert drained(cache)
    assert database.users.find(2) == record | {"version": version}
    assert 53_000 < lab.redis.pttl(keys.user(2)) <= 66_000
    assert cache.get(2) == database.users.find(2)


def test_a_new_row_is_inserted(cache, database):
    id, record = 10**8 + next(runs), database.users.find(1)
    version = cache.put(id, record)
    with WriteBehindWorker(cache):
        assert drained(cache)
    assert database.users.find(id) == record | {"id": id, "version": version}


def test_a_reader_who_loaded_the_old_row_cannot_store_it_over_an_accepted_write(cache, database, keys, lab):
    before = database.users.find(3)
    # Given a reader who has loaded the old row and is slow to store it
    with slow_reader(WriteBehind, lab.client(), database.users, keys, 3):
        # If a write is accepted, and saved, in the meantime
        version = cache.put(3, before | {"city": "Breda"})
        with WriteBehindWorker(cache):
            assert drained(cache)
    # Expect the new record
    assert cache.get(3) == before | {"city": "Breda", "version": version}


def test_a_missing_record_that_was_cached_as_missing_is_there_once_it_is_put(cache):
    id = 2 * 10**8 + next(runs)
    assert cache.get(id) is None
    cache.put(id, {"city": "Ede"})
    assert cache.get(id)["city"] == "Ede"


class TestBackPressure:
    @pytest.fixture
    def cache(self, lab, database, keys):
        return WriteBehind(lab.client(), database.users, keys, limit=3, patience=0.1)

    def test_beyond_the_limit_a_write_waits_and_is_then_refused(self, cache, database):
        record = database.users.find(4)
        newest = [cache.put(4, record) for _ in range(3)][-1]
        began = time.monotonic()
        with pytest.raises(BacklogError, match=r"3 writes wait for the database.*worker running.*replay") as caught:
            cache.put(4, record | {"city": "nowhere"})
        assert caught.value.waiting == 3
        assert time.monotonic() - began >= 0.1
        assert cache.get(4)["version"] == newest

    def test_it_goes_on_as_soon_as_a_worker_makes_room(self, cache, database):
        cache.patience = 20.0
        record = database.users.find(5)
        with WriteBehindWorker(cache, batch=2, linger=0.01):
            versions = [cache.put(5, record | {"city": f"city {n}"}) for n in range(40)]
            assert versions == sorted(versions)
            assert drained(cache)
        assert database.users.find(5)["city"] == "city 39"

    def test_a_limit_that_lets_nothing_in_is_refused_at_the_door(self, lab, database, keys):
        with pytest.raises(ValueError, match="limit = 0 does not work: choose a whole number from 1"):
            WriteBehind(lab.client(), database.users, keys, limit=0)


class TestRedisFails:
    @pytest.fixture
    def cache(self, private, database, keys):
        return WriteBehind(private.client(socket_timeout=0.1), database.users, keys)

    def test_a_dead_redis_acknowledges_nothing_and_says_so_at_once(self, cache, private, database):
        record = database.users.find(6)
        cache.put(6, record)
        private.kill()
        try:
            for _ in range(20):
                began = time.monotonic()
                with pytest.raises(WriteError, match="Redis d"):
                    cache.put(6, record)
                assert time.monotonic() - began < 1
            assert cache.breaker.is_open
            assert cache.get(6) == record  # the row, without what was in the stream
        finally:
            private.restart()
        assert not settles(lambda: not _accepts(cache, 6, record))
        assert not cache.breaker.is_open

    def test_a_hung_redis_may_have_taken_it_and_that_is_said(self, cache, private, database):
        cache.get(7)
        with paused(private), pytest.raises(WriteError, match="may have been taken: read it back"):
            cache.put(7, database.users.find(7) | {"city": "Lisse"})
        assert not settles(lambda: cache.get(7)["city"] != "Lisse" or cache.breaker.is_open)

    def test_a_full_redis_refuses_the_write_and_keeps_what_it_has(self, lab, database, keys):
        with contextlib.closing(lab.private_server(maxmemory_policy="noeviction")) as server:
            cache = WriteBehind(server.client(), database.users, keys)
            cache.backlog.open()
            version = cache.put(8, database.users.find(8))
            server.client().config_set("maxmemory", 1)
            with pytest.raises(WriteError, match=r"refused.*memory"):
                cache.put(8, database.users.find(8) | {"city": "nowhere"})
            assert cache.get(8)["version"] == version
            assert cache.backlog.waiting == 1
            with WriteBehindWorker(cache):  # what it takes to make room needs no memory
                assert drained(cache)
            assert database.users.find(8)["version"] == version

    def test_an_entry_that_is_not_saved_survives_a_volatile_policy(self, lab, database, keys):
        with contextlib.closing(lab.private_server(maxmemory="8mb", maxmemory_policy="volatile-random")) as server:
            client = server.client()
            cache = WriteBehind(client, database.users, keys)
            version = cache.put(9, database.users.find(9))
            for n in range(400):
                client.set(f"filler:{n}", "x" * 50_000, ex=600)
            assert client.info("stats")["evicted_keys"] > 100
            assert cache.get(9)["version"] == version


def _accepts(cache, id, record) -> bool:
    try:
        return cache.put(id, record) > 0
    except WriteError:
        return False


def test_on_a_cluster_it_works_under_a_hash_tag(cluster, database):
    cache = WriteBehind(cluster.client(), database.users, KeyNamespace("{shop}"), ttl=60)
    before = cache.get(12)
    version = cache.put(12, before | {"city": "Epe"})
    database.failing = True
    with WriteBehindWorker(cache, attempts=1, backoff=0.01) as worker:
        assert not settles(lambda: cache.backlog.letters == 0)
        database.failing = False
        assert worker.replay() == 1
    assert database.users.find(12) == before | {"city": "Epe", "version": version}
    assert cache.client.pttl("{shop}:user:12") > 0


def test_on_a_cluster_keys_that_would_spread_are_refused_at_the_door(cluster, database):
    with pytest.raises(ValueError, match=r"hash tag: '\{shop\}'"):
        WriteBehind(cluster.client(), database.users, KeyNamespace("shop"))
