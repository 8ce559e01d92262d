"""One contract for all siblings: `get(id)` and `put(id, record)`."""

import itertools
from functools import partialmethod

import pytest

from redislab.caching import (
    CacheAside,
    EarlyRefresh,
    ModuleCacheAside,
    ModuleRefreshAhead,
    ModuleWriteBehind,
    RefreshAhead,
    ServeStale,
    WriteBehind,
    WriteThrough,
)
from redislab.caching.write_through import DB_FIRST
from redislab.keys import KeyNamespace


class WriteThroughDbFirst(WriteThrough):
    __init__ = partialmethod(WriteThrough.__init__, order=DB_FIRST)


SIBLINGS = [
    CacheAside,
    EarlyRefresh,
    ServeStale,
    WriteThrough,
    WriteThroughDbFirst,
    WriteBehind,
    RefreshAhead,
    ModuleCacheAside,
    ModuleRefreshAhead,
    ModuleWriteBehind,
]
runs = itertools.count()


class Counted:
    """A table, and how often it was asked."""

    def __init__(self, table):
        self._table, self.kind, self.finds = table, table.kind, 0

    def find(self, id):
        self.finds += 1
        return self._table.find(id)

    def save(self, id, record):
        return self._table.save(id, record)


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
