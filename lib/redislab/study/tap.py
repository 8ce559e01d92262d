"""A Watch for code that no one has seen before: it counts what all threads send, and stops a flood."""

import threading
from collections.abc import Callable

from redislab.bench import Watch

MOST_COMMANDS = 10_000  # for one requirement


class Tap(Watch):
    """Watches `client` in all threads, and calls `stop` with a sentence when too much is sent.

    Attributes:
        values: how many have come back: a list of five counts as five.
        before: called with each command before it is sent, in the thread that sends it: the moment to interfere.
    """

    def __init__(self, client, stop: Callable[[str], None]):
        self._stop, self._lock = stop, threading.Lock()
        self._commands = self.values = 0
        self.before: Callable = undisturbed
        super().__init__(client)

    def _send(self, commands) -> None:
        for command in commands:
            with self._lock:
                self._commands += 1
            if self._commands > MOST_COMMANDS:
                self._stop(f"It sent more than {MOST_COMMANDS:,} commands and was stopped: does a loop never pause?")
            self.before(command)
        super()._send(commands)

    def _reply(self, reply) -> None:
        with self._lock:
            self.values += _size(reply)
        super()._reply(reply)


def undisturbed(command) -> None:
    """The usual `before`."""


def _size(reply) -> int:
    if isinstance(reply, dict):
        reply = [*reply, *reply.values()]
    return sum(map(_size, reply)) if isinstance(reply, (list, tuple, set)) else 1
