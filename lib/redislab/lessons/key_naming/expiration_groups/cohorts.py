"""How many keys should be alive, from when they arrived and how long each was to live."""

import threading
import time

from redislab.keys.groups import survival

STEP = 0.1  # s; arrivals within it count as one cohort, in its middle


class Cohorts:
    """What has arrived in a group and when, each with the TTL of its time: how much of it should be alive?"""

    def __init__(self, timer=time.monotonic):
        self._timer, self._cohorts, self._permanent, self.total = timer, [], 0, 0
        self._lock = threading.Lock()

    def arrive(self, count: int, ttl: float | None, jitter: float) -> None:
        """So many keys arrive now. `ttl` in s, None: none; it varies evenly by the fraction `jitter`."""
        with self._lock:
            self.total += count
            if ttl is None:
                self._permanent += count
            elif self._cohorts and self._same(self._cohorts[-1], ttl, jitter):
                self._cohorts[-1][1] += count
            elif count:
                self._cohorts.append([self._timer() + STEP / 2, count, ttl, jitter])

    def alive(self) -> float:
        with self._lock:
            now = self._timer()
            self._cohorts = [cohort for cohort in self._cohorts if now - cohort[0] < cohort[2] * (1 + cohort[3])]
            living = (count * survival(now - born, ttl, jitter) for born, count, ttl, jitter in self._cohorts)
            return self._permanent + sum(living)

    def _same(self, cohort, ttl, jitter) -> bool:
        return self._timer() - cohort[0] < STEP / 2 and cohort[2:] == [ttl, jitter]
