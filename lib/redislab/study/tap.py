"""A Watch for code that nobody has seen before: it counts what all threads send, and knows when to stop."""

import threading
from collections.abc import Callable

from redislab.bench import Watch

MOST_COMMANDS = 10_000  # for one requirement
MOST_BYTES = 64_000_000
KEYLESS = frozenset(
    "ASKING AUTH CLIENT CLUSTER COMMAND DISCARD ECHO EXEC HELLO INFO MULTI PING READONLY SCAN SCRIPT SELECT TIME UNWATCH".split()
)
SCRIPTS = ("EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO")
MANY = frozenset("DEL EXISTS MGET SDIFF SINTER SUNION SDIFFSTORE SINTERSTORE SUNIONSTORE TOUCH UNLINK WATCH".split())
COUNTED = frozenset("SINTERCARD ZDIFF ZINTER ZINTERCARD ZUNION".split())  # how many keys, then the keys


class Tap(Watch):
    """Watches `client` for all threads, and calls `stop` with a sentence at a flood, or at a key that is not ours.

    Args:
        prefix: every key that is touched has to begin with it; a command that has no key, such as FLUSHALL or KEYS,
            is taken for one that touches all of them.
        seen: called with the name of each key when it is first named, before it is sent.

    Attributes:
        names: the keys so far.
        values: how many have come back: a list of five counts as five.
        before: called with each command before it is sent, on the sender's thread: the moment for a nuisance.
    """

    def __init__(self, client, prefix: str, stop: Callable, seen: Callable):
        self._prefix, self._stop, self._seen = f"{prefix}:", stop, seen
        self._sum = threading.Lock()
        self.names: dict[str, None] = {}
        self.calm()
        super().__init__(client)

    def on(self, client) -> "Tap":
        """Another one, on another client, under the same rules."""
        return Tap(client, self._prefix.removesuffix(":"), self._stop, self._seen)

    def calm(self) -> None:
        """Count from 0 again, and do without a nuisance."""
        self._commands = self._bytes = self.values = 0
        self.before: Callable = lambda command: None

    def note(self, key: str) -> None:
        """Have `key` among the names."""
        if key not in self.names:
            self.names[key] = None
            self._seen(key)

    def _send(self, commands) -> None:
        for command in commands:
            self._look(command)
            self.before(command)
        super()._send(commands)

    def _reply(self, reply) -> None:
        with self._sum:
            self.values += _size(reply)
        super()._reply(reply)

    def _look(self, command) -> None:
        with self._sum:
            self._commands += 1
            self._bytes += sum(len(part) for part in command if isinstance(part, (str, bytes)))
            if self._commands > MOST_COMMANDS:
                self._stop(f"It sent more than {MOST_COMMANDS:,} commands and was stopped: does a loop never pause?")
            if self._bytes > MOST_BYTES:
                self._stop(f"It sent more than {MOST_BYTES / 1e6:.0f} MB and was stopped.")
            for key in keys_of(command):
                if not key.startswith(self._prefix):
                    self._stop(
                        f"It was stopped at {' '.join([str(command[0]), key]).strip()}, which is not about a key of "
                        "this check: take every key from `keys`, such as keys.user(id)."
                    )
                self.note(key)


def keys_of(command) -> list[str]:
    """The keys that a command names; [""] where it names none but may concern all."""
    name, *rest = [part.decode(errors="replace") if isinstance(part, bytes) else str(part) for part in command]
    name = name.split()[0].upper()
    if name in KEYLESS:
        return []
    if name in SCRIPTS:
        return rest[2 : 2 + int(rest[1])]
    if name in COUNTED:
        return rest[1 : 1 + int(rest[0])]
    return rest if name in MANY else rest[:1] or [""]


def _size(reply) -> int:
    if isinstance(reply, dict):
        reply = [*reply, *reply.values()]
    return sum(map(_size, reply)) if isinstance(reply, (list, tuple, set)) else 1
