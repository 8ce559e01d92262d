"""Cache-aside: the application looks in the cache, then in the database, and keeps what it found for a while."""

import random

from redislab.caching.checked import seconds, share
from redislab.caching.entries import MISS, fetch
from redislab.keys.records import pack
from redislab.keys.replies import suited


class CacheAside:
    """Reads through the cache; a write goes to the database and then deletes the entry.

        users = CacheAside(client, database.users, keys, ttl=60)
        users.get(42)
        users.put(42, record)

    A hit costs one round trip, a miss two and the load. A missing record is stored too, as JSON null. This is the
    whole pattern, and three things can still go wrong:

    - a popular entry expires, and all its readers ask the database: `SingleFlight`, `EarlyRefresh` and `ServeStale`
      each prevent that in their own way;
    - a slow reader stores the old row after a writer's delete, and it stays for a whole TTL: `SingleFlight` refuses it;
    - Redis fails, and every call fails with it: `Resilient` goes to the database instead.

    What is no record (another program's value, say) counts as a miss, and is replaced.

    Args:
        client: Redis.
        source: has `kind`, `find(id) -> dict | None` and `save(id, record)`, which has saved nothing if it raises. JSON
            can hold its records.
        keys: a KeyNamespace.
        ttl, missing_ttl: seconds that a record, and the absence of one, are kept; 0: not at all.
        jitter: the fraction by which a TTL varies, so that entries stored together do not expire together.
    """

    ttl, missing_ttl, jitter = seconds(), seconds(), share()

    def __init__(self, client, source, keys, *, ttl=60.0, jitter=0.1, missing_ttl=5.0):
        self.client, self.source, self.keys = suited(client), source, keys
        self.ttl, self.jitter, self.missing_ttl = ttl, jitter, missing_ttl

    def get(self, id) -> dict | None:
        return self.read(self.key(id), id)

    def put(self, id, record) -> None:
        key = self.key(id)
        self.source.save(id, record)  # first: a delete before the commit lets the old row back in
        self.forget(key)

    def read(self, key, id):
        record = fetch(self.client, key)
        return self.load(key, id) if record is MISS else record

    def load(self, key, id):
        record = self.source.find(id)
        if life := self.life_ms(missing=record is None):
            self.client.set(key, pack(record), px=life)
        return record

    def forget(self, key) -> None:
        self.client.delete(key)

    def life_ms(self, missing: bool = False) -> int:
        """How long an entry lives, in ms: its TTL, give or take the jitter; 0: do not store it."""
        ttl = self.missing_ttl if missing else self.ttl
        return max(1, round(1000 * ttl * random.uniform(1 - self.jitter, 1 + self.jitter))) if ttl else 0

    def key(self, id) -> str:
        return self.keys.entity(self.source.kind, id)
