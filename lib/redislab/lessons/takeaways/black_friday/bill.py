"""What a day has cost: counted by the requests themselves, and looked up in Redis and the database when the shop closes."""

import threading
from collections import Counter
from typing import NamedTuple

from redislab.bench.latencies import Latencies

ROWS = {
    "served": "requests served",
    "failed": "requests failed",
    "p50": "latency of a page, p50 (ms)",
    "p99": "latency of a page, p99 (ms)",
    "calls": "database calls for pages and prices",
    "herd": "database calls when the hottest entry expired",
    "stale": "pages with an old price",
    "uncommitted": "pages with a price that was never saved",
    "over": "orders of the bot above its limit",
    "unsold": "sales that the stock does not know",
    "points": "points lost in two tabs",
    "lost": "customers whose last order is lost",
    "blocked": "the nightly job's longest command in Redis (ms)",
}

AT_CLOSING = {"calls", "over", "unsold", "points", "lost"}


class Day(NamedTuple):
    """A day that is over, or under way.

    plan: the same plan is the same day.
    simple: names of the parts that were the simple version.
    rows: of its bill.
    """

    label: str
    plan: tuple
    simple: frozenset
    rows: dict


def worth(days: list[Day], parts: dict) -> str:
    """What the last day says of the parts that only it did without, as a sentence; "" if there is no such day to compare.

    Args:
        parts: by name; each has a `label`, and the `rows` that it protects.
    """
    last = days[-1]
    for before in reversed(days[:-1]):
        missing = last.simple - before.simple
        if before.plan == last.plan and missing and before.simple < last.simple:
            return " ".join(without(parts[name], before.rows, last.rows) for name in parts if name in missing)
    return ""


def without(part, before: dict, after: dict) -> str:
    known = [row for row in part.rows if None not in (before[row], after[row])]
    worse = [f"{ROWS[row]} {after[row]:,}, with it {before[row]:,}" for row in known if after[row] > before[row]]
    if worse:
        return f"Without the protection of {part.label}: {'; '.join(worse)}."
    return f"Without the protection of {part.label}, none of its rows is worse on this day: try another seed."


class Bill:
    """One day's. Any thread may add to it.

    Args:
        label: whose code ran.

    Attributes:
        latencies: of pages, from when they were due.
        blocked: ms that the nightly job's longest command took the server; None while it is not known.
    """

    def __init__(self, label: str):
        self.label, self._counts, self._lock, self.latencies = label, Counter(), threading.Lock(), Latencies()
        self.blocked = None

    def add(self, *names: str, by: int = 1) -> None:
        with self._lock:
            self._counts.update(dict.fromkeys(names, by))

    def __getitem__(self, name: str) -> int:
        return self._counts[name]

    def rows(self) -> dict:
        """By the keys of ROWS; None for what has not been looked up yet."""
        with self._lock:
            told = {f"p{percent}": round(self.latencies.milliseconds(percent), 2) for percent in (50, 99)}
            told["blocked"] = self.blocked
            return {name: told.get(name, self._counts.get(name, None if name in AT_CLOSING else 0)) for name in ROWS}
