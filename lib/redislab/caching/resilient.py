"""A cache that may fail: reads go on from the database, and no delete is lost."""

import time
import weakref

import redis

from redislab.caching.background import Background
from redislab.caching.circuit_breaker import CircuitBreaker
from redislab.caching.owed_deletes import OwedDeletes
from redislab.caching.single_flight import SingleFlight
from redislab.keys.replies import UNREACHABLE

AT_ONCE = 100  # owed deletes that one call makes up for


class Resilient(SingleFlight):
    """When Redis fails, the database answers, and what Redis still holds is deleted before it is read again.

    A circuit breaker stops asking a Redis that does not answer. A write whose delete fails *owes* it: the next reads and
    writes that reach Redis make it, or a thread in the background does, and until then reads of that key go to the
    database. If Redis refuses a command (it is full, a replica, or this user may not touch this key), that concerns this
    key only.

    What is owed is known to this process. Others read the old entry until it is deleted or its TTL ends, and if this
    process is killed before Redis is back, until its TTL ends.

    Args:
        client: with a short `socket_timeout` (see CircuitBreaker).
        breaker: a CircuitBreaker; its own by default.
        options: of SingleFlight.
    """

    def __init__(self, client, source, keys, *, breaker=None, **options):
        super().__init__(client, source, keys, **options)
        self.breaker, self.owed = breaker or CircuitBreaker(), OwedDeletes()
        self._background = Background(threads=1)

    def get(self, id) -> dict | None:
        key = self.key(id)
        if self.breaker.allow():
            try:
                if not self.owed or self._settle(key):
                    record = self.read(key, id)
                    self.breaker.success()
                    return record
            except redis.ResponseError:
                self.breaker.success()  # it answers, though it refuses
            except UNREACHABLE:
                self.breaker.failure()
        return self.source.find(id)

    def forget(self, key) -> None:
        self.owed.owe(key)  # first, so that it stays owed whatever happens now
        self._try_or_later(self._settle, key)

    def store(self, key, text, life, token) -> None:
        self._try(super().store, key, text, life, token)  # the reader has its record either way

    def _settle(self, wanted) -> bool:
        """Make the deletes that are owed; False: the one of `wanted` is still owed."""
        for key in self.owed.due(AT_ONCE):
            try:
                with self.owed.settling(key):
                    super().forget(key)
            except redis.ResponseError:
                self.owed.owe(key, after=self.breaker.retry_after)
                self._later()
        return wanted not in self.owed

    def _try_or_later(self, call, *arguments) -> None:
        """Make the call; if it does not get through, make up for what is owed in the background."""
        done = False
        try:
            done = self.breaker.allow() and self._try(call, *arguments)
        finally:
            if not done:
                self._later()

    def _later(self) -> None:
        self._background.submit(_make_up, weakref.ref(self), name="what is owed")

    def _try(self, call, *arguments) -> bool:
        try:
            call(*arguments)
        except redis.ResponseError:
            self.breaker.success()
            return False
        except UNREACHABLE:
            self.breaker.failure()
            return False
        self.breaker.success()
        return True

    def owes(self) -> bool:
        """Is there anything that Redis has to be told?"""
        return bool(self.owed)

    def make_up(self) -> None:
        """Tell Redis what is owed, or some of it."""
        self._settle(None)


def _make_up(reference: weakref.ref) -> None:
    """Go on until nothing is owed, or until the cache itself is gone."""
    while (cache := reference()) and cache.owes():
        pause = max(0.1, cache.breaker.retry_after)
        del cache  # while this waits, it may go
        time.sleep(pause)
        if (cache := reference()) and cache.breaker.allow():
            cache._try(cache.make_up)
