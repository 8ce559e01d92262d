import threading
import time

from redislab.caching import ServeStale
from redislab.keys import KeyNamespace
from tests.caching.test_caching import Counted
from tests.conftest import runs, settles


class Gate(Counted):
    """Loads wait until they are let through."""

    def __init__(self, table):
        super().__init__(table)
        self.open = threading.Event()
        self.open.set()

    def find(self, id):
        record = super().find(id)
        self.open.wait(10)
        return record


def stale(lab, database):
    """A cache whose one entry has passed its TTL."""
    keys, users = KeyNamespace(f"{lab.prefix}:{next(runs)}"), Gate(database.users)
    cache = ServeStale(lab.client(), users, keys, ttl=60, stale_for=60)
    cache.get(1)
    lab.redis.pexpire(keys.user(1), 59_000)
    return cache, users


def test_a_stale_entry_is_served_at_once_while_one_load_is_under_way(lab, database):
    cache, users = stale(lab, database)
    users.open.clear()
    began = time.perf_counter()
    assert [cache.get(1)["id"] for _ in range(50)] == [1] * 50
    assert time.perf_counter() - began < 2
    users.open.set()
    assert not settles(lambda: lab.redis.pttl(cache.keys.user(1)) < 60_000)
    assert users.finds == 2


def test_after_the_load_the_new_value_is_served(lab, database):
    cache, _ = stale(lab, database)
    database.users.save(1, database.users.find(1) | {"city": "Zwolle"})
    cache.get(1)
    assert not settles(lambda: cache.get(1)["city"] != "Zwolle")


def test_a_write_during_the_load_is_not_undone_by_it(lab, database):
    cache, users = stale(lab, database)
    users.open.clear()
    old = cache.get(1)
    assert not settles(lambda: users.finds < 2)
    cache.put(1, old | {"city": "Breda"})
    users.open.set()
    assert cache.get(1)["city"] == "Breda"
    assert not settles(lambda: cache.get(1)["city"] != "Breda", timeout=0.5)


def test_while_the_database_is_down_the_old_value_is_served(lab, database):
    cache, _ = stale(lab, database)
    database.failing = True
    assert all(cache.get(1)["id"] == 1 for _ in range(20))
