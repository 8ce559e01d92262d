"""When requests are due that come in bursts."""

import math
from collections import deque

LONGEST = 0.2  # s that a burst takes at most


class Bursts:
    """A burst of `size` requests in each `every`-th window of the clock, and between two of them whatever else is due.

    The burst is centred on a boundary between two windows, or `position` (0 to 1) of a window after it. It takes a fifth of
    a window, or less, and comes in salvos of as many requests as there are clients.

    Args:
        period: seconds of a window; windows begin at its multiples.
    """

    def __init__(self, period: float, position: float, every: int, size: int, clients: int):
        self.length = min(LONGEST, period / 5)
        self.offset = position * period - self.length / 2  # from the boundary to the first request
        self._cycle, self._size = every * period, size
        self._salvo, self._pause = clients, self.length * clients / size
        self._gaps, self._began = deque(), -math.inf  # within the burst under way, and when it was to begin

    def boundary(self, now: float) -> float:
        """The boundary that the last burst up to now belongs to."""
        return (now - self.offset) // self._cycle * self._cycle

    def gap(self, now: float, wait: float) -> float:
        """Seconds until the next request is due: within a burst, at its beginning, or after `wait` if none begins before."""
        if self._gaps:
            return self._gaps.popleft()
        # a clock that lags a little does not repeat a burst
        latest = max(self.boundary(now) + self.offset, self._began)
        following = latest + self._cycle
        if now + wait < following:
            return wait
        self._began = following
        self._gaps.extend(0.0 if sent % self._salvo else self._pause for sent in range(1, self._size))
        return following - now
