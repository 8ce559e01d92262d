"""How many keys should be alive: of keys whose TTL begins again at each touch, under Poisson touches."""

import math
import time
from collections import deque
from collections.abc import Callable

PAUSE = 1.0  # s; a longer gap between two samples was a pause of the load


def alive(rate: float, ttl: float) -> float:
    """Share of the time (0 to 1) for which a key is there whose TTL begins again at each touch.

    It is there if the last touch is no older than T, and not if nothing came for T, which of a Poisson process of λ a
    second has the chance exp(−λT).

    Args:
        rate: λ, touches per second.
        ttl: T in seconds.
    """
    return -math.expm1(-rate * ttl)


class LifeForecast:
    """The same, before it has settled: the chance that a key is there now, after all that the knobs have done.

    It adds up the chances that the last touch was in each of the past steps, over those whose TTL, as it was then, is not
    over. In the steady state it agrees with `alive`.

    Args:
        longest_ttl: seconds; what was longer ago is forgotten.

    Attributes:
        missed: touches so far that should have found the key gone.
    """

    def __init__(self, longest_ttl: float, timer: Callable = time.perf_counter):
        self.longest_ttl, self._timer, self._now = longest_ttl, timer, timer()
        self._steps = deque()  # the newest first
        self.missed = 0.0

    def follow(self, rate: float, ttl: float) -> float:
        """Move on to the present; a gap of more than a second was a pause, in which no touch came."""
        before, self._now = self._now, self._timer()
        seconds = self._now - before
        return self.advance(seconds, rate if seconds < PAUSE else 0.0, ttl)

    def advance(self, seconds: float, rate: float, ttl: float) -> float:
        """Move on by `seconds`, in which a key was touched `rate` times a second, and lived for `ttl` s from then on."""
        self._steps.appendleft((seconds, rate, ttl))
        there = self._there()
        self.missed += seconds * rate * (1 - there)
        return there

    def _there(self) -> float:
        there, untouched, age, kept = 0.0, 1.0, 0.0, 0
        for seconds, rate, ttl in self._steps:
            missed = math.exp(-rate * seconds)
            if ttl >= age + seconds / 2:
                there += untouched * (1 - missed)
            untouched *= missed
            age += seconds
            kept += 1
            if age > self.longest_ttl:
                break
        while len(self._steps) > kept:
            self._steps.pop()
        return there
