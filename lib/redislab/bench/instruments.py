"""Instruments that wrap a client from outside; the code that is measured knows nothing of them."""

import hashlib
import threading
import time
from typing import NamedTuple

import redis

from redislab import lua
from redislab.bench.commands import apart


class Command(NamedTuple):
    """One command as it was sent, the reply to it, and in which round trip, counted from 1.

    `reply` is short, and None where it was nil or did not come.
    """

    text: str
    reply: str | None
    trip: int


class Noted(threading.local):
    """Of one thread, since it was asked last: what it sent, in how many round trips, and the seconds and bytes of its sockets."""

    def __init__(self):
        self.sent, self.trips, self.spent, self.moved = [], 0, 0.0, (0, 0)


class Watch:
    """Notes what the current thread sends through `client`, and how long it waits for the socket.

        with watch(client) as sent:
            users.get(42)
        sent.table

    Without `with` it stays on; `take()` then gives what was sent since the last call, thread by thread.
    """

    def __init__(self, client):
        self._noted = Noted()
        self.commands: list[Command] = []
        nodes = client.get_nodes() if hasattr(client, "get_nodes") else []
        clients = [node.redis_connection for node in nodes] or [client]
        self._pools = [each.connection_pool for each in clients]
        self._plain = [pool.connection_class for pool in self._pools]
        for pool, plain in zip(self._pools, self._plain, strict=True):
            _rewire(pool, _watched(plain, self))

    def __enter__(self) -> "Watch":
        self.take()
        return self

    def __exit__(self, *_) -> None:
        self.commands = self.take()
        self.close()

    def close(self) -> None:
        """Take the instrument off again."""
        for pool, plain in zip(self._pools, self._plain, strict=True):
            _rewire(pool, plain)

    def take(self) -> list[Command]:
        """The current thread's commands since the last call."""
        sent = [Command(text, reply, trip) for text, reply, _, trip in self._noted.sent]
        self._noted.sent, self._noted.trips = [], 0
        return sent

    def first(self, name: str) -> Command | None:
        """Of the current thread's commands since the last call, the first one of that name."""
        return next((command for command in self.take() if command.text.split(" ", 1)[0] == name), None)

    def socket_seconds(self) -> float:
        """How long the current thread has spent in its sockets since the last call."""
        spent, self._noted.spent = self._noted.spent, 0.0
        return spent

    def socket_bytes(self) -> tuple[int, int]:
        """How many bytes the current thread has sent and received since the last call."""
        moved, self._noted.moved = self._noted.moved, (0, 0)
        return moved

    @property
    def round_trips(self) -> int:
        return max((command.trip for command in self.commands), default=0)

    @property
    def table(self):
        """A row a command (pandas): the round trip, what was sent, what came back."""
        import pandas as pd

        return pd.DataFrame(self.commands).rename(columns={"text": "command", "trip": "round trip"})

    def _send(self, commands) -> None:
        self._noted.trips += 1
        self._noted.sent.extend([in_words(command), None, True, self._noted.trips] for command in commands)

    def _reply(self, reply) -> None:
        """Replies come in the order of the commands."""
        for entry in self._noted.sent:
            if entry[2]:
                entry[1], entry[2] = None if reply is None else in_short(reply), False
                return

    def _spend(self, seconds: float) -> None:
        self._noted.spent += seconds

    def _move(self, sent: int = 0, received: int = 0) -> None:
        before = self._noted.moved
        self._noted.moved = before[0] + sent, before[1] + received


watch = Watch  # as one says it: `with watch(client) as sent: …`


class Work(NamedTuple):
    """What the server has done so far for some commands: how often, and for how many µs of its own time."""

    calls: int
    usec: int

    def __sub__(self, earlier: "Work") -> "Work":
        return Work(self.calls - earlier.calls, self.usec - earlier.usec)


def commandstats(client, *names: str) -> Work:
    """The server's own count of these commands, all together (INFO commandstats)."""
    stats = client.info("commandstats")
    found = [stats[f"cmdstat_{name.lower()}"] for name in names if f"cmdstat_{name.lower()}" in stats]
    return Work(sum(each["calls"] for each in found), sum(each["usec"] for each in found))


def in_words(command) -> str:
    """The command in words: scripts by their file's name, long arguments cut."""
    words = [in_short(part) for word in command for part in (word.split(" ") if word == "SCRIPT LOAD" else [word])]
    if words[0] == "EVALSHA":
        words[1] = lua.NAMES.get(str(command[1]), words[1])
    elif words[:2] == ["SCRIPT", "LOAD"]:
        words[2] = lua.NAMES.get(hashlib.sha1(str(command[-1]).encode()).hexdigest(), words[2])
    return " ".join(words)


def in_short(value) -> str:
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _rewire(pool, connection_class) -> None:
    pool.disconnect()
    pool.connection_class = connection_class
    pool.reset()


def _watched(plain: type, watch: Watch) -> type:
    """A connection like `plain` that tells `watch` what passes through it."""

    class Watched(apart(plain)):
        def send_command(self, *arguments, **options):
            if not self.greeting:  # that is not what the learner sent
                watch._send([arguments])
            return super().send_command(*arguments, **options)

        def pack_commands(self, commands):
            commands = list(commands)
            watch._send(commands)
            return super().pack_commands(commands)

        def read_response(self, *arguments, **options):
            if self.greeting:
                return super().read_response(*arguments, **options)
            try:
                reply = super().read_response(*arguments, **options)
            except redis.ResponseError as refusal:
                watch._reply(f"error: {refusal}")
                raise
            watch._reply(reply)
            return reply

        def _connect(self):
            return _ClockedSocket(super()._connect(), watch)

    return Watched


class _ClockedSocket:
    """Adds up time and bytes of the calls that a request waits for; everything else is the socket's."""

    def __init__(self, sock, watch: Watch):
        self._sock, self._watch = sock, watch

    def sendall(self, data, *arguments):
        self._watch._move(sent=len(data))
        return self._clocked(self._sock.sendall, data, *arguments)

    def recv_into(self, *arguments):
        received = self._clocked(self._sock.recv_into, *arguments)
        self._watch._move(received=received)
        return received

    def recv(self, *arguments):
        data = self._clocked(self._sock.recv, *arguments)
        self._watch._move(received=len(data))
        return data

    def _clocked(self, call, *arguments):
        began = time.perf_counter()
        try:
            return call(*arguments)
        finally:
            self._watch._spend(time.perf_counter() - began)

    def __getattr__(self, name):
        return getattr(self._sock, name)
