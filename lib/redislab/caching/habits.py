"""What a process has seen of its keys: how often each is read, and how long it takes to load."""

import math
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from redislab.caching.checked import count, share
from redislab.keys.forks import renewed


@dataclass(slots=True)
class Habit:
    """One key's moving averages.

    Attributes:
        gap: seconds between two reads; infinite until there were two.
        seconds: that a load takes; None until there was one.
    """

    gap: float = math.inf
    seconds: float | None = None
    last: float | None = None


class Habits:
    """Remembers the keys that were read last, each by exponentially weighted averages.

        habits = Habits()
        habits.read(key)
        habits.loaded(key, 0.1)
        habits.gap(key), habits.seconds(key)

    At most `most` keys are remembered, some 200 bytes each: the one that was not read for the longest time is forgotten.

    Args:
        weight: how much a new observation counts against all earlier ones, 0 to 1.
    """

    most, weight = count(), share()

    def __init__(self, most: int = 10_000, weight: float = 0.2, timer=time.monotonic):
        self.most, self.weight, self._timer = most, weight, timer
        self._habits: OrderedDict[str, Habit] = OrderedDict()
        self._usual = None
        renewed(self)

    def renew(self) -> None:
        self._lock = threading.Lock()

    def read(self, key: str) -> None:
        now = self._timer()
        with self._lock:
            habit = self._of(key)
            if habit.last is not None:
                gap = now - habit.last
                habit.gap = gap if habit.gap == math.inf else self._average(habit.gap, gap)
            habit.last = now

    def loaded(self, key: str, seconds: float) -> None:
        with self._lock:
            habit = self._of(key)
            habit.seconds = self._average(habit.seconds, seconds)
            self._usual = self._average(self._usual, seconds)

    def gap(self, key: str) -> float:
        """Seconds that are expected until the next read."""
        habit = self._habits.get(key)
        return habit.gap if habit else math.inf

    def seconds(self, key: str) -> float:
        """Seconds that a load is expected to take: as this key's own, else as any; 0 before the first."""
        habit = self._habits.get(key)
        return (habit and habit.seconds) or self._usual or 0.0

    def __len__(self) -> int:
        return len(self._habits)

    def _of(self, key: str) -> Habit:
        if key in self._habits:
            self._habits.move_to_end(key)
        else:
            self._habits[key] = Habit()
            if len(self._habits) > self.most:
                self._habits.popitem(last=False)
        return self._habits[key]

    def _average(self, before: float | None, now: float) -> float:
        return now if before is None else before + self.weight * (now - before)
