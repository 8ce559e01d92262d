"""For work that no caller waits for: a few threads that come and go with the work."""

import contextlib
import threading
from collections import deque
from collections.abc import Callable

from redislab.caching.checked import count
from redislab.keys.forks import renewed


class Background:
    """Runs calls on at most `threads` threads, in the order in which they were submitted.

    Unlike concurrent.futures' executors it says no when too much waits already, keeps no idle thread, and its threads
    are daemons: a call that hangs does not keep the interpreter from ending. What a call raises is lost. The child of a
    fork has its own threads, and none of its parent's calls.

    Args:
        waiting: how many calls may wait for a thread.
    """

    threads = count()

    def __init__(self, threads: int = 8, waiting: int = 1000):
        self.threads, self.waiting, self._closed = threads, waiting, False
        renewed(self)

    def renew(self) -> None:
        self._calls, self._names, self._running, self._changed = deque(), set(), 0, threading.Condition()

    def submit(self, function: Callable, *arguments, name=None) -> bool:
        """Run it soon. False: too many wait already, this is closed, or a call of that name has not ended yet."""
        call = (name, function, arguments)
        with self._changed:
            if self._closed or name in self._names or len(self._calls) >= self.waiting:
                return False
            if name is not None:
                self._names.add(name)
            self._calls.append(call)
            if self._running == self.threads:
                return True
            self._running += 1
        try:
            threading.Thread(target=self._work, daemon=True, name="redislab-background").start()
        except RuntimeError:  # this machine has no thread left, or this process is ending
            with self._changed:
                self._running -= 1
                self._names.discard(name)
                self._calls = deque(waiting for waiting in self._calls if waiting is not call)
            return False
        return True

    def close(self, timeout: float = 5.0) -> None:
        """Forget what waits, and wait for what is under way, for `timeout` seconds at most."""
        with self._changed:
            self._closed = True
            self._calls.clear()
            self._changed.wait_for(lambda: not self._running, timeout)

    def __contains__(self, name) -> bool:
        return name in self._names

    def _work(self) -> None:
        name = None
        while call := self._next(done=name):
            name, function, arguments = call
            with contextlib.suppress(Exception):  # no caller waits for it, and the next call tries again
                function(*arguments)

    def _next(self, done):
        with self._changed:
            self._names.discard(done)
            if self._calls:
                return self._calls.popleft()
            self._running -= 1
            self._changed.notify_all()
            return None
