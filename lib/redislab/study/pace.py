"""How far a run over some claims is, and how long it will take."""

import time
from collections.abc import Callable

from redislab.study.claim import Claim

OFTEN = 0.5  # s between two reports
WARM = 10.0  # s of work after which this machine's pace is known


class Pace:
    """Counts in what the claims say that they cost, and learns how fast this machine is.

    Args:
        report: called with the share that is done (0 to 1), what is measured, and the seconds that are left.
        timer: seconds, as of a clock.
    """

    def __init__(self, claims: list[Claim], report: Callable, timer: Callable = time.monotonic):
        self.costs, self._report, self._timer = costs(claims), report, timer
        self._began, self._done, self._upto, self._text, self._next = timer(), 0.0, 0.0, "", 0.0
        self._since = self._began

    def begin(self, number: int, text: str, part: float = 0.0, upto: float = 1.0) -> None:
        """Now it is at the claim of that number, from `part` of it to `upto` (0 to 1)."""
        before, cost = sum(self.costs[:number]), self.costs[number]
        self._done, self._upto, self._since = before + part * cost, before + upto * cost, self._timer()
        self._text, self._next = text, 0.0
        self.tick()

    def tick(self) -> None:
        """Time has passed; it is reported now and then."""
        now, whole = self._timer(), sum(self.costs)
        if now < self._next:
            return
        self._next = now + OFTEN
        slow = (self._since - self._began) / self._done if self._done > WARM else 1.0
        here = min(self._done + (now - self._since) / slow, self._upto)
        self._report(here / whole, self._text, (whole - here) * slow)


def costs(claims: list[Claim]) -> list[float]:
    """Seconds of each; those that share a measurement have the same lab, and say the same."""
    paid, found = set(), []
    for claim in claims:
        found.append(0.1 if (claim.lab, claim.seconds) in paid else claim.seconds)
        paid.add((claim.lab, claim.seconds))
    return found
