"""Stale while revalidate: serve the old value until the new one is there."""

from redislab.caching.checked import seconds
from redislab.caching.refresh_ahead import RefreshAhead


class ServeStale(RefreshAhead):
    """Keeps an entry for a while after its TTL; a reader that finds it then returns it, and one refreshes it.

    It is `RefreshAhead` with a threshold that lies beyond the TTL: Redis holds the entry for `ttl + stale_for` seconds,
    and the time left tells a stale one. There is one load, in the background and under the lease, and only the very first
    reader waits. The price is a value older than its TTL, by one load, or by `stale_for` while the database is down.

    Args:
        stale_for: seconds that a stale entry may still be served.
        options: of Resilient.
    """

    stale_for = seconds()

    def __init__(self, client, source, keys, *, stale_for=60.0, jitter=0.0, **options):
        super().__init__(client, source, keys, jitter=jitter, **options)
        self.stale_for = stale_for

    def fresh_for(self, life: float, left: float) -> float:
        return left - self.stale_for

    def life_ms(self, missing: bool = False) -> int:
        life = super().life_ms(missing)
        return life and life + round(1000 * self.stale_for)
