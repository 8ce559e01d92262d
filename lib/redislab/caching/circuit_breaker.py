"""Stop asking what does not answer."""

import threading
import time

from redislab.caching.checked import count, seconds
from redislab.keys.forks import renewed


class CircuitBreaker:
    """Opens after some failures in a row; then lets one call through each `retry_after` seconds.

        if breaker.allow():
            try:
                value = client.get(key)
            except redis.RedisError:
                breaker.failure()
            else:
                breaker.success()

    It counts what the client reports, so the client has to give up early: with `socket_timeout=0.1`
    and no retries a hung server costs a tenth of a second for each call until the breaker opens;
    redis-py's defaults cost most of a minute.

    Args:
        failures: how many in a row open it.
        retry_after: seconds between two attempts while it is open.
    """

    failures, retry_after = count(), seconds()

    def __init__(self, failures: int = 3, retry_after: float = 1.0, timer=time.monotonic):
        self.failures, self.retry_after, self._timer = failures, retry_after, timer
        self._failed, self._next_try = 0, None
        renewed(self)

    def renew(self) -> None:
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        return self._next_try is not None

    def allow(self) -> bool:
        """May this call be made? While open, only the first one after `retry_after` may."""
        if self._next_try is None:
            return True
        with self._lock:
            if self._next_try is None or self._timer() < self._next_try:
                return self._next_try is None
            self._next_try = self._timer() + self.retry_after
            return True

    def success(self) -> None:
        if self._failed:
            with self._lock:
                self._failed, self._next_try = 0, None

    def failure(self) -> None:
        with self._lock:
            self._failed += 1
            if self._failed >= self.failures:
                self._next_try = self._timer() + self.retry_after
