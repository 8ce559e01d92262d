"""Deletes that have not got through to Redis yet."""

import threading
import time
from contextlib import contextmanager

from redislab.keys.forks import renewed


class OwedDeletes:
    """Keys that were written in the database, and that Redis may still hold as they were before.

        owed.owe(key)                  # the write is committed
        with owed.settling(key):       # if the block succeeds, the key is no longer owed
            client.delete(key)

    A delete settles only what was owed when it was sent: a write that is committed meanwhile owes another one.
    """

    def __init__(self, timer=time.monotonic):
        self._timer = timer
        self._debts: dict[str, tuple[float, object]] = {}
        renewed(self)

    def renew(self) -> None:
        self._lock = threading.Lock()

    def owe(self, key: str, after: float = 0.0) -> None:
        """The key has to be deleted; not to be tried for `after` seconds."""
        with self._lock:
            self._debts[key] = (self._timer() + after, object())

    @contextmanager
    def settling(self, key: str):
        debt = self._debts.get(key)
        yield
        with self._lock:
            if self._debts.get(key) is debt:
                self._debts.pop(key, None)

    def due(self, most: int) -> list[str]:
        """Up to `most` keys that may be tried now, the newest first."""
        with self._lock:
            now, debts = self._timer(), list(self._debts.items())
        return [key for key, (at, _) in reversed(debts) if at <= now][:most]

    def __contains__(self, key: str) -> bool:
        return key in self._debts

    def __len__(self) -> int:
        return len(self._debts)
