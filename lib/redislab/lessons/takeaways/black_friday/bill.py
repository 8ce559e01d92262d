"""What a day has cost: counted by the requests themselves, and looked up in Redis and the database when the shop closes."""

import threading
from collections import Counter
from typing import NamedTuple

from redislab.bench.latencies import Latencies
from redislab.lessons.takeaways.black_friday.parts import MOST, PARTS

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

NEXT = "Set a part to the simple version: the same day begins again, and the bill gets a column."
AT_CLOSING = {"calls", "over", "unsold", "points", "lost"}


class Day(NamedTuple):
    """A day that is over, or under way.

    plan: the same plan is the same day.
    simple: names of the parts that were the simple version.
    rows: of its bill.
    """

    label: str
    plan: list
    simple: set
    rows: dict


def worth(days: list[Day]) -> str:
    """What the last day says of the parts that only it did without, as a sentence; how to get such a day if it is none."""
    last = days[-1]
    for before in reversed(days[:-1]):
        missing = last.simple - before.simple
        if before.plan == last.plan and missing and before.simple < last.simple:
            return " ".join(without(PARTS[name], before.rows, last.rows) for name in PARTS if name in missing)
    return NEXT


def without(part, before: dict, after: dict) -> str:
    known = [row for row in part.rows if None not in (before[row], after[row])]
    worse = [f"{ROWS[row]} {after[row]:,}, with it {before[row]:,}" for row in known if after[row] > before[row]]
    if worse:
        return f"Without the protection of {part.label}: {'; '.join(worse)}."
    return f"Without the protection of {part.label}, none of its rows is worse on this day: try another seed."


def table(days: list[Day]) -> list[list]:
    """The bills side by side, a head first: what a part was worth is the difference of two."""
    told = [[label, *map(amount, (day.rows[name] for day in days))] for name, label in ROWS.items()]
    return [["the bill", *(day.label for day in days)], *told]


def amount(figure) -> str:
    return "–" if figure is None else f"{figure:,}"


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

    def settle(self, *, lost: int, sold: int, points: int, calls: int) -> None:
        """Add what is only known when the shop has closed: what Redis and the database hold, against what was counted."""
        self.add("lost", by=lost)
        self.add("unsold", by=max(0, self["sold"] - sold))
        self.add("points", by=max(0, self["given"] - points))
        self.add("over", by=max(0, self["bot"] - MOST))
        self.add("calls", by=calls)

    def __getitem__(self, name: str) -> int:
        return self._counts[name]

    def rows(self) -> dict:
        """By the keys of ROWS; None for what has not been looked up yet."""
        with self._lock:
            told = {f"p{percent}": round(self.latencies.milliseconds(percent), 2) for percent in (50, 99)}
            told["blocked"] = self.blocked
            return {name: told.get(name, self._counts.get(name, None if name in AT_CLOSING else 0)) for name in ROWS}
