"""For work that no caller waits for: a few threads that come and go with the work."""

import threading
from collections import deque
from collections.abc import Callable


class Background:
    """Runs calls on at most `threads` threads, in the order in which they were submitted.

    Unlike concurrent.futures' executors it says no when too much waits already, keeps no idle thread, and its threads
    are daemons: a call that hangs does not keep the interpreter from ending. What a call raises is lost.

    Args:
        waiting: how many calls may wait for a thread.
    """

    def __init__(self, threads: int = 8, waiting: int = 1000):
        self.threads, self.waiting = threads, waiting
        self._calls, self._running, self._closed = deque(), 0, False
        self._changed = threading.Condition()

    def submit(self, function: Callable, *arguments) -> bool:
        """Run it soon. False: too many wait already, or this is closed."""
        with self._changed:
            if self._closed or len(self._calls) >= self.waiting:
                return False
            self._calls.append((function, arguments))
            if self._running == self.threads:
                return True
            self._running += 1
        threading.Thread(target=self._work, daemon=True, name="redislab-background").start()
        return True

    def close(self, timeout: float = 5.0) -> None:
        """Forget what waits, and wait for what is under way, for `timeout` seconds at most."""
        with self._changed:
            self._closed = True
            self._calls.clear()
            self._changed.wait_for(lambda: not self._running, timeout)

    def _work(self) -> None:
        while call := self._next():
            function, arguments = call
            try:
                function(*arguments)
            except Exception:
                pass  # no caller waits for it, and the next call tries again

    def _next(self):
        with self._changed:
            if self._calls:
                return self._calls.popleft()
            self._running -= 1
            self._changed.notify_all()
            return None
