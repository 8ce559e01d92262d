"""Writers that race on one row, and which of the cities they write are committed."""

import threading
from collections import OrderedDict

MOST_DOUBTFUL = 2000  # the cache has long forgotten older ones


class Ledger:
    """A table that knows which cities were written and are not committed: not yet, or never.

    It reads and writes through two handles on the database, so that what is added to a commit neither delays nor fails
    a read.
    """

    def __init__(self, readers, writers, kind: str):
        self._readers, self._writers, self.kind = readers, writers, kind
        self._doubtful, self._lock = OrderedDict(), threading.Lock()

    def begin(self, city: str) -> None:
        """A writer is about to write this city."""
        with self._lock:
            self._doubtful[city] = None
            if len(self._doubtful) > MOST_DOUBTFUL:
                self._doubtful.popitem(last=False)

    def doubts(self, city: str) -> bool:
        return city in self._doubtful

    def find(self, id):
        record = self._readers.find(id)
        self._doubtful.pop(record["city"], None)  # the database shows only what is committed
        return record

    def save(self, id, record) -> int:
        version = self._writers.save(id, record)
        self._doubtful.pop(record["city"], None)
        return version


class Race:
    """Some writers on one row at the same moment."""

    def __init__(self, id, writers: int):
        self.id, self._left, self._lock = id, writers, threading.Lock()

    def finish(self) -> bool:
        """One writer is done; True for the last one."""
        with self._lock:
            self._left -= 1
            return self._left == 0
