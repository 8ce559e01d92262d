"""Cache-aside behind a Bloom filter: an id that never existed reaches neither the database nor the cache."""

import redis

from redislab.caching.cache_aside import CacheAside


class BloomGuard(CacheAside):
    """Asks a filter of all ids before it loads one, and answers None for an id that the filter has never heard of.

        known = BloomFilter(client, keys, "user", capacity=10_000)
        known.fill(database.users.ids)
        users = BloomGuard(client, database.users, keys, filter=known)

    A hit costs what it costs without the filter, an unknown id two round trips, and nothing is stored for it: a flood of
    ids that are never asked for twice, against which a sentinel is no help, costs neither queries nor memory. The few
    that get through get `CacheAside`'s sentinel. The filter has to hear of every new id, so whoever inserts rows past
    `put` has to add them.

    Args:
        filter: has `may_hold(id)` and `add(*ids)`: a BloomFilter, or a BitmapFilter.
    """

    def __init__(self, client, source, keys, *, filter, **options):
        super().__init__(client, source, keys, **options)
        self.filter = filter
        self._unheard = set()  # ids that did not get through to the filter

    def put(self, id, record) -> None:
        self._unheard.add(id)
        try:
            if self.breaker.allow():
                self._tell()  # before the commit: a row that the filter never heard of could not be read again
        except redis.RedisError:
            self.breaker.failure()
        super().put(id, record)

    def _load(self, key, id):
        self._tell()
        return super()._load(key, id) if self.filter.may_hold(id) else None

    def _tell(self) -> None:
        if ids := list(self._unheard):
            self.filter.add(*ids)
            self._unheard.difference_update(ids)
