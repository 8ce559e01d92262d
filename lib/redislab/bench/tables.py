"""A table of the database under observation: its calls counted and timed, its versions known, its moments open to others."""

import threading
import time
from collections.abc import Callable


class WatchedTable:
    """Stands in front of a table; a pattern that is given it notices nothing.

        users = WatchedTable(database.users)
        users.finds, users.seconds, users.newest(42)
        users.before_find = lambda id: time.sleep(0.1)

    Attributes:
        kind: as the table's, unless another one is given.
        finds, saves: calls so far.
        seconds: that the finds took, all together.
        before_find, after_find, before_commit: called with the id, in the thread of the call; after one
            that failed, not.
    """

    def __init__(self, table, kind: str | None = None):
        self._table, self.kind = table, kind or table.kind
        self.finds = self.saves = 0
        self.seconds = 0.0
        self.before_find: Callable = _nothing
        self.after_find: Callable = _nothing
        self.before_commit: Callable = _nothing
        self._newest: dict = {}
        self._lock = threading.Lock()

    def find(self, id) -> dict | None:
        with self._lock:
            self.finds += 1
        self.before_find(id)
        began = time.perf_counter()
        try:
            record = self._table.find(id)
        finally:
            with self._lock:
                self.seconds += time.perf_counter() - began
        self.after_find(id)
        return record

    def save(self, id, record) -> int:
        with self._lock:
            self.saves += 1
        self.before_commit(id)
        version = self._table.save(id, record)
        self._committed(id, version)
        return version

    def save_many(self, records) -> int:
        changed = self._table.save_many(records)
        for record in records:
            self._committed(record["id"], record["version"])
        return changed

    def newest(self, id) -> int:
        """The newest version that was committed through here; 0 if this row has not been written."""
        return self._newest.get(id, 0)

    def _committed(self, id, version: int) -> None:
        with self._lock:
            self._newest[id] = max(version, self._newest.get(id, 0))

    def __getattr__(self, name: str):
        return getattr(self._table, name)


def _nothing(id) -> None:
    """The usual hook."""
