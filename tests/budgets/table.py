"""Ratios in one run: two things measured in turns, so that a machine whose speed drifts does no harm."""

import statistics
import time
from dataclasses import dataclass


@dataclass
class Row:
    """One line of the table. `high` budgets are upper bounds, others lower ones."""

    what: str
    measured: float
    budget: float
    unit: str = "×"
    high: bool = True
    note: str = ""

    @property
    def kept(self) -> bool:
        return self.measured <= self.budget if self.high else self.measured >= self.budget

    def __str__(self) -> str:
        sign, mark = ("≤" if self.high else "≥"), ("kept" if self.kept else "MISSED")
        return f"{self.what:<62} {self.measured:>8.2f} {self.unit:<3} {sign} {self.budget:<6g} {mark:<7} {self.note}"


def in_turns(first, second, rounds: int = 15, calls: int = 400) -> tuple[float, float]:
    """Median seconds a call of each, measured in turns: first, second, first, second, …"""
    times = ([], [])
    for function in (first, second):
        for _ in range(calls):
            function()
    for _ in range(rounds):
        for function, spent in zip((first, second), times, strict=True):
            began = time.perf_counter()
            for _ in range(calls):
                function()
            spent.append((time.perf_counter() - began) / calls)
    return statistics.median(times[0]), statistics.median(times[1])
