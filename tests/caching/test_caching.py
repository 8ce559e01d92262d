"""One contract for all siblings: `get(id)` and `put(id, record)`."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partialmethod

import pytest

from redislab.caching import (
    CacheAside,
    ChanceRefresh,
    EarlyRefresh,
    PredictedRefresh,
    RefreshAhead,
    Resilient,
    ServeStale,
    SingleFlight,
    WriteBehind,
    WriteThrough,
)
from redislab.caching.write_through import DB_FIRST
from redislab.keys import KeyNamespace
from redislab.lessons.caching_patterns.as_in_the_module import ModuleCacheAside, ModuleRefreshAhead, ModuleWriteBehind
from tests.conftest import runs, settles


class WriteThroughDbFirst(WriteThrough):
    __init__ = partialmethod(WriteThrough.__init__, order=DB_FIRST)


SIBLINGS = [
    CacheAside,
    SingleFlight,
    Resilient,
    EarlyRefresh,
    ServeStale,
    WriteThrough,
    WriteThroughDbFirst,
    WriteBehind,
    RefreshAhead,
    PredictedRefresh,
    ChanceRefresh,
    ModuleCacheAside,
    ModuleRefreshAhead,
    ModuleWriteBehind,
]


class Counted:
    """A table, and how often it was asked."""

    def __init__(self, table):
        self._table, self.kind, self.finds = table, table.kind, 0

    def find(self, id):
        self.finds += 1
        return self._table.find(id)

    def save(self, id, record):
        return self._table.save(id, record)


def impatient(server):
    return server.client(socket_timeout=0.1, max_connections=200)


def together(calls):
    """Run all at the same moment, and return what each returned."""
    gate = threading.Barrier(len(calls))

    def run(call):
        gate.wait(20)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def took(call) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


@contextmanager
def slow_reader(sibling, client, table, keys, id):
    """Within, a reader has loaded a row and not stored it yet; at the end it goes on, and ends."""
    loaded, go = threading.Event(), threading.Event()

    class Slow(Counted):
        def find(self, id):
            record = super().find(id)
            loaded.set()
            go.wait(10)
            return record

    reader = threading.Thread(target=sibling(client, Slow(table), keys).get, args=(id,))
    reader.start()
    try:
        assert loaded.wait(10)
        yield
    finally:
        go.set()
        reader.join(10)


def survives_a_dead_redis(cache, private, key) -> None:
    """Given an entry of user 1 at `key`: without Redis a read costs milliseconds, and it recovers by itself."""
    private.kill()
    try:
        assert max(took(lambda: cache.get(1)) for _ in range(50)) < 0.5
        assert cache.breaker.is_open
    finally:
        private.restart()
    assert not settles(lambda: cache.get(1) and cache.breaker.is_open)
    assert private.client().exists(key)


@pytest.mark.parametrize("sibling", SIBLINGS, ids=lambda sibling: sibling.__name__)
class TestContract:
    @pytest.fixture
    def users(self, database):
        return Counted(database.users)

    @pytest.fixture
    def cache(self, sibling, lab, users):
        keys = KeyNamespace(f"{lab.prefix}:{next(runs)}")  # nobody else's entries
        cache = sibling(lab.client(), users, keys, ttl=60)
        yield cache
        getattr(cache, "close", lambda: None)()

    def test_a_miss_loads_and_a_hit_does_not(self, cache, users):
        first, second = cache.get(7), cache.get(7)
        assert first == second == users._table.find(7)
        assert users.finds == 1

    def test_what_is_put_is_read_back_with_its_new_version(self, cache, users):
        before = cache.get(8)
        cache.put(8, before | {"city": "Utrecht"})
        after = cache.get(8)
        assert after["city"] == "Utrecht"
        assert after["version"] > before["version"]

    def test_an_entry_lives_about_as_long_as_its_ttl(self, cache, lab):
        cache.get(9)
        left = lab.redis.pttl(cache.keys.user(9)) / 1000 - getattr(cache, "stale_for", 0)
        assert 53 < left <= 66.1

    def test_every_key_carries_the_prefix(self, cache, lab):
        cache.get(10)
        assert lab.redis.exists(cache.keys.user(10))
        assert set(lab.redis.scan_iter(f"{cache.keys.prefix}:*")) == {cache.keys.user(10)}

    def test_a_missing_record_is_none(self, cache):
        assert cache.get(10**9) is None
        assert cache.get(10**9) is None

    def test_an_id_is_a_value_and_never_sql(self, cache):
        assert cache.get("0 UNION SELECT * FROM users") is None
