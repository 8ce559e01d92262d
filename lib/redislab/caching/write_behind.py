"""Write-behind: Redis accepts a write and says so, a worker brings it to the database."""

import random
import time

import redis

from redislab.caching.backlog import Backlog
from redislab.caching.checked import count, seconds
from redislab.caching.resilient import Resilient
from redislab.errors import BacklogError, WriteError
from redislab.keys.replies import UNREACHABLE


class WriteBehind(Resilient):
    """A write costs one round trip to Redis and none to the database; it returns the version it was given.

        users = WriteBehind(client, database.users, keys, ttl=60)
        with WriteBehindWorker(users):
            users.put(42, record)

    One script caches the record and queues it in a stream, the `Backlog`. What was acknowledged survives the
    application, killed at any point. It does not survive Redis: `appendonly yes` makes the queue as durable as its
    `appendfsync`, and under memory pressure a policy of allkeys-* may evict the whole queue: give this Redis noeviction or
    volatile-*. Versions come from Redis's clock and only grow; cache and database keep the newest, in whatever order
    writes arrive, as long as every writer of these rows comes this way. (A server that takes over without the stream
    and with its clock behind cannot know how far they had grown; only what was read before it is put is safe then.)

    Until the database has it, an entry has no TTL: it neither expires nor falls to a volatile-* policy, and a reader
    gets what was accepted. Reads are `Resilient`'s. While Redis is down they see the rows as they are, without what
    waits in the stream, and a write raises WriteError. It is not sent to the database instead: what waits there may be
    newer or older, and without Redis there is no telling. Where a write must not depend on Redis, use `WriteThrough`.

    Args:
        source: has `kind`, `find(id)` and `save_many(records)`, which keeps the newest version of each.
        limit: how many writes and dead letters may wait; beyond it `put` waits too.
        patience: seconds that it waits before it raises BacklogError.
        options: of Resilient.
    """

    limit, patience = count(), seconds()

    def __init__(self, client, source, keys, *, limit=10_000, patience=1.0, **options):
        super().__init__(client, source, keys, **options)
        self.backlog = Backlog(client, keys, source.kind)
        self.limit, self.patience = limit, patience

    def put(self, id, record) -> int:
        """Accept the record as the newest of its id, and return its version.

        Raises:
            ValueError, TypeError: an id, a version or a record that cannot be queued; see Backlog.accept.
            BacklogError: too many writes wait; this one was not taken.
            WriteError: Redis refused it, or did not answer: then it may have been taken all the same.
        """
        deadline = time.monotonic() + self.patience
        while (answer := self._accept(id, record)) <= 0:
            if time.monotonic() >= deadline:
                raise BacklogError(-answer)
            time.sleep(random.uniform(0.005, 0.02))
        return answer

    def _accept(self, id, record) -> int:
        if not self.breaker.allow():
            raise WriteError("Redis does not answer, so this write was not taken. Put it again when it does.")
        try:
            answer = self.backlog.accept(id, record, self.limit)
        except redis.ResponseError as refusal:
            raise WriteError(
                f"Redis refused this write ({refusal}). Has it memory left, is it a primary, and may this user do that?"
            ) from None
        except UNREACHABLE as failure:
            self.breaker.failure()
            raise WriteError(
                f"Redis did not answer ({failure}). The write may have been taken: read it back."
            ) from failure
        self.breaker.success()
        return answer
