"""Ratios in one run: two things measured in turns, so that a machine whose speed drifts does no harm."""

import statistics
import time
from dataclasses import dataclass


@dataclass
class Row:
    """One line of the table. `high` budgets are upper bounds, others lower ones; a figure without one is for comparison.

    `within` is where the figure lies with 90 %: while the budget is in there too, the run cannot tell, and nothing is missed.
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
            began = time.perf_counter()
            batch(calls)
            spent[name].append((time.perf_counter() - began) / calls)
    return {name: statistics.median(times) for name, times in spent.items()}
