"""How old what was read is: when each version of a key was acknowledged to its writer."""

import threading
import time
from collections import deque


class Versions:
    """The versions of one key, counted from 0; of the last hundred it is known when each was acknowledged.

    Attributes:
        newest: the newest one that was acknowledged.
        lock: to be held by its writer.
    """

    def __init__(self):
        self.newest, self.lock = 0, threading.Lock()
        self._since = deque([time.perf_counter()], maxlen=100)

    def acknowledged(self, version: int) -> None:
        self.newest = version
        self._since.append(time.perf_counter())

    def age(self, version: int, now: float) -> float | None:
        """Seconds for which `version` had been out of date at `now`; None if it was the newest."""
        behind = self.newest - version
        since = list(self._since)[-min(behind, len(self._since)) :][0] if behind > 0 else now
        return now - since if since < now else None
