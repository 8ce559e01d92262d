"""What a day has cost: counted by the requests themselves, and looked up in Redis and the database when the shop closes."""

import threading
from collections import Counter

from redislab.bench.window import histogram, milliseconds

ROWS = {
    "served": "requests served",
    "failed": "requests failed",
    "p50": "latency of a page, p50 (ms)",
    "p99": "latency of a page, p99 (ms)",
    "calls": "database calls for pages and prices",
    "stale": "pages with an old price",
    "uncommitted": "pages with a price that was never saved",
    "over": "orders of the bot above its limit",
    "unsold": "sales that the stock does not know",
    "points": "points lost in two tabs",
    "lost": "customers whose last order is lost",
}

AT_CLOSING = {"calls", "over", "unsold", "points", "lost"}


class Bill:
    """One day's. Any thread may add to it.

    Args:
        label: whose code ran.

    Attributes:
        latencies: of pages, from when they were due.
    """

    def __init__(self, label: str):
        self.label, self._counts, self._lock, self.latencies = label, Counter(), threading.Lock(), histogram()

    def add(self, *names: str, by: int = 1) -> None:
        with self._lock:
            self._counts.update(dict.fromkeys(names, by))

    def __getitem__(self, name: str) -> int:
        return self._counts[name]

    def rows(self) -> dict:
        """By the keys of ROWS; None for what has not been looked up yet."""
        with self._lock:
            told = {f"p{percent}": round(milliseconds(self.latencies, percent), 2) for percent in (50, 99)}
            return {name: told.get(name, self._counts.get(name, None if name in AT_CLOSING else 0)) for name in ROWS}
