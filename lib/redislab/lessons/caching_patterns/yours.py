"""A learner's function as a cache, with the interface of the library's."""

import threading
import time

from redislab.bench import Yours, record
from redislab.caching import CacheAside


def loaded(answer) -> dict:
    """a record as `source.find` gives it"""
    return record(answer) | {"load": answer["load"]}


CACHE = Yours("client, source, keys, id", get="id", put="id, record", returns=record)
REFRESHED = Yours("client, source, keys, id", get="id", put="id, record", returns=loaded)
GRACE = 1.0  # s after a load in the background, in which its entry is looked for


class YourCache(CacheAside):
    """Reads by a learner's function of (client, source, keys, id), as in the exercises, or by the methods of a class; a write
    commits, then deletes, unless the class has a `put`.

    What is stored lives no longer than `ttl`, whatever it was given: so the knob means the same for all.
    """

    def __init__(self, mine, client, source, keys, **options):
        super().__init__(client, source, keys, **options)
        self._cache, self._thread, self._late = mine(client, source, keys), threading.local(), {}
        self.put = getattr(self._cache, "put", self.put)
        source.before_find = self._note

    def get(self, id) -> dict:
        self._thread.loaded = False
        record = self._cache.get(id)
        if self.loaded or time.monotonic() < self._late.get(id, 0.0):
            self.client.pexpire(self.key(id), self.life_ms(), lt=True)
        return record

    @property
    def loaded(self) -> bool:
        """Whether this thread's last read asked the database."""
        return self._thread.loaded

    def key(self, id) -> str:
        return self.keys.user(id)

    def _note(self, id) -> None:
        """A load, by a reader or in a thread that the learner started."""
        if hasattr(self._thread, "loaded"):
            self._thread.loaded = True
        else:
            self._late[id] = time.monotonic() + GRACE
