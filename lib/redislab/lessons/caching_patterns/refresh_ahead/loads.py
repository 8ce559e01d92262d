"""Loads from a table, and whether their values were ever read."""

import itertools
import time

from redislab.bench import WatchedTable


class Loads(WatchedTable):
    """A table that numbers its loads (`record["load"]`), so that a reader can say which one it was given.

    Attributes:
        wasted: loads that were superseded, or expired, without having been read.
    """

    def __init__(self, table, kind: str, timer=time.monotonic):
        super().__init__(table, kind)
        self._timer, self._numbers, self._unread = timer, itertools.count(), {}
        self.wasted = 0

    def find(self, id) -> dict:
        record = super().find(id)
        with self._lock:
            number = next(self._numbers)
            self._unread.setdefault(id, {})[number] = self._timer()
        return record | {"load": number}

    def read(self, id, number: int) -> None:
        """A reader was given the value of this load: the earlier ones that are unread will stay so."""
        with self._lock:
            unread = self._unread.get(id, {})
            self._drop(unread, [earlier for earlier in unread if earlier < number])
            unread.pop(number, None)

    def expire(self, seconds: float) -> None:
        """What has not been read within `seconds` never will be."""
        with self._lock:
            for unread in self._unread.values():
                self._drop(unread, [number for number, at in unread.items() if self._timer() - at > seconds])

    def _drop(self, unread: dict, numbers: list[int]) -> None:
        self.wasted += len(numbers)
        for number in numbers:
            del unread[number]
