"""Write-through: a write goes to the cache and to the database, and the order decides what may go wrong."""

import redis

from redislab.caching.resilient import Resilient
from redislab.keys.records import pack
from redislab.keys.replies import UNREACHABLE

CACHE_FIRST, DB_FIRST, DB_THEN_DELETE = "cache first", "DB first", "DB, then delete"
ORDERS = (CACHE_FIRST, DB_FIRST, DB_THEN_DELETE)


class WriteThrough(Resilient):
    """Reads as cache-aside does; a write deals with the entry immediately, in one of three orders.

        users = WriteThrough(client, database.users, keys, order=DB_FIRST)
        users.put(42, record)

    Each order costs the commit and one round trip. They differ in what they let happen:

    - "cache first": SET, then save; if that fails, delete the entry and raise. Readers see a value before it is
      committed, and one that never will be. Of two writers, the last to SET need not be the last to commit, and the
      cache then differs from the database for a whole TTL. A failed save takes the last good value with it. The
      version is not known before the commit, so the entry keeps the caller's. Without Redis nothing can be written, and
      a SET without an answer may leave what was never committed, until the delete that is owed for it gets through.
    - "DB first": save, then SET what was committed, with its version. Nothing uncommitted is ever seen, but of two
      writers the slower may still SET the older row over the newer one, for a whole TTL.
    - "DB, then delete", the default: save, then delete, as in `CacheAside`. There is no second value that could differ:
      the next reader loads what is committed. That reader waits, which is what the other two orders were meant to avoid.
      A writer that dies between the commit and the DEL leaves the old value until its TTL ends.

    When Redis fails, only "cache first" fails with it. The others owe a delete, as in `Resilient`.

    Args:
        source: as for CacheAside; its `save` returns the new version.
        order: CACHE_FIRST, DB_FIRST or DB_THEN_DELETE.
        options: of Resilient.
    """

    def __init__(self, client, source, keys, *, order: str = DB_THEN_DELETE, **options):
        if order not in ORDERS:
            raise ValueError(f"There is no order {order!r}. Choose one of: {'; '.join(ORDERS)}.")
        super().__init__(client, source, keys, **options)
        self.order = order

    def put(self, id, record) -> None:
        if self.order == DB_THEN_DELETE:
            return super().put(id, record)
        key = self.key(id)
        pack(record), self.lease(key)  # what cannot be stored is refused before the commit, not after it
        put = self._cache_first if self.order == CACHE_FIRST else self._db_first
        return put(key, id, record)

    def _cache_first(self, key, id, record) -> None:
        if not self.breaker.allow():
            raise redis.ConnectionError(
                f"Redis does not answer, and {CACHE_FIRST!r} waits for it. Use {DB_THEN_DELETE!r}."
            )
        try:
            self._set(key, record)
        except redis.ResponseError:
            raise  # nothing was stored
        except BaseException as failure:
            if isinstance(failure, UNREACHABLE):
                self.breaker.failure()
            self.owed.owe(key)  # it may be stored, and is never committed
            self._later()
            raise
        self.breaker.success()
        try:
            self.source.save(id, record)
        except BaseException:
            self.forget(key)
            raise

    def _db_first(self, key, id, record) -> None:
        pack({**record, "id": id})
        version = self.source.save(id, record)
        self.owed.owe(key)
        self._try_or_later(self._replace, key, record | {"id": id, "version": version})

    def _replace(self, key, record) -> None:
        with self.owed.settling(key):
            self._set(key, record)

    def _set(self, key, record) -> None:
        """Store it, and take the lease from a reader who has loaded what was there before."""
        life, both = self.life_ms(), self.client.pipeline(transaction=True)
        both.set(key, pack(record), px=life) if life else both.delete(key)
        both.delete(self.lease(key))
        both.execute()
