"""Write-through: a write goes to the cache and to the database, and the order decides what may go wrong."""

import json

import redis

from redislab.caching.cache_aside import CacheAside

CACHE_FIRST, DB_FIRST, DB_THEN_DELETE = "cache first", "DB first", "DB, then delete"
ORDERS = (CACHE_FIRST, DB_FIRST, DB_THEN_DELETE)


class WriteThrough(CacheAside):
    """Reads as cache-aside does; a write deals with the entry at once, in one of three orders.

        users = WriteThrough(client, database.users, keys, order=DB_FIRST)
        users.put(42, record)

    Each order costs the commit and one round trip. They differ in what they let happen:

    - "cache first": SET, then save; if that fails, delete the entry and raise. Readers see a value before it is
      committed, and one that never will be. Of two writers, the last to SET need not be the last to commit, and the
      cache then differs from the database for a whole TTL. A failed save takes the last good value with it. The
      version is not known before the commit, so the entry keeps the caller's. Without Redis nothing can be written.
    - "DB first": save, then SET what was committed, with its version. Nothing uncommitted is ever seen, but of two
      writers the slower may still SET the older row over the newer one, for a whole TTL.
    - "DB, then delete", the default: save, then delete. There is no second value that could differ: the next
      reader loads what is committed. That reader waits, which is what the other two orders were meant to avoid.

    When Redis fails, only "cache first" fails with it: the entry of the others is deleted before the next read that
    Redis answers.

    Args:
        source: as for CacheAside; its `save` returns the new version.
        order: CACHE_FIRST, DB_FIRST or DB_THEN_DELETE.
    """

    def __init__(self, client, source, keys, *, order: str = DB_THEN_DELETE, **options):
        if order not in ORDERS:
            raise ValueError(f"There is no order {order!r}. Choose one of: {'; '.join(ORDERS)}.")
        super().__init__(client, source, keys, **options)
        self.order = order

    def put(self, id, record) -> None:
        if self.order == DB_THEN_DELETE:
            return super().put(id, record)
        key = self.keys.entity(self.source.kind, id)
        put = self._cache_first if self.order == CACHE_FIRST else self._db_first
        return put(key, id, record)

    def _cache_first(self, key, id, record) -> None:
        if not self.breaker.allow():
            raise redis.ConnectionError(
                f"Redis does not answer, and {CACHE_FIRST!r} waits for it. Use {DB_THEN_DELETE!r}."
            )
        try:
            self._set(key, record)
        except redis.RedisError as failure:
            if not isinstance(failure, redis.ResponseError):
                self.breaker.failure()
            raise
        self.breaker.success()
        try:
            self.source.save(id, record)
        except Exception:
            self._forget(key)
            raise

    def _db_first(self, key, id, record) -> None:
        version = self.source.save(id, record)
        try:
            if self.breaker.allow():
                return self._set(key, record | {"id": id, "version": version})
        except redis.ResponseError:
            pass  # it answers, but takes nothing in; what it has is old now
        except redis.RedisError:
            self.breaker.failure()
        self._owed.add(key)

    def _set(self, key, record) -> None:
        """Store it, and take the lease from a reader who has loaded what was there before."""
        both = self.client.pipeline(transaction=True)
        both.set(key, json.dumps(record), px=self._life(self.ttl))
        both.delete(self.keys.beside(key, "lease"))
        both.execute()
