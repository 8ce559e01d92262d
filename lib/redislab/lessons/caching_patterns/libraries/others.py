"""Caching libraries with the interface of ours, where they are installed: each as its manual protects a popular key."""

import asyncio
import functools
import importlib.util
import json
import threading
from concurrent.futures import ThreadPoolExecutor

LEASE = 5  # s that a lock lives, as in SingleFlight
CALLERS = 200  # at the same time: as many connections, and threads for the database


def dogpile(server, users, keys, ttl: float):
    """One thread loads, under a lock in Redis; the others get the old value, which Redis keeps for another TTL."""
    from dogpile.cache import make_region

    pool = server.client(decode_responses=False, max_connections=CALLERS).connection_pool
    shared = {"connection_pool": pool, "distributed_lock": True, "thread_local_lock": False, "lock_timeout": LEASE}
    region = make_region(serializer=lambda value: json.dumps(value).encode(), deserializer=json.loads).configure(
        "dogpile.cache.redis", expiration_time=ttl, arguments=shared | {"redis_expiration_time": round(2 * ttl)}
    )
    key = keys.entity(users.kind, 1)
    return Synchronous(lambda: region.get_or_create(key, lambda: users.find(1)))


def cashews(server, users, keys, ttl: float, early: bool = False):
    """`lock`: one caller loads, the others wait for its lock. `early`: one reloads in the background, when a third of the TTL is over."""
    from cashews import Cache

    cache, key = Cache(), keys.entity(users.kind, 1)
    cache.setup(f"redis://{server.host}:{server.port}", max_connections=CALLERS)
    decorate = cache.early(ttl=2 * ttl, early_ttl=ttl, key=key) if early else cache(ttl=ttl, key=key, lock=True)
    return Awaited(decorate, users, cache.close)


def aiocache(server, users, keys, ttl: float):
    """One caller loads, under a lock in Redis (RedLock); the others wait for it."""
    from aiocache import RedisCache, cached_stampede
    from aiocache.serializers import JsonSerializer
    from redis.asyncio import BlockingConnectionPool

    where = {
        "endpoint": server.host,
        "port": server.port,
        "pool_max_size": CALLERS,
        "connection_pool_class": BlockingConnectionPool,
    }
    made = cached_stampede(
        lease=LEASE, ttl=ttl, key=keys.entity(users.kind, 1), cache=RedisCache, serializer=JsonSerializer(), **where
    )
    return Awaited(made, users, lambda: made.cache.close())


WAYS = {
    "dogpile.cache": dogpile,
    "cashews, lock": cashews,
    "cashews, early": functools.partial(cashews, early=True),
    "aiocache": aiocache,
}


def installed() -> dict:
    """Those of the WAYS whose library is there."""
    there = {name: importlib.util.find_spec(name.partition(",")[0].partition(".")[0]) for name in WAYS}
    return {name: way for name, way in WAYS.items() if there[name]}


class Synchronous:
    """A library that blocks its caller."""

    def __init__(self, read):
        self._read = read

    def get(self, id) -> dict:
        return self._read()

    def close(self) -> None:
        """Its connections are the server's, and are closed with it."""


class Awaited:
    """A library of asyncio's, on an event loop of its own; a caller waits in its thread for the answer.

    Args:
        decorate: makes a cached function of a coroutine function.
        finish: a coroutine function that closes its connections.
    """

    def __init__(self, decorate, users, finish):
        self._loop, self._finish = asyncio.new_event_loop(), finish
        self._loop.set_default_executor(ThreadPoolExecutor(CALLERS))
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

        async def load():
            return await asyncio.to_thread(users.find, 1)

        self._read = decorate(load)

    def get(self, id) -> dict:
        return asyncio.run_coroutine_threadsafe(self._read(), self._loop).result()

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(timeout=LEASE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        """End what still waits for a lock, then the connections."""
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await self._finish()
