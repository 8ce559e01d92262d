"""What several labs ask: which row is read next, and was it a hit, and still true?"""

import random
from bisect import bisect
from collections.abc import Callable
from itertools import accumulate

from redislab.bench import Watch, number
from redislab.lessons.caching_patterns.theory import zipf


def recompute(default: float, low: float, high: float, step: float = 10):
    """The knob that says how long a load takes."""
    return number(default, low, high, label="Recompute", unit="ms", step=step, help="added to the database's own time")


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


def observed(read: Callable[[], dict], watch: Watch, newest: int) -> tuple[bool, bool]:
    """Read a row through a cache: whether it was a hit, and whether it was stale, older than the version `newest`."""
    watch.take()
    record, sent = read(), watch.first("GET")
    return sent is not None and sent.reply is not None, record["version"] < newest
