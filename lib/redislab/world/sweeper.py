"""Removes a lab's keys from a Redis that is not ours, in a process of its own: the kernel may be killed before it has done so."""

import contextlib
import functools
import itertools
import time

import redis

from redislab.errors import StartError
from redislab.world.child import Child

TURNS = 10  # s; the measuring process ends a little later than the kernel, and may still write


def sweep(client, prefix: str) -> int:
    """Remove all keys under `prefix`; how many there were."""
    keys, found = client.scan_iter(f"{prefix}:*", count=500), 0
    while batch := list(itertools.islice(keys, 500)):
        found += client.unlink(*batch)
    return found


class Sweeper(Child):
    """Sweeps when it is closed, or when this process is gone, however that ends."""

    def __init__(self, url: str, prefix: str):
        super().__init__(functools.partial(AtTheEnd, url, prefix), "sweeper")

    def close(self) -> None:
        """Returns when it is done, or after some seconds; then it goes on by itself."""
        self.release()


class AtTheEnd:
    """In the child."""

    def __init__(self, url: str, prefix: str):
        self._url, self._prefix = url, prefix

    def on_owner_gone(self) -> None:
        from redislab.world.servers import Server

        with contextlib.suppress(redis.RedisError, StartError):  # it is gone; what we wrote has a TTL
            client = Server(self._url).client()
            for _ in range(TURNS):
                if not sweep(client, self._prefix):
                    break
                time.sleep(1)
