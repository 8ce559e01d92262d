"""Each order of a write, and what it lets happen: two writers crossing, a commit that fails, a Redis that does."""

import contextlib
import threading
import time
from contextlib import contextmanager

import pytest
import redis

from redislab.bench import watch
from redislab.caching import WriteThrough
from redislab.caching.write_through import CACHE_FIRST, DB_FIRST, DB_THEN_DELETE, ORDERS
from redislab.errors import DatabaseError
from tests.caching.test_caching import impatient, slow_reader, took
from tests.conftest import paused, settles

each_order = pytest.mark.parametrize("order", ORDERS)


class Stepped:
    """A table whose saves can be held up, just before or just after their commit, by the city that they write."""

    def __init__(self, table):
        self._table, self.kind, self.steps = table, table.kind, {}

    def hold(self, city: str, when: str) -> "Step":
        self.steps[city, when] = Step()
        return self.steps[city, when]

    def find(self, id):
        return self._table.find(id)

    def save(self, id, record):
        self._pass(record["city"], "before")
        version = self._table.save(id, record)
        self._pass(record["city"], "after")
        return version

    def _pass(self, city, when):
        if step := self.steps.get((city, when)):
            step.reached.set()
            assert step.go.wait(20)


class Step:
    def __init__(self):
        self.reached, self.go = threading.Event(), threading.Event()


@pytest.fixture
def users(database):
    return Stepped(database.users)


@contextmanager
def under_way(cache, id, record, step):
    """A put that has come as far as `step`; it is let go, and ends, at the end of the block."""
    failures = []

    def put():
        try:
            cache.put(id, record)
        except Exception as failure:
            failures.append(failure)

    writer = threading.Thread(target=put)
    writer.start()
    assert step.reached.wait(20)
    try:
        yield failures
    finally:
        step.go.set()
        writer.join(20)


def crossed(cache, users, id, when: str) -> tuple[dict, dict]:
    """What the cache and the database hold after two writers, the first of whom was overtaken at `when` its commit."""
    record = cache.get(id)
    first, second = (record | {"city": city} for city in ("Assen", "Breda"))
    with under_way(cache, id, first, users.hold("Assen", when)):
        cache.put(id, second)
    return cache.get(id), users.find(id)


def test_cache_first_two_writers_leave_the_cache_with_the_one_and_the_database_with_the_other(lab, users, keys):
    cached, row = crossed(WriteThrough(lab.client(), users, keys, order=CACHE_FIRST), users, 11, "before")
    assert (cached["city"], row["city"]) == ("Breda", "Assen")


def test_db_first_the_slower_of_two_writers_puts_the_older_row_over_the_newer(lab, users, keys):
    cached, row = crossed(WriteThrough(lab.client(), users, keys, order=DB_FIRST), users, 12, "after")
    assert (cached["city"], row["city"]) == ("Assen", "Breda")
    assert cached["version"] == row["version"] - 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_db_then_delete_stands_both(lab, users, keys, when):
    cached, row = crossed(WriteThrough(lab.client(), users, keys), users, 13, when)
    assert cached == row


def test_cache_first_shows_what_is_never_committed_and_loses_the_last_good_value(lab, database, users, keys):
    # Given an entry, and a commit that is going to fail
    cache = WriteThrough(lab.client(), users, keys, order=CACHE_FIRST)
    before, step = cache.get(14), users.hold("Nowhere", "before")
    database.failing = True
    with under_way(cache, 14, before | {"city": "Nowhere"}, step) as failures:
        # Expect a reader to be told of it meanwhile
        assert cache.get(14) == before | {"city": "Nowhere"}
    # and the entry to be gone afterwards, though the database still holds what was in it
    assert isinstance(failures[0], DatabaseError)
    assert not lab.redis.exists(keys.user(14))
    database.failing = False
    assert cache.get(14) == before


@pytest.mark.parametrize("order", [DB_FIRST, DB_THEN_DELETE])
def test_the_others_show_nothing_before_the_commit_and_keep_the_entry_if_it_fails(lab, database, users, keys, order):
    cache = WriteThrough(lab.client(), users, keys, order=order)
    before, step = cache.get(15), users.hold("Nowhere", "before")
    database.failing = True
    with under_way(cache, 15, before | {"city": "Nowhere"}, step) as failures:
        assert cache.get(15) == before
    assert isinstance(failures[0], DatabaseError)
    assert lab.redis.exists(keys.user(15))
    assert cache.get(15) == before


@each_order
def test_a_reader_who_loaded_the_old_row_does_not_store_it_over_the_new_one(lab, users, keys, order):
    cache, before = WriteThrough(lab.client(), users, keys, order=order), users.find(16)
    # Given a reader who has loaded the old row and is slow to store it
    with slow_reader(WriteThrough, lab.client(), users, keys, 16):
        # If the row is written in the meantime
        cache.put(16, before | {"city": f"by {order}"})
    # Expect the new one
    assert cache.get(16)["city"] == f"by {order}"


def test_db_first_stores_what_the_database_holds_and_cache_first_knows_no_version(lab, users, keys):
    new = users.find(17) | {"city": "Delft"}
    WriteThrough(lab.client(), users, keys, order=DB_FIRST).put(17, new)
    cache = WriteThrough(lab.client(), users, keys, order=CACHE_FIRST)
    assert cache.get(17) == users.find(17)
    cache.put(17, new)
    assert cache.get(17) == new
    assert users.find(17)["version"] == new["version"] + 2


@each_order
def test_a_write_costs_one_round_trip(lab, users, keys, order):
    client = lab.client()
    cache, record = WriteThrough(client, users, keys, order=order), users.find(18)
    with watch(client) as sent:
        cache.put(18, record)
    assert sent.round_trips == 1


@pytest.mark.parametrize("order", [DB_FIRST, DB_THEN_DELETE])
def test_a_dead_redis_fails_no_write_and_brings_no_old_row_back(private, database, keys, order):
    cache = WriteThrough(impatient(private), database.users, keys, order=order)
    before = cache.get(19)
    with paused(private):
        assert took(lambda: cache.put(19, before | {"city": f"Gouda, {order}"})) < 2
    assert not settles(lambda: cache.get(19) and (cache.owed or cache.breaker.is_open))
    assert cache.get(19)["city"] == f"Gouda, {order}"


def test_cache_first_a_dead_redis_fails_every_write_and_says_so_quickly(private, database, keys):
    cache = WriteThrough(impatient(private), database.users, keys, order=CACHE_FIRST)
    before = cache.get(20)
    with paused(private):
        for _ in range(5):
            began = time.perf_counter()
            with pytest.raises(redis.RedisError):
                cache.put(20, before | {"city": "Nowhere"})
            assert time.perf_counter() - began < 2
        with pytest.raises(redis.ConnectionError, match="Use 'DB, then delete'"):
            cache.put(20, before | {"city": "Nowhere"})
    assert database.users.find(20) == before
    assert not settles(lambda: cache.get(20) and cache.breaker.is_open)


def test_cache_first_what_may_be_stored_and_is_not_committed_is_deleted_in_the_background(private, database, keys):
    # Given a SET to which no answer comes
    cache = WriteThrough(impatient(private), database.users, keys, order=CACHE_FIRST)
    before = cache.get(21)
    with paused(private), pytest.raises(redis.RedisError):
        cache.put(21, before | {"city": "Nowhere"})
    # Expect readers of other processes to see the row soon
    other = WriteThrough(private.client(), database.users, keys)
    assert not settles(lambda: cache.owed)
    assert not settles(lambda: other.get(21) != before)


def test_db_first_a_full_redis_does_not_go_on_serving_the_old_row(lab, database, keys):
    with contextlib.closing(lab.private_server(maxmemory_policy="noeviction")) as server:
        cache = WriteThrough(server.client(), database.users, keys, order=DB_FIRST)
        before = cache.get(22)
        server.client().config_set("maxmemory", 1)
        cache.put(22, before | {"city": "Hoorn"})
        assert cache.get(22)["city"] == "Hoorn"


def test_an_order_that_does_not_exist_is_refused_with_those_that_do(lab, users, keys):
    with pytest.raises(ValueError, match="Choose one of: cache first; DB first; DB, then delete"):
        WriteThrough(lab.client(), users, keys, order="both at once")
