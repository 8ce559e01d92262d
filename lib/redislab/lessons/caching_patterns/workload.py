"""What several labs ask: which row is read next, and was what was read still true?"""

import random
import threading
import time
from bisect import bisect
from itertools import accumulate

from redislab.lessons.caching_patterns.theory import zipf


class Popularity:
    """Picks ids so that the n-th most popular is asked for in proportion to 1/n**skew.

    Attributes:
        shares: each id's share of the requests, shape (len(ids),).
    """

    def __init__(self, ids, skew: float):
        self.ids, self.shares = list(ids), zipf(len(ids), skew)
        self._cumulative = list(accumulate(self.shares))

    def pick(self):
        return self.ids[min(bisect(self._cumulative, random.random()), len(self.ids) - 1)]


class Versions:
    """A table that remembers the newest committed version of each row: staleness is measured, not assumed.

    Attributes:
        finds: how many reads have reached the table.
        seconds: how long they took, all together.
    """

    def __init__(self, table):
        self._table, self.kind = table, table.kind
        self.finds, self.seconds = 0, 0.0
        self._newest: dict[int, int] = {}
        self._lock = threading.Lock()

    def find(self, id):
        began = time.perf_counter()
        try:
            return self._table.find(id)
        finally:
            with self._lock:
                self.finds += 1
                self.seconds += time.perf_counter() - began

    def save(self, id, record) -> int:
        version = self._table.save(id, record)
        self._note(id, version)
        return version

    def save_many(self, records) -> int:
        changed = self._table.save_many(records)
        for record in records:
            self._note(record["id"], record["version"])
        return changed

    def newest(self, id) -> int:
        """The newest version that was committed here; 0 if this row has not been written."""
        return self._newest.get(id, 0)

    def _note(self, id, version: int) -> None:
        with self._lock:
            self._newest[id] = max(version, self._newest.get(id, 0))


class Expiries:
    """A table that counts the reads that belong to one expiry: those that start within half a TTL of the first."""

    def __init__(self, table, kind: str, ttl: float, timer=time.monotonic):
        self._table, self.kind, self._ttl, self._timer = table, kind, ttl, timer
        self._first, self._lock = float("-inf"), threading.Lock()
        self.calls = 0

    def find(self, id):
        with self._lock:
            if self._timer() - self._first > self._ttl / 2:
                self._first, self.calls = self._timer(), 0
            self.calls += 1
        return self._table.find(id)

    def save(self, id, record) -> int:
        return self._table.save(id, record)
