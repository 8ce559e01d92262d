"""What is made for a while, and closed together."""

import contextlib
import threading


class Owned:
    """What an experiment or a lab has made: closed with it, the last made first.

    A thread that is late may still make something while the rest is being closed, or afterwards; that is closed at once.
    """

    def __init__(self):
        self.made = []
        self._stack, self._lock, self._closed = contextlib.ExitStack(), threading.Lock(), False

    def __reduce__(self):
        return Owned, ()  # what is held here does not travel to another process

    def add(self, resource, close=None) -> bool:
        """Have `resource.close`, or `close`, called at the end. False: the end is over, and it has just been called."""
        close = close or resource.close
        with self._lock:
            if not self._closed:
                self.made.append(resource)
                self._stack.callback(close)
                return True
        close()
        return False

    def close(self) -> None:
        with self._lock:
            self._closed = True
        self._stack.close()
