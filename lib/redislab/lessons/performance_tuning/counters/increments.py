"""Clients that add one to the same counter, in a process of their own."""

import functools
import time
from concurrent.futures import ThreadPoolExecutor

import redis

from redislab.bench import YOURS
from redislab.keys import KeyNamespace
from redislab.tuning import IncrCounter, LockCounter, RacingCounter, ScriptCounter, WatchCounter
from redislab.world.servers import Server

METHODS = {
    "GET, SET": RacingCounter,
    "WATCH": WatchCounter,
    "lock": LockCounter,
    "INCR": IncrCounter,
    "Lua": ScriptCounter,
}
NAME = "visits"  # of the counter


class YourCounter:
    """A learner's, with the interface of the others. Whether it tries again is its own affair."""

    tries = 0

    def __init__(self, mine, client, keys):
        self._count = mine(client, keys).count

    def increment(self, name: str):
        return self._count(name, 1)


class Increments:
    """A job of a WorkerPool: some clients, a thread and a connection each, add one again and again until time is up."""

    def __init__(self, url: str):
        server = Server(url)
        self.client = functools.cache(lambda via: server.client(via=via, max_connections=64, socket_timeout=5))

    def __call__(self, method: str, prefix: str, via, seconds: float, mine, clients: int) -> dict:
        keys, deadline = KeyNamespace(prefix), time.monotonic() + seconds
        made = functools.partial(YourCounter, mine) if method == YOURS else METHODS[method]
        counters, threads = [made(self.client(via), keys) for _ in range(clients)], ThreadPoolExecutor(max(1, clients))
        adding = [threads.submit(add_until, deadline, counter) for counter in counters]
        threads.shutdown(wait=False)
        total = lambda: sum(each.result() for each in adding)  # noqa: E731
        done = mine.result(total) if mine else total()
        return {"done": done, "tries": sum(counter.tries for counter in counters)}


def add_until(deadline: float, counter) -> int:
    """How many increments were acknowledged."""
    done = 0
    try:
        while time.monotonic() < deadline:
            counter.increment(NAME)
            done += 1
    except redis.exceptions.LockError:
        pass  # it did not get the lock in time
    return done
