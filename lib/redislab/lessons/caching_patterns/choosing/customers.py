"""The customers of one pattern in the arena: what they read and write, and what they were promised."""

import itertools
import threading

from redislab.lessons.caching_patterns.workload import Popularity
from redislab.lessons.caching_patterns.write_behind.receipts import Receipts

CITY = "city "


class Customers:
    """Read and write the rows of the pattern `name`; each write is another city, so that a read tells what it got.

    A read is stale if the row had been given a newer city, and that had been acknowledged, before the read was sent.

    Attributes:
        lost: rows whose newest acknowledged write did not survive the application.
    """

    def __init__(self, name: str, ids: list[int], table):
        self.name, self.ids, self._table = name, ids, table
        self._numbers, self._lock = itertools.count(), threading.Lock()
        self.lost = 0
        self.start_over()

    def start_over(self) -> None:
        """Expect nothing of the next application: it has other code."""
        self._receipts, self._newest, self._versions = Receipts(self._table), {}, {}

    def populate(self, skew: float) -> None:
        self._popularity = Popularity(self.ids, skew)

    def read(self, application):
        id = self._popularity.pick()
        newest = self._newest.get(id, 0)
        city = application.call("get", self.name, id)
        unknown = newest if city.startswith(CITY) else 0  # a city that is not acknowledged yet is newer
        stale = self._versions.get(city, unknown) < newest
        return (f"read {self.name}", f"stale {self.name}") if stale else f"read {self.name}"

    def write(self, application):
        id, city = self._popularity.pick(), f"{CITY}{next(self._numbers)}"
        version = application.call("put", self.name, id, city)
        with self._lock:
            self._versions[city] = version
            self._newest[id] = max(version, self._newest.get(id, 0))
            self._receipts.add(id, version)
        return f"write {self.name}"

    def audit(self) -> None:
        """Look for what was acknowledged; what the database does not have is lost."""
        self.lost += self._receipts.audit({})
