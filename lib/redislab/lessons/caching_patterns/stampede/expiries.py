"""The reads of a table that belong to one expiry."""

import time

from redislab.bench import WatchedTable


class Expiries(WatchedTable):
    """Counts the reads that start within half a TTL of the first one: those of one expiry.

    Attributes:
        calls: reads of the latest expiry.
    """

    def __init__(self, table, kind: str, ttl: float, timer=time.monotonic):
        super().__init__(table, kind)
        self._ttl, self._timer, self._first = ttl, timer, float("-inf")
        self.calls = 0

    def find(self, id) -> dict | None:
        with self._lock:
            if self._timer() - self._first > self._ttl / 2:
                self._first, self.calls = self._timer(), 1
            else:
                self.calls += 1
        return super().find(id)
