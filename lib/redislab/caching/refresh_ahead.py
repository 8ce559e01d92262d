"""Refresh-ahead: an entry that is still read is loaded again before it expires, and no reader waits."""

import json
import secrets
import threading

from redislab.caching.background import Background
from redislab.caching.resilient import Resilient
from redislab.lua import script

FOREVER = 2**53  # ms


class RefreshAhead(Resilient):
    """Returns what is there, and if little of its life is left, has it loaded again in the background.

        users = RefreshAhead(client, database.users, keys, ttl=60, threshold=0.2)
        users.get(42)      # in the last 12 s of the entry's life, this also refreshes it

    A hit costs one round trip, with the value and its PTTL. A refresh takes the lease (SET NX PX), so that one of all
    readers in all processes loads; a write meanwhile deletes the lease, so that the refresh cannot bring the old row
    back. A refresh that fails leaves the old value, and the next reader tries again. Only a key that was not read while
    it was due expires, and its next reader waits. `ServeStale` avoids even that wait, at the price of values older than
    their TTL; `PredictedRefresh` and `ChanceRefresh` choose the moment for each key.

    Args:
        threshold: share of the TTL, 0 to 1: refresh when less is left.
        guard: False makes every reader who finds the entry due load it, as in the module. The load that is done first
            is stored; the others were for nothing.
        threads: how many refreshes may be under way in this process.
        options: of Resilient.
    """

    def __init__(self, client, source, keys, *, threshold=0.2, guard=True, threads=8, **options):
        super().__init__(client, source, keys, **options)
        self.threshold, self.guard = threshold, guard
        self._background, self._refreshing = Background(threads), set()
        self._take = client.register_script(script("refresh"))
        self._own = _Own(client)

    def read(self, key, id):
        cached, left = self._own.both(key)
        if cached is None:
            return self.load(key, id)
        record = json.loads(cached)
        if self.due(key, self.missing_ttl if record is None else self.ttl, left / 1000):
            self.refresh(key, id, left)
        return record

    def due(self, key, life: float, left: float) -> bool:
        """Is it time to refresh an entry that lives for `life` seconds, with `left` of them to go?"""
        return left < self.threshold * life

    def refresh(self, key, id, left) -> None:
        """Have the entry loaded in the background, unless this process is doing so already."""
        if self.guard and key in self._refreshing:
            return
        self._refreshing.add(key)
        if not self._background.submit(self._try, self._reload, key, id, left):
            self._refreshing.discard(key)

    def close(self, timeout: float = 5.0) -> None:
        """Refresh nothing more, and wait some seconds for what is under way. Reads and writes go on working."""
        self._background.close(timeout)

    def _reload(self, key, id, left) -> None:
        token, life = secrets.randbits(52), round(1000 * self.lease_ttl)
        try:
            holder = self._take([key, self.lease(key)], [token, life, left if self.guard else FOREVER])
            if holder == token or (holder and not self.guard):
                self.fill(key, id, holder)
        finally:
            self._refreshing.discard(key)


class _Own(threading.local):
    """A pipeline for each thread, used again and again: a new one would cost a tenth of a hit."""

    def __init__(self, client):
        self.pipeline = client.pipeline(transaction=False)

    def both(self, key) -> tuple[str | None, int]:
        """The value and its ms to live, in one round trip."""
        self.pipeline.execute_command("GET", key)
        self.pipeline.execute_command("PTTL", key)
        try:
            return self.pipeline.execute()
        except Exception:
            self.pipeline.reset()  # without a connection, both commands would still wait in it
            raise
