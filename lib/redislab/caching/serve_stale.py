"""Stale while revalidate: the old value until the new one is there."""

from redislab.caching.refresh_ahead import RefreshAhead


class ServeStale(RefreshAhead):
    """Keeps an entry for a while after its TTL; whoever finds it then returns it, and one refreshes it.

    It is `RefreshAhead` with a threshold that lies beyond the TTL: Redis holds the entry for `ttl + stale_for` seconds,
    and the time left tells a stale one. One load, in the background and under the lease, and nobody waits but the very
    first. The price is a value that may be older than its TTL, by one load, or by `stale_for` while the database is down.

    Args:
        stale_for: seconds that a stale entry may still be served.
    """

    def __init__(self, client, source, keys, *, ttl=60.0, stale_for=60.0, **options):
        super().__init__(client, source, keys, ttl=ttl, **{"jitter": 0.0, **options})
        self.stale_for = stale_for

    def _due(self, key, life: float, left: float) -> bool:
        return left < self.stale_for

    def _store(self, key, value, token, ttl=1.0) -> None:
        super()._store(key, value, token, ttl and ttl + self.stale_for)
