"""One counter, incremented in five ways: the same face, and very different prices."""

from abc import ABC, abstractmethod

import redis

from redislab.keys.numbers import milliseconds, within
from redislab.keys.permits import need
from redislab.keys.replies import suited
from redislab.lua import script

TRIES = 10_000  # how often one increment may be disturbed until that is an error


class Counter(ABC):
    """Counts what happens to `name`, in `keys.counter(name)`.

    Attributes:
        tries: how often an increment was tried; more than the increments where a method has to begin again.
    """

    def __init__(self, client, keys):
        self.client, self.keys, self.tries = suited(client), keys, 0

    def increment(self, name: str) -> int:
        """Add one; what the counter is then."""
        self.tries += 1
        return self._increment(self.keys.counter(name))

    @abstractmethod
    def _increment(self, key: str) -> int:
        """Add one to the number at `key`; what it is then."""


class IncrCounter(Counter):
    """INCR: one command, one round trip, atomic. If this is enough, nothing else is better."""

    def _increment(self, key):
        return self.client.incr(key)


class ScriptCounter(Counter):
    """A script: one round trip, atomic, and it may do more than count; here, it gives a new counter a TTL.

    INCR and then EXPIRE would leave a counter without a TTL behind when a client dies between the two.
    """

    def __init__(self, client, keys, *, ttl: float = 3600.0):
        super().__init__(client, keys)
        milliseconds("ttl", ttl)
        self.ttl = ttl
        need(client, keys.counter, script("increment"))
        self._script = client.register_script(script("increment"))

    def _increment(self, key):
        return int(self._script(keys=[key], args=[1, milliseconds("ttl", self.ttl)]))


class WatchCounter(Counter):
    """WATCH, GET, MULTI/EXEC: optimistic. Three round trips, and from the start again if anybody wrote in between.

    The more clients, the more of their work is thrown away: all but one of those that overlap.
    """

    def _increment(self, key):
        with self.client.pipeline(transaction=True) as pipeline:
            for _ in range(TRIES):
                try:
                    pipeline.watch(key)
                    count = int(pipeline.get(key) or 0) + 1
                    pipeline.multi()
                    pipeline.set(key, count)
                    pipeline.execute()
                    return count
                except redis.WatchError:
                    self.tries += 1
        raise RuntimeError(f"{key} was written {TRIES:,} times while one was added; use INCR, which waits for none.")


class LockCounter(Counter):
    """A lock around GET and SET: pessimistic. Four round trips while the other clients wait, and poll.

    The lock has an end, so that a client that dies does not hold it for ever; one that is merely slow is told only when
    it gives the lock back (LockNotOwnedError), after its SET. A counter is no reason for a lock.

    Args:
        lease: seconds after which a client that died is given up.
        patience: seconds to wait for the lock; then LockError.
    """

    def __init__(self, client, keys, *, lease: float = 5.0, patience: float = 5.0):
        super().__init__(client, keys)
        within("patience", patience, "seconds", 0)
        self.options = {"timeout": milliseconds("lease", lease) / 1000, "blocking_timeout": patience, "sleep": 0.002}

    def _increment(self, key):
        with self.client.lock(self.keys.beside(key, "lock"), **self.options):
            count = int(self.client.get(key) or 0) + 1
            self.client.set(key, count)
            return count


class RacingCounter(Counter):
    """GET, add, SET: two clients that read the same number write the same number, and one increment is lost.

    As in the module, except that its `int(None)` fails on the first increment of all (`ModuleCounter`).
    """

    def _increment(self, key):
        count = int(self.client.get(key) or 0) + 1
        self.client.set(key, count)
        return count
