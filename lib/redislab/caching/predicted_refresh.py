"""Refresh-ahead that chooses the moment for each key: from what was measured of it, or by chance."""

import math
import random
import time

from redislab.caching.checked import Checked
from redislab.caching.habits import Habits
from redislab.caching.refresh_ahead import RefreshAhead
from redislab.keys.numbers import within

SAFETY = 2.0  # times what a load and the wait for the next read usually take
WORTH = 5.0  # reads expected within a TTL, below which a refresh does not pay


class MeasuredRefresh(RefreshAhead):
    """Measures how long each key takes to load, in this process."""

    def __init__(self, client, source, keys, **options):
        super().__init__(client, source, keys, **options)
        self.habits = Habits()

    def fill(self, key, id, token):
        began = time.perf_counter()
        record = super().fill(key, id, token)
        self.habits.loaded(key, time.perf_counter() - began)
        return record

    def fresh_for(self, life: float, left: float) -> float:
        return 0.0  # it changes with every read


class PredictedRefresh(MeasuredRefresh):
    """Refreshes each key in time for its next read, as this process has seen it read and loaded.

    A key is due when the time left is under SAFETY times (what a load takes + what passes between two reads). A key that
    is read less than WORTH times in a TTL is never due: it expires, and its next reader waits.
    """

    def read(self, key, id):
        self.habits.read(key)
        return super().read(key, id)

    def due(self, key, life: float, left: float) -> bool:
        load, gap = self.habits.seconds(key), self.habits.gap(key)
        return WORTH * gap <= life and left < min(life / 2, SAFETY * (load + gap))


class ChanceRefresh(MeasuredRefresh):
    """Refreshes with a probability that grows as the end comes near: −Δ·β·ln(u) ≥ the time left.

    Δ is the measured load, u uniform in (0, 1). This is the XFetch of `EarlyRefresh`, which has no lease and makes the
    readers that refresh wait.

    Args:
        beta: above 1 refreshes earlier, below 1 later.
    """

    beta = Checked(within, "a factor", 0, 1000)

    def __init__(self, client, source, keys, *, beta=1.0, **options):
        super().__init__(client, source, keys, **options)
        self.beta = beta

    def due(self, key, life: float, left: float) -> bool:
        return -self.habits.seconds(key) * self.beta * math.log(1 - random.random()) >= left
