"""A Redis that dies, hangs, is full or refuses: reads go on, deletes are made up for, and others are not concerned."""

import contextlib
import functools
import gc
import threading
import weakref

import pytest
import redis

from redislab.bench import watch
from redislab.caching import (
    BitmapFilter,
    BloomGuard,
    CircuitBreaker,
    PredictedRefresh,
    RefreshAhead,
    Resilient,
    ServeStale,
    WriteBehind,
    WriteThrough,
)
from redislab.caching.write_through import CACHE_FIRST, ORDERS
from redislab.errors import WriteError
from redislab.keys import KeyNamespace
from redislab.keys.replies import UNREACHABLE
from redislab.world.cluster import Cluster
from tests.caching.test_caching import Counted, impatient, survives_a_dead_redis, took
from tests.conftest import paused, settles


def test_a_dead_redis_costs_milliseconds_and_recovers_by_itself(private, database, keys):
    cache = Resilient(impatient(private), database.users, keys)
    cache.get(1)
    survives_a_dead_redis(cache, private, keys.user(1))


def test_a_hung_redis_costs_a_few_timeouts_and_then_nothing(private, database, keys):
    cache = Resilient(impatient(private), database.users, keys)
    cache.get(2)
    with paused(private):
        times = sorted(took(lambda: cache.get(2)) for _ in range(60))
    assert times[-1] < 1.0
    assert times[50] < 0.05
    assert not settles(lambda: cache.get(2) and cache.breaker.is_open)


def test_a_delete_that_did_not_get_through_is_made_up_for(private, database, keys):
    # Given an entry, and a Redis that hangs while the row is written
    cache = Resilient(impatient(private), database.users, keys)
    before = cache.get(3)
    with paused(private):
        cache.put(3, before | {"city": "Gouda"})
    # Expect the new row, whether Redis answers yet or not
    cities = []
    settles(lambda: cities.append(cache.get(3)["city"]) or cache.breaker.is_open)
    assert set(cities) == {"Gouda"}
    assert cache.get(3)["city"] == "Gouda"


def test_a_full_redis_still_serves_what_it_has(lab, database, keys):
    with contextlib.closing(lab.private_server(maxmemory_policy="noeviction")) as server:
        users = Counted(database.users)
        cache = Resilient(server.client(), users, keys)
        cache.get(1)
        server.client().config_set("maxmemory", 1)
        assert [cache.get(2)["id"] for _ in range(3)] == [2, 2, 2]
        finds = users.finds
        assert cache.get(1)["id"] == 1
        assert users.finds == finds
        assert not cache.breaker.is_open


def test_a_write_makes_up_for_the_deletes_of_others(private, database, keys):
    # Given that the delete of row 3 did not get through
    cache = Resilient(impatient(private), database.users, keys)
    before = cache.get(3)
    with paused(private):
        cache.put(3, before | {"city": "Gouda"})
    # If another row is written, and none is read
    assert not settles(lambda: cache.put(4, before) or cache.owed)
    # Expect that readers in other processes load row 3 again
    assert Resilient(private.client(), database.users, keys).get(3)["city"] == "Gouda"


def test_a_delete_is_made_up_for_in_the_background(private, database, keys):
    # Given a write while Redis is given up
    cache = Resilient(impatient(private), database.users, keys, breaker=CircuitBreaker(failures=1, retry_after=0.1))
    before = cache.get(3)
    cache.breaker.failure()
    cache.put(3, before | {"city": "Gouda"})
    # Expect it to be deleted though this process neither reads nor writes any more
    assert not settles(lambda: private.client().exists(keys.user(3)))
    assert not settles(lambda: cache.owed)
    assert not settles(lambda: any(thread.name == "redislab-background" for thread in threading.enumerate()))


def test_what_a_cache_owes_ends_with_it(private, database, keys):
    cache = Resilient(impatient(private), database.users, keys, breaker=CircuitBreaker(failures=1, retry_after=60))
    cache.breaker.retry_after = 0.1
    with paused(private):
        cache.put(3, database.users.find(3))
        assert cache.owed
        reference = weakref.ref(cache)
        del cache
        assert not settles(lambda: gc.collect() and reference())
        assert not settles(lambda: any(thread.name == "redislab-background" for thread in threading.enumerate()))


@pytest.fixture
def picky(private):
    """A client that may read everything, and write the entries of users 4 and 5 alone."""
    rules = ["on", "nopass", "+@all", "%R~*", "~*:lease:*", "~*:user:4", "~*:user:5"]
    private.client().execute_command("ACL", "SETUSER", "picky", *rules)
    client = redis.Redis(host=private.host, port=private.port, username="picky", password="any", decode_responses=True)
    yield client
    client.close()
    private.client().acl_deluser("picky")


def test_a_delete_that_is_refused_concerns_its_key_only(private, picky, database, keys):
    users = Counted(database.users)
    before = {id: Resilient(private.client(), users, keys).get(id) for id in (3, 4, 5)}
    # Given a delete that Redis refuses
    cache = Resilient(picky, users, keys)
    cache.put(3, before[3] | {"city": "Gouda"})
    finds = users.finds
    # Expect that its row is read from the database, and the others from the cache, in one round trip
    assert cache.get(3)["city"] == "Gouda" and users.finds == finds + 1
    with watch(cache.client) as sent:
        assert [cache.get(id) for id in (4, 5)] == [before[4], before[5]]
    assert (users.finds, sent.round_trips) == (finds + 1, 2)
    # and that other deletes are made
    cache.put(5, before[5] | {"city": "Delft"})
    assert not picky.exists(keys.user(5))
    assert not cache.breaker.is_open


class Unreachable:
    """In place of a client: a cluster none of whose nodes can be reached, as redis-py says it."""

    def __getattr__(self, name):
        return self._fail

    def register_script(self, script):
        return self._fail

    def _fail(self, *arguments, **options):
        raise redis.exceptions.RedisClusterException("Redis Cluster cannot be connected.")


def test_a_cluster_without_any_node_fails_no_read_and_owes_the_delete(cluster, database, keys):
    cache = Resilient(cluster.client(), database.users, keys)
    before, reachable = cache.get(8), cache.client
    cache.client = Unreachable()
    cache.put(8, before | {"city": "Gouda"})
    assert cache.get(8)["city"] == "Gouda"
    assert keys.user(8) in cache.owed
    cache.client = reachable
    assert not settles(lambda: cache.get(8) and cache.owed)
    assert cache.get(8)["city"] == "Gouda" and reachable.get(keys.user(8))


def test_what_breaks_off_a_delete_leaves_it_owed(lab, database, keys, monkeypatch):
    # Given a write that is interrupted between its commit and its delete, as by Ctrl-C
    cache = Resilient(lab.client(), database.users, keys)
    before = cache.get(9)

    def interrupted(*names):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(cache.client, "delete", interrupted)
        with pytest.raises(KeyboardInterrupt):
            cache.put(9, before | {"city": "Hoorn"})
    # Expect the new row
    assert cache.get(9)["city"] == "Hoorn"
    assert not cache.owed


def test_a_cluster_that_is_really_down_fails_no_read_of_any_pattern(database):
    # Given each pattern on a cluster of its own
    cluster, keys = Cluster(1), KeyNamespace("{shop}")
    patterns = {
        **{each.__name__: each for each in (Resilient, RefreshAhead, ServeStale, PredictedRefresh, WriteBehind)},
        **{order: functools.partial(WriteThrough, order=order) for order in ORDERS},
        "BloomGuard": lambda client, users, keys: BloomGuard(
            client, users, keys, filter=BitmapFilter(client, keys, "user", capacity=100)
        ),
    }
    try:
        caches = {
            name: pattern(cluster.client(socket_timeout=0.5), database.users, keys)
            for name, pattern in patterns.items()
        }
        row = database.users.find(11)
        assert all(cache.get(11) == row for cache in caches.values())
        # If it dies, expect rows from the database, and deletes that are owed for what is written there
        cluster.nodes[0].kill()
        for name, cache in caches.items():
            assert [cache.get(11)["city"] for _ in range(5)] == 5 * [row["city"]], name
            assert cache.get(10**9) is None
            if name in (WriteBehind.__name__, CACHE_FIRST):
                with pytest.raises((WriteError, *UNREACHABLE)):
                    cache.put(11, row)
            else:
                cache.put(11, row)
                assert cache.owed, name
            assert cache.get(11)["city"] == row["city"], name
    finally:
        cluster.close()
