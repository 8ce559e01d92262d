"""What several labs ask: which row is read next, and was what was read still true?"""

import random
import threading
from bisect import bisect
from itertools import accumulate

from redislab.labs.theory import zipf


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
    """A table that remembers the newest committed version of each row: staleness is measured, not assumed."""

    def __init__(self, table):
        self._table, self.kind = table, table.kind
        self._newest: dict[int, int] = {}
        self._lock = threading.Lock()

    def find(self, id):
        return self._table.find(id)

    def save(self, id, record) -> int:
        version = self._table.save(id, record)
        with self._lock:
            self._newest[id] = max(version, self._newest.get(id, 0))
        return version

    def newest(self, id) -> int:
        """The newest version that was committed here; 0 if this row has not been written."""
        return self._newest.get(id, 0)
