"""A process that forks: in the child everything works again, whatever the parent was doing."""

import os
import threading

import pytest

from redislab.caching import RefreshAhead, Resilient
from redislab.caching.background import Background
from redislab.caching.owed_deletes import OwedDeletes
from redislab.keys import KeyNamespace
from tests.caching.test_serve_stale import Gate
from tests.conftest import runs, settles

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork"),
    pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning"),
]


def in_child(call) -> str:
    """What `call` returns in a child of this process, as text; within 20 s."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            threading.Timer(20, os._exit, [1]).start()
            os.write(writing, str(call()).encode())
        except BaseException as failure:
            os.write(writing, repr(failure).encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as answer:
        return answer.read()


def test_refresh_ahead_refreshes_in_the_child_though_all_threads_of_the_parent_were_busy(lab, database):
    keys, users = KeyNamespace(f"{lab.prefix}:{next(runs)}"), Gate(database.users)
    cache = RefreshAhead(lab.client(), users, keys, ttl=60, threads=1)
    cache.get(1)
    # Given a refresh under way, on the only thread
    lab.redis.pexpire(keys.user(1), 5_000)
    users.open.clear()
    cache.get(1)
    assert not settles(lambda: users.finds < 2)

    def child():
        users._table = lab.open_database().users  # a connection to a database is its process's own
        users.open.set()
        client = lab.client()
        client.delete(cache.lease(keys.user(1)))  # the parent's: it would keep the child from loading
        settles(lambda: cache.get(1) and client.pttl(keys.user(1)) < 50_000)
        return client.pttl(keys.user(1)) > 50_000

    assert in_child(child) == "True"
    users.open.set()
    cache.close()


@pytest.mark.parametrize("made", [OwedDeletes, Background], ids=lambda made: made.__name__)
def test_a_lock_that_another_thread_held_at_the_fork_is_free_in_the_child(made):
    thing = made()
    lock = thing._lock if made is OwedDeletes else thing._changed
    held, go = threading.Event(), threading.Event()

    def hold():
        with lock:
            held.set()
            go.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    use = (lambda: thing.owe("key")) if made is OwedDeletes else (lambda: thing.submit(int))
    answer = in_child(use)
    go.set()
    thread.join()
    assert answer in ("None", "True")


def test_reads_and_writes_go_on_in_the_child(lab, database):
    keys = KeyNamespace(f"{lab.prefix}:{next(runs)}")
    cache = Resilient(lab.client(), database.users, keys)
    before = cache.get(3)

    def child():
        cache.source = lab.open_database().users
        cache.put(3, before | {"city": "Delft"})
        return cache.get(3)["city"], cache.get(4)["id"]

    assert in_child(child) == "('Delft', 4)"
    assert cache.get(3)["city"] == "Delft"
