"""Many keys on a server of one's own, written beside the measurement."""

import json
import threading
import time

from redislab.lua import script

CHUNK = 2000  # keys that one call of the script writes, in some ms


class Filler:
    """Keeps a server at the keys that were asked for last. More of the same are added; other ones follow a FLUSHALL.

        filler = Filler(server.client())
        filler.want(100_000, [(50, "user:#", 20, 0), (50, "session:#", 20, 0)])
        filler.whole

    Attributes:
        made: how many are there.
    """

    def __init__(self, client):
        self.client, self.made = client, 0
        self._wanted, self._kinds, self._stale = 0, [], False
        self._asked, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    @property
    def whole(self) -> bool:
        """Whether all are there."""
        return self.made == self._wanted and not self._stale

    @property
    def share(self) -> float:
        """How much is there, from 0 to 1."""
        if self.whole:
            return 1.0
        return 0.0 if self._stale else min(0.999, self.made / self._wanted)

    def want(self, count: int, kinds) -> None:
        """Ask for `count` keys; `kinds` as populate.lua has them: (share in %, name with a #, bytes, TTL in s)."""
        kinds = [list(kind) for kind in kinds]
        self._stale = self._stale or kinds != self._kinds or count < self.made
        self._wanted, self._kinds = count, kinds
        self._asked.set()

    def again(self) -> None:
        """Write all of them again: some are no longer there."""
        self._stale = True
        self._asked.set()

    def wait(self, timeout: float = 60.0) -> bool:
        """Wait until all are there; False if they are not in time, or never will be."""
        deadline = time.monotonic() + timeout
        while not self.whole and time.monotonic() < deadline and not self._over.wait(0.02):
            pass
        return self.whole

    def close(self) -> None:
        self._over.set()
        self._asked.set()
        self._thread.join(5)

    def _work(self) -> None:
        populate = self.client.register_script(script("populate"))
        while not self._over.is_set():
            if self._stale:
                self.made, self._stale = 0, False
                self.client.flushall()
            if self.made < self._wanted:
                kinds, made, count = self._kinds, self.made, min(CHUNK, self._wanted - self.made)
                self.made = populate(args=[made, count, json.dumps(kinds)])
                self._over.wait(0.001)  # others get their turn
            else:
                self._asked.wait()
                self._asked.clear()
