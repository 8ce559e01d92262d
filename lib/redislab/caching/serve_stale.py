"""Stale while revalidate: the old value until the new one is there."""

import json
import secrets
import threading

from redislab.caching.cache_aside import CacheAside


class ServeStale(CacheAside):
    """Keeps an entry for a while after its TTL; whoever finds it then returns it, and one refreshes it.

    Redis holds it for `ttl + stale_for` seconds, so the time left tells a stale entry, in the same
    round trip as the value. The refresh runs in a thread of its own, under the lease: one load, and
    nobody waits but the very first. The price is a value that may be older than its TTL, by one load,
    or by `stale_for` while the database is down.

    Args:
        stale_for: seconds that a stale entry may still be served.
    """

    def __init__(self, client, source, keys, *, ttl=60.0, stale_for=60.0, **options):
        super().__init__(client, source, keys, ttl=ttl, **{"jitter": 0.0, **options})
        self.stale_for = stale_for

    def _get(self, key, id):
        cached, left = self.client.pipeline(transaction=False).get(key).pttl(key).execute()
        if cached is None:
            return self._load(key, id)
        if left < 1000 * self.stale_for:
            self._refresh(key, id)
        return json.loads(cached)

    def _refresh(self, key, id) -> None:
        lease, token = self.keys.beside(key, "lease"), secrets.token_hex(8)
        if self.client.set(lease, token, nx=True, px=round(self.lease_ttl * 1000)):
            threading.Thread(target=self._reload, args=(key, id, token), daemon=True).start()

    def _reload(self, key, id, token) -> None:
        try:
            record = self.source.find(id)
        except Exception:  # the stale entry goes on being served, and the next reader tries again
            return self._store(key, "", token)
        self._store(key, json.dumps(record), token, self.ttl if record else self.missing_ttl)

    def _store(self, key, value, token, ttl=1.0) -> None:
        super()._store(key, value, token, ttl and ttl + self.stale_for)
