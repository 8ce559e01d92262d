"""How long calls take by themselves, without any wait before they begin."""

import contextlib
import time
from collections import defaultdict, deque
from statistics import median


class Timings:
    """The last durations of calls, by name, in ms.

        timings = Timings(last=50)
        with timings.of("pooled"):
            client.get(key)
        timings.median("pooled")

    A call that raises is not counted. `clear` also drops the calls that are under way.
    """

    def __init__(self, last: int = 50):
        self._last = last
        self.clear()

    def clear(self) -> None:
        self._taken = defaultdict(lambda: deque(maxlen=self._last))

    @contextlib.contextmanager
    def of(self, name: str):
        taken, began = self._taken[name], time.perf_counter()
        yield
        taken.append(1e3 * (time.perf_counter() - began))

    def median(self, name: str) -> float | None:
        """None if no call of that name has ended."""
        taken = list(self._taken[name])
        return median(taken) if taken else None
