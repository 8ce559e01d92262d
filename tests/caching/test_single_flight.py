"""Single flight: many readers and one load, late stores, leases whose holders die or fail, and no convoys."""

import datetime
import subprocess
import sys
import time

import pytest

from redislab.caching import SingleFlight
from redislab.errors import DatabaseError
from tests.caching.test_caching import Counted, slow_reader, together, took

PROCESS = """
import sys, threading
from redislab.world.lab import Address, Lab
from redislab.caching import SingleFlight
from redislab.keys import KeyNamespace
lab = Lab.attach(Address(*sys.argv[1:5]))
database = lab.open_database()
database.added_latency = 0.5
cache = SingleFlight(lab.client(max_connections=100, socket_timeout=5), database.users, KeyNamespace(sys.argv[5]), ttl=60)
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
    cache, before = SingleFlight(lab.client(), database.users, keys), database.users.find(21)
    # Given a reader who has loaded the old row and is slow to store it
    with slow_reader(SingleFlight, lab.client(), database.users, keys, 21):
        # If a writer commits and deletes in the meantime
        cache.put(21, before | {"city": "Delft"})
    # Expect the new row
    assert lab.redis.get(keys.user(21)) is None
    assert cache.get(21)["city"] == "Delft"


def test_a_reader_who_died_while_loading_is_given_up(lab, database, keys):
    lab.redis.set(keys.beside(keys.user(5), "lease"), "the dead reader's", px=300)
    cache = SingleFlight(lab.client(), database.users, keys)
    assert cache.get(5)["id"] == 5


def test_a_load_that_fails_gives_the_lease_back(lab, database, keys):
    cache = SingleFlight(lab.client(), database.users, keys, lease_ttl=30)
    database.failing = True
    with pytest.raises(DatabaseError, match="added"):
        cache.get(6)
    database.failing = False
    assert took(lambda: cache.get(6)) < 5


class Broken(Counted):
    """A table whose loads take a while and then fail, or bring what JSON cannot hold."""

    def __init__(self, table, what):
        super().__init__(table)
        self.what = what

    def find(self, id):
        self.finds += 1
        time.sleep(0.1)
        if self.what == "a row that JSON cannot hold":
            return {"id": id, "since": datetime.datetime(2020, 1, 1)}
        raise DatabaseError("It is down.")


@pytest.mark.parametrize("what", ["a database that is down", "a row that JSON cannot hold"])
def test_what_fails_after_the_lease_gives_it_back(lab, database, keys, what):
    cache = SingleFlight(lab.client(), Broken(database.users, what), keys, lease_ttl=60)
    with pytest.raises((DatabaseError, TypeError)):
        cache.get(6)
    assert not list(lab.redis.scan_iter(f"{keys.prefix}:*"))


def waits(cache, id, readers=60) -> list[float]:
    """Seconds that each of many readers of one id needs, all at the same moment, whether it is answered or not."""

    def read():
        try:
            cache.get(id)
        except (DatabaseError, TypeError):
            pass

    return together([lambda: took(read)] * readers)


@pytest.mark.parametrize("options", [{"ttl": 0}, {"missing_ttl": 0}])
def test_what_is_not_to_be_stored_makes_no_convoy(lab, database, keys, options):
    database.added_latency = 0.1
    cache = SingleFlight(lab.client(max_connections=100), database.users, keys, **options)
    assert max(waits(cache, 7 if "ttl" in options else 10**9)) < 1.5  # one after the other they would need 6 s


@pytest.mark.parametrize("what", ["a database that is down", "a row that JSON cannot hold"])
def test_loads_that_fail_make_no_convoy(lab, database, keys, what):
    cache = SingleFlight(lab.client(max_connections=100), Broken(database.users, what), keys)
    assert max(waits(cache, 7)) < 1.5


def test_an_id_with_braces_has_a_lease_like_any_other(lab, database, keys):
    saved = []
    cache = SingleFlight(lab.client(), database.users, keys)
    cache.source = Counted(database.users)
    cache.source.save = lambda *arguments: saved.append(arguments)
    cache.put("4}2", {"name": "Ada"})
    assert len(saved) == 1 and cache.get("4}2") is None
