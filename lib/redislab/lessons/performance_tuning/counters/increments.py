"""Clients that add one to the same counter, in a process of their own."""

import functools
import time
from concurrent.futures import ThreadPoolExecutor

import redis

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


class Increments:
    """A job of a WorkerPool: some clients, a thread and a connection each, add one again and again until time is up."""

    def __init__(self, url: str):
        server = Server(url)
        self.client = functools.cache(lambda via: server.client(via=via, max_connections=64, socket_timeout=5))

    def __call__(self, method: str, prefix: str, via, seconds: float, clients: int) -> dict:
        keys, deadline = KeyNamespace(prefix), time.monotonic() + seconds
        counters = [METHODS[method](self.client(via), keys) for _ in range(clients)]
        with ThreadPoolExecutor(max(1, clients)) as threads:
            done = sum(threads.map(lambda counter: add_until(deadline, counter), counters))
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
