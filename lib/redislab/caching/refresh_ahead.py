"""Refresh-ahead: an entry that is still read is loaded anew before it expires, and nobody waits."""

import json
import math
import random
import secrets
import threading
import time

import redis

from redislab.caching.background import Background
from redislab.caching.cache_aside import CacheAside
from redislab.caching.habits import Habits
from redislab.lua import script

FIXED, PREDICTED, XFETCH = "fixed", "per-key predicted", "XFetch"
MODES = (FIXED, PREDICTED, XFETCH)
SAFETY = 2.0  # times what a load and the wait for the next read usually take
WORTH = 5.0  # reads expected within a TTL, below which a refresh does not pay
FOREVER = 2**53  # ms


class RefreshAhead(CacheAside):
    """Returns what is there, and if too little of its life is left, has it loaded anew in the background.

        users = RefreshAhead(client, database.users, keys, ttl=60, threshold=0.2)
        users.get(42)      # in the last 12 s of the entry's life, this also refreshes it

    A hit costs one round trip, with the value and its PTTL. A refresh takes the lease (SET NX PX), so that of all
    readers in all processes one loads; whoever writes meanwhile takes the lease away, so that the refresh cannot
    bring the old row back. A refresh that fails leaves the old value, and the next reader tries again. Only a key
    that nobody read while it was due expires, and its next reader waits. `ServeStale` makes not even that one wait,
    at the price of values older than their TTL.

    When to refresh, by `mode`:

    - FIXED: when less than `threshold` of the TTL is left.
    - PREDICTED: when the time left is under SAFETY times (what a load takes + what passes between two reads), both as
      measured of this key in this process; never for a key that is read less than WORTH times in a TTL.
    - XFETCH: with a chance that grows towards the end, if −Δ·β·ln(u) ≥ the time left, Δ being the measured load and u
      uniform in (0, 1), as in `EarlyRefresh`, which has no lease and lets its readers wait.

    Args:
        threshold: share of the TTL, 0 to 1.
        guard: False makes every reader who finds the entry due load it, as in the module. The load that is done first
            is stored; the others were for nothing.
        beta: of XFETCH; above 1 refreshes earlier.
        threads: how many refreshes may be under way in this process.
    """

    def __init__(
        self, client, source, keys, *, threshold=0.2, guard=True, mode=FIXED, beta=1.0, threads=8, **options
    ):  # fmt: skip
        if mode not in MODES:
            raise ValueError(f"There is no mode {mode!r}. Choose one of: {', '.join(MODES)}.")
        super().__init__(client, source, keys, **options)
        self.threshold, self.guard, self.mode, self.beta = threshold, guard, mode, beta
        self.habits, self._background = Habits(), Background(threads)
        self._take = client.register_script(script("refresh"))
        self._refreshing = set()  # keys for which this process need not ask again
        self._own = _Own(client)

    def close(self, timeout: float = 5.0) -> None:
        """Refresh nothing more, and wait some seconds for what is under way. Reads and writes go on working."""
        self._background.close(timeout)

    def _get(self, key, id):
        if self.mode == PREDICTED:
            self.habits.read(key)
        cached, left = self._own.both(key)
        if cached is None:
            return self._load(key, id)
        if self._due(key, self.missing_ttl if cached == "null" else self.ttl, left / 1000):
            self._refresh(key, id, left)
        return json.loads(cached)

    def _due(self, key, life: float, left: float) -> bool:
        """Is it time to refresh an entry that lives for `life` seconds, with `left` of them to go?"""
        if self.mode == FIXED:
            return left < self.threshold * life
        load = self.habits.seconds(key)
        if self.mode == XFETCH:
            return -load * self.beta * math.log(1 - random.random()) >= left
        gap = self.habits.gap(key)
        return WORTH * gap <= life and left < min(life / 2, SAFETY * (load + gap))

    def _refresh(self, key, id, left) -> None:
        if self.guard:
            if key in self._refreshing:
                return
            self._refreshing.add(key)
        if not self._background.submit(self._reload, key, id, left):
            self._refreshing.discard(key)

    def _reload(self, key, id, left) -> None:
        token, both = secrets.token_hex(8), [key, self.keys.beside(key, "lease")]
        try:
            args = [token, round(self.lease_ttl * 1000), left if self.guard else FOREVER]
            holder = self._take(keys=both, args=args)
            if holder == token or (holder and not self.guard):
                self._fetch(key, id, holder)
        except redis.ResponseError:
            pass  # full, or a replica; it still serves what it has
        except redis.RedisError:
            self.breaker.failure()
        finally:
            self._refreshing.discard(key)

    def _fetch(self, key, id, token):
        began = time.perf_counter()
        record = super()._fetch(key, id, token)
        self.habits.loaded(key, time.perf_counter() - began)
        return record


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
            self.pipeline.reset()  # if there was no connection to be had, both still wait in it
            raise
