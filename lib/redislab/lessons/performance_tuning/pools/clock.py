"""How long requests wait for a connection of a pool, and how long they hold it."""

import threading
import time


class PoolClock:
    """Put on a client, it times each request's way through the client's pool; the client notices nothing.

        clock = PoolClock(client)
        client.get("key")
        clock.waited, clock.held

    Attributes:
        held: seconds for which each request so far has held its connection.
    """

    def __init__(self, client):
        pool = client.connection_pool
        self.held: list[float] = []
        self._local = threading.local()
        self._get, self._release = pool.get_connection, pool.release
        pool.get_connection, pool.release = self._timed_get, self._timed_release

    @property
    def waited(self) -> float:
        """Seconds that the current thread's last request waited until it had a connection."""
        return self._local.waited

    def _timed_get(self, *arguments, **options):
        began = time.perf_counter()
        connection = self._get(*arguments, **options)
        self._local.got = time.perf_counter()
        self._local.waited = self._local.got - began
        return connection

    def _timed_release(self, connection) -> None:
        self._release(connection)
        self.held.append(time.perf_counter() - self._local.got)
