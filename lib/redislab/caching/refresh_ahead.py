"""Refresh-ahead: an entry that is still read is loaded again before it expires, and no reader waits."""

import secrets
import time

from redislab.caching.background import Background
from redislab.caching.checked import share
from redislab.caching.entries import MISS, fetch_with_ttl
from redislab.caching.resilient import Resilient
from redislab.lua import script

FOREVER = 2**53  # ms
REMEMBERED = 10_000  # keys


class RefreshAhead(Resilient):
    """Returns what is there, and if little of its life is left, has it loaded again in the background.

        users = RefreshAhead(client, database.users, keys, ttl=60, threshold=0.2)
        users.get(42)      # in the last 12 s of the entry's life, this also refreshes it

    A hit costs one round trip: GET, and PTTL unless this process has seen that the entry is not due for a while. A refresh
    takes the lease (SET NX PX), so that one of all readers in all processes loads; a write meanwhile deletes the lease, so
    that the refresh cannot bring the old row back. A refresh that fails leaves the old value, and the next reader tries
    again. Only a key that was not read while it was due expires, and its next reader waits. `ServeStale` avoids even that
    wait, at the price of values older than their TTL; `PredictedRefresh` and `ChanceRefresh` choose the moment for each
    key.

    Args:
        threshold: share of the TTL, 0 to 1: refresh when less is left.
        guard: False makes every reader who finds the entry due load it, as in the module. The load that is done first
            is stored; the others were for nothing.
        threads: how many refreshes may be under way in this process.
        options: of Resilient.
    """

    threshold = share()

    def __init__(self, client, source, keys, *, threshold=0.2, guard=True, threads=8, **options):
        super().__init__(client, source, keys, **options)
        self.threshold, self.guard = threshold, guard
        self._refreshes = Background(threads)
        self._take = client.register_script(script("refresh"))
        self._fresh_until = {}  # by key: until then it need not be asked for its PTTL

    def read(self, key, id):
        if time.monotonic() < self._fresh_until.get(key, 0.0):
            return super().read(key, id)
        record, left = fetch_with_ttl(self.client, key)
        if record is MISS:
            return self.load(key, id)
        life = self.missing_ttl if record is None else self.ttl
        if self.due(key, life, left / 1000):
            self.refresh(key, id, left)
        elif (fresh := self.fresh_for(life, left / 1000)) > 0:
            self._remember(key, time.monotonic() + fresh)
        return record

    def due(self, key, life: float, left: float) -> bool:
        """Is it time to refresh an entry that lives for `life` seconds, with `left` of them to go?"""
        return self.fresh_for(life, left) < 0

    def fresh_for(self, life: float, left: float) -> float:
        """Seconds for which such an entry is certainly not due."""
        return left - self.threshold * life

    def refresh(self, key, id, left) -> None:
        """Have the entry loaded in the background, unless this process is doing so already."""
        self._refreshes.submit(self._try, self._reload, key, id, left, name=key if self.guard else None)

    def close(self, timeout: float = 5.0) -> None:
        """Refresh nothing more, and wait some seconds for what is under way. Reads and writes go on working."""
        self._refreshes.close(timeout)

    def fill(self, key, id, token):
        self._fresh_until.pop(key, None)  # what is stored now may live for another time
        return super().fill(key, id, token)

    def _remember(self, key, until: float) -> None:
        if len(self._fresh_until) >= REMEMBERED:
            self._fresh_until.clear()  # they are asked for their PTTL again
        self._fresh_until[key] = until

    def _reload(self, key, id, left) -> None:
        token, life = secrets.randbits(52), round(1000 * self.lease_ttl)
        holder = self._take([key, self.lease(key)], [token, life, left if self.guard else FOREVER])
        if holder == token or (holder and not self.guard):
            self.fill(key, id, holder)
