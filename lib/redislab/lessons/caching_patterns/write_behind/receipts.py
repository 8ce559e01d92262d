"""What an application has acknowledged, compared with what the database holds, per id and version."""

import threading


class Receipts:
    """Keeps the version that each acknowledged write was given, until the table is seen to have it, or it is lost.

    A write is persisted once its row has its version or a newer one: what was overwritten in between was not lost. For
    the same reason a row counts once when it is lost, however many writes to it were.

    Args:
        table: read by `versions(least)`, through a handle of its own.

    Attributes:
        acknowledged, persisted: writes.
        lost: rows whose newest acknowledged write is nowhere.
    """

    def __init__(self, table):
        self._table, self._open, self._lock = table, {}, threading.Lock()
        self.acknowledged = self.persisted = self.lost = 0

    def add(self, id, version: int) -> None:
        """This write was acknowledged."""
        with self._lock:
            self.acknowledged += 1
            self._open.setdefault(id, []).append(version)

    @property
    def waiting(self) -> int:
        """Acknowledged writes that are neither persisted nor known to be lost."""
        with self._lock:
            return sum(map(len, self._open.values()))

    @property
    def rows(self) -> int:
        """How many rows they are to."""
        return len(self._open)

    def compare(self) -> None:
        """Look into the table. One statement, which scans it."""
        with self._lock:
            oldest = min(map(min, self._open.values()), default=None)
        if oldest is None:
            return
        held = self._table.versions(least=oldest)
        with self._lock:
            for id in held.keys() & self._open.keys():
                versions = self._open.pop(id)
                if left := [version for version in versions if version > held[id]]:
                    self._open[id] = left
                self.persisted += len(versions) - len(left)

    def lose(self, id, version: int) -> None:
        """This write has been dropped; it is lost if it is the newest of its row."""
        with self._lock:
            versions = self._open.get(id, [])
            if versions and version == max(versions):
                del self._open[id]
                self.lost += 1
            elif version in versions:
                versions.remove(version)

    def audit(self, kept: dict) -> int:
        """How many rows were lost: neither the table has their newest write, nor `kept`, which is versions by id."""
        self.compare()
        with self._lock:
            gone = [id for id, versions in self._open.items() if kept.get(id, 0) < max(versions)]
            for id in gone:
                del self._open[id]
            self.lost += len(gone)
        return len(gone)
