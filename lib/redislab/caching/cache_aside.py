"""Cache-aside: the application looks in the cache, then in the database, and keeps what it found for a while."""

import json
import random
import secrets
import time

import redis

from redislab.caching.circuit_breaker import CircuitBreaker
from redislab.lua import script


class CacheAside:
    """Reads through the cache; writes to the database and then deletes the entry.

        users = CacheAside(client, database.users, keys, ttl=60)
        users.get(42)
        users.put(42, record)

    A hit costs one round trip, a miss three and the load. A missing record is stored too, as JSON null.
    When an entry is gone, one reader gets the lease and loads, the others wait for what it stores.
    A write deletes the lease with the entry, so that a reader who loaded the old row can no longer
    store it. When Redis fails, the database answers.

    The readers who wait are the price of a single flight: `ServeStale` lets nobody wait,
    `EarlyRefresh` hardly anybody.

    Args:
        client: Redis, with `decode_responses` and a short `socket_timeout` (see CircuitBreaker).
        source: has `kind`, `find(id) -> dict | None` and `save(id, record)`.
        keys: a KeyNamespace.
        ttl, missing_ttl: seconds that a record, and the absence of one, are kept; 0: not at all.
        jitter: the fraction by which a TTL varies: stored together is not expired together.
        lease_ttl: seconds after which a reader who died while loading is given up.
    """

    def __init__(
        self, client, source, keys, *,
        ttl=60.0, jitter=0.1, missing_ttl=5.0, single_flight=True, lease_ttl=5.0, breaker=None,
    ):  # fmt: skip
        self.client, self.source, self.keys = client, source, keys
        self.ttl, self.jitter, self.missing_ttl = ttl, jitter, missing_ttl
        self.single_flight, self.lease_ttl = single_flight, lease_ttl
        self.breaker = breaker or CircuitBreaker()
        self._lease = client.register_script(script("lease"))
        self._fill = client.register_script(script("fill"))
        self._owed = set()  # keys whose delete did not get through

    def get(self, id) -> dict | None:
        if not self.breaker.allow():
            return self.source.find(id)
        try:
            if self._owed:
                self._settle()
            record = self._get(self.keys.entity(self.source.kind, id), id)
        except redis.ResponseError:  # it answers, but takes nothing in: full, or a replica
            record = self.source.find(id)
        except redis.RedisError:
            self.breaker.failure()
            return self.source.find(id)
        self.breaker.success()
        return record

    def put(self, id, record) -> None:
        self.source.save(id, record)  # first: a delete before the commit lets the old row back in
        self._forget(self.keys.entity(self.source.kind, id))

    def _forget(self, key) -> None:
        try:
            if self.breaker.allow():
                return self._delete(key)
        except redis.RedisError:
            self.breaker.failure()
        self._owed.add(key)  # deleted before the next read that Redis answers

    def _get(self, key, id):
        cached = self.client.get(key)
        if cached is not None:
            return json.loads(cached)
        return self._load(key, id)

    def _load(self, key, id):
        token, cached = self._wait(key) if self.single_flight else (None, None)
        return self._fetch(key, id, token) if cached is None else json.loads(cached)

    def _fetch(self, key, id, token):
        """Load it and store it, if the lease is still there; a load that fails gives the lease back."""
        try:
            record = self.source.find(id)
        except Exception:
            self._store(key, "", token)
            raise
        self._store(key, json.dumps(record), token, self.ttl if record else self.missing_ttl)
        return record

    def _wait(self, key):
        """(token, None): load it. (None, value): another reader has. (None, None): that takes too long."""
        token, pause, deadline = secrets.token_hex(8), 0.002, time.monotonic() + self.lease_ttl
        both = [key, self.keys.beside(key, "lease")]
        while time.monotonic() < deadline:
            answer = self._lease(keys=both, args=[token, round(self.lease_ttl * 1000)])
            if answer != 0:
                return (token, None) if answer == 1 else (None, answer)
            time.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(2 * pause, 0.05)
        return None, None

    def _store(self, key, value, token, ttl=1.0) -> None:
        value, life = value if ttl else "", self._life(ttl)
        try:
            if token:
                both = [key, self.keys.beside(key, "lease")]
                self._fill(keys=both, args=[token, value, life])
            elif value and not self.single_flight:
                self.client.set(key, value, px=life)
        except redis.ResponseError:
            pass  # what it has, it still serves
        except redis.RedisError:
            self.breaker.failure()

    def _life(self, ttl) -> int:
        """Milliseconds: the TTL, give or take its jitter."""
        return max(1, round(1000 * ttl * random.uniform(1 - self.jitter, 1 + self.jitter)))

    def _delete(self, *keys) -> None:
        self.client.delete(*keys, *(self.keys.beside(key, "lease") for key in keys))

    def _settle(self) -> None:
        owed = list(self._owed)
        self._delete(*owed)
        self._owed.difference_update(owed)
