"""A client of a caching pattern that goes on only when it is told to."""

import threading
from collections.abc import Callable

from redislab.bench import Watch, WatchedTable


class AbandonedError(Exception):
    """The client was not told to go on."""


class SteppedClient:
    """A thread that stops before and after its SELECT, and after its commit, until the next `step()`.

    It stops in its `table`, which is given to the pattern, so that the pattern is the real one.

    Args:
        watch: sees what the client sends to Redis.
        patience: seconds after which it gives up, unless it is told to go on.
    """

    def __init__(self, table, watch: Watch, patience: float):
        self.table, self._watch, self._patience = WatchedTable(table), watch, patience
        self.table.before_find = self.table.after_find = self.table.after_commit = self._stop
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._failure, self._sent = None, []

    def start(self, work: Callable) -> None:
        """Begin `work` with the first step."""
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def step(self) -> list:
        """Let it go on to its next stop, or to its end; the commands that it sent to Redis on the way."""
        self._go.release()
        self._stopped.acquire(timeout=30)
        if self._failure:
            raise self._failure
        return self._sent

    def end(self) -> None:
        self._failure = self._failure or AbandonedError()
        self._go.release()
        self._thread.join(10)

    @property
    def gave_up(self) -> bool:
        return isinstance(self._failure, AbandonedError)

    def _run(self, work: Callable) -> None:
        try:
            self._wait()
            work()
        except Exception as failure:
            self._failure = self._failure or failure
        self._tell()

    def _stop(self, id) -> None:
        self._tell()
        self._wait()

    def _tell(self) -> None:
        self._sent = self._watch.take()
        self._stopped.release()

    def _wait(self) -> None:
        if not self._go.acquire(timeout=self._patience) or self._failure:
            raise AbandonedError
