"""Cache-aside when things go wrong: stampedes, late stores, a cache that dies, hangs or is full, a database that fails."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from redislab.caching import CacheAside
from redislab.errors import DatabaseError
from redislab.keys import KeyNamespace
from tests.caching.test_caching import Counted, impatient, runs, slow_reader, survives_a_dead_redis, took
from tests.conftest import settles


@pytest.fixture
def keys(lab):
    return KeyNamespace(f"{lab.prefix}:{next(runs)}")


PROCESS = """
import sys, threading
from redislab.world.lab import Address, Lab
from redislab.caching import CacheAside
from redislab.keys import KeyNamespace
lab = Lab.attach(Address(*sys.argv[1:5]))
database = lab.open_database()
database.added_latency = 0.5
cache = CacheAside(lab.client(max_connections=100, socket_timeout=5), database.users, KeyNamespace(sys.argv[5]), ttl=60)
gate = threading.Barrier(50)
def read():
    gate.wait()
    assert cache.get(1)["id"] == 1
threads = [threading.Thread(target=read) for _ in range(50)]
print("ready", flush=True)
sys.stdin.readline()
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(database.statements["find"])
"""


def test_a_stampede_of_two_processes_is_one_load(lab, keys):
    address = lab.address
    words = [address.redis_url, address.backend, address.prefix, address.database_url, keys.prefix]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([sys.executable, "-c", PROCESS, *words], **pipes) for _ in range(2)]
    assert [process.stdout.readline().strip() for process in processes] == ["ready"] * 2
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    assert sum(int(process.communicate(timeout=30)[0]) for process in processes) == 1


def test_a_late_store_does_not_bring_the_old_row_back(lab, database, keys):
    cache, before = CacheAside(lab.client(), database.users, keys), database.users.find(21)
    # Given a reader who has loaded the old row and is slow to store it
    with slow_reader(CacheAside, lab.client(), database.users, keys, 21):
        # If a writer commits and deletes in the meantime
        cache.put(21, before | {"city": "Delft"})
    # Expect the new row
    assert lab.redis.get(keys.user(21)) is None
    assert cache.get(21)["city"] == "Delft"


def test_a_missing_id_is_asked_for_once(lab, database, keys):
    users = Counted(database.users)
    cache = CacheAside(lab.client(), users, keys, missing_ttl=3, jitter=0)
    assert [cache.get(10**9) for _ in range(20)] == [None] * 20
    assert users.finds == 1
    assert lab.redis.get(keys.user(10**9)) == "null"
    assert 0 < lab.redis.pttl(keys.user(10**9)) <= 3000


def test_a_reader_who_died_while_loading_is_given_up(lab, database, keys):
    lab.redis.set(keys.beside(keys.user(5), "lease"), "the dead reader's", px=300)
    cache = CacheAside(lab.client(), database.users, keys)
    assert cache.get(5)["id"] == 5


def test_a_load_that_fails_gives_the_lease_back(lab, database, keys):
    cache = CacheAside(lab.client(), database.users, keys, lease_ttl=30)
    database.failing = True
    with pytest.raises(DatabaseError, match="added"):
        cache.get(6)
    database.failing = False
    assert took(lambda: cache.get(6)) < 5


def test_a_dead_redis_costs_milliseconds_and_recovers_by_itself(private, database, keys):
    cache = CacheAside(impatient(private), database.users, keys)
    cache.get(1)
    survives_a_dead_redis(cache, private, keys.user(1))


def test_a_hung_redis_costs_a_few_timeouts_and_then_nothing(private, database, keys):
    cache = CacheAside(impatient(private), database.users, keys)
    cache.get(2)
    private.pause()
    try:
        times = sorted(took(lambda: cache.get(2)) for _ in range(60))
    finally:
        private.resume()
    assert times[-1] < 1.0
    assert times[50] < 0.05
    assert not settles(lambda: cache.get(2) and cache.breaker.is_open)


def test_a_delete_that_did_not_get_through_is_made_up_for(private, database, keys):
    # Given an entry, and a Redis that hangs while the row is written
    cache = CacheAside(impatient(private), database.users, keys)
    before = cache.get(3)
    private.pause()
    try:
        cache.put(3, before | {"city": "Gouda"})
    finally:
        private.resume()
    # Expect the new row, whether Redis answers yet or not
    cities = []
    settles(lambda: cities.append(cache.get(3)["city"]) or cache.breaker.is_open)
    assert set(cities) == {"Gouda"}
    assert cache.get(3)["city"] == "Gouda"


def test_a_full_redis_still_serves_what_it_has(lab, database, keys):
    server = lab.private_server(maxmemory_policy="noeviction")
    try:
        users = Counted(database.users)
        cache = CacheAside(server.client(), users, keys)
        cache.get(1)
        server.client().config_set("maxmemory", 1)
        assert [cache.get(2)["id"] for _ in range(3)] == [2, 2, 2]
        finds = users.finds
        assert cache.get(1)["id"] == 1
        assert users.finds == finds
        assert not cache.breaker.is_open
    finally:
        server.close()


def test_readers_and_writers_together_end_with_what_was_committed_last(lab, database, keys):
    cache = CacheAside(lab.client(max_connections=40), database.users, keys, ttl=60)
    record = database.users.find(31)

    def work(n):
        return cache.put(31, record | {"city": f"city {n}"}) if n % 5 == 0 else cache.get(31)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(400)))
    assert cache.get(31) == database.users.find(31)
