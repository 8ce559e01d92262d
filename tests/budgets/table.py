"""Ratios in one run: two things measured in turns, so that a machine whose speed drifts does no harm."""

import math
import statistics
import time
from dataclasses import dataclass


@dataclass
class Row:
    """One line of the table. `high` budgets are upper bounds, others lower ones; a figure without one is for comparison.

    `within` is where the figure lies, with 90 % or more: while the budget is in there too, the run cannot tell, and nothing
    is missed.
    """

    what: str
    measured: float
    budget: float | None = None
    unit: str = "×"
    high: bool = True
    note: str = ""
    within: tuple[float, float] | None = None

    @property
    def kept(self) -> bool:
        if self.budget is None:
            return True
        low, high = self.within or (self.measured, self.measured)
        return low <= self.budget if self.high else high >= self.budget

    @property
    def decided(self) -> bool:
        return self.within is None or not self.within[0] <= self.budget <= self.within[1]

    def __str__(self) -> str:
        if self.budget is None:
            return f"{self.what:<72} {self.measured:>8.2f} {self.unit:<3} {self.note}"
        sign = "≤" if self.high else "≥"
        mark = ("kept" if self.kept else "MISSED") if self.decided else "open"
        return f"{self.what:<72} {self.measured:>8.2f} {self.unit:<3} {sign} {self.budget:<6g} {mark:<7} {self.note}"


def in_turns(first, second, rounds: int = 15, calls: int = 400) -> tuple[float, float]:
    """Median seconds a call of each, measured in turns: first, second, first, second, …"""
    times = all_in_turns({"first": repeat(first), "second": repeat(second)}, rounds, calls)
    return times["first"], times["second"]


def speed(what: str, ours, theirs, budget: float, *, calls: int = 50, patience: float = 20.0, note: str = "") -> Row:
    """How fast our batch is against theirs: the median of pairs, ours and theirs, theirs and ours, until that is decided.

    A pair takes some milliseconds, so that what else goes on meets both. Where the median lies, the ranks say (with 99 %,
    as it is looked at more than once), whatever the noise is like. What is not decided after `patience` s is open.
    """
    ratios, deadline = [], time.monotonic() + patience
    for batch in (ours, theirs):
        batch(4 * calls)
    while True:
        mine, other, more, mine_again = (_seconds(batch, calls) for batch in (ours, theirs, theirs, ours))
        ratios += [other / mine, more / mine_again]
        if len(ratios) % 40 == 0:
            row = Row(what, statistics.median(ratios), budget, high=False, within=_of_median(ratios))
            if row.decided or time.monotonic() > deadline:
                low, high = row.within
                row.note = f"{low:.2f} to {high:.2f}, {len(ratios)} pairs{note and f'; {note}'}"
                return row


def _seconds(batch, calls: int) -> float:
    began = time.perf_counter()
    batch(calls)
    return time.perf_counter() - began


def _of_median(figures: list[float]) -> tuple[float, float]:
    """Where the median lies in 99 of 100 cases, by ranks: how many of n figures are below it is binomial."""
    ranked, n = sorted(figures), len(figures)
    first = max(0, math.floor(n / 2 - statistics.NormalDist().inv_cdf(0.995) * math.sqrt(n) / 2) - 1)
    return ranked[first], ranked[-1 - first]


def repeat(function):
    """`function`, called as often as is asked for."""

    def batch(calls: int) -> None:
        for _ in range(calls):
            function()

    return batch


def all_in_turns(batches: dict, rounds: int = 15, calls: int = 400) -> dict[str, float]:
    """Median seconds a call of each by name, measured in turns; a batch is told how many calls to make."""
    spent = {name: [] for name in batches}
    for batch in batches.values():
        batch(calls)
    for _ in range(rounds):
        for name, batch in batches.items():
            spent[name].append(_seconds(batch, calls) / calls)
    return {name: statistics.median(times) for name, times in spent.items()}
