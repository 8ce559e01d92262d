"""Clients that stop before each of their steps: greenlets of one thread, so that going on costs a microsecond.

A step is what goes over a connection in one go (a command, a pipeline, a transaction, a script) or one call of a table.
A client that sleeps, or that asks the same again and again, waits: the others go first.
"""

import functools
import os
import random
import time
from contextlib import contextmanager, suppress
from unittest import mock

import greenlet
import redis
from redis.connection import Connection

from redislab.errors import DatabaseError

QUIET = {
    "SCRIPT",
    "CLIENT",
    "HELLO",
    "AUTH",
    "SELECT",
    "COMMAND",
    "READONLY",
    "INFO",
    "TIME",
}  # they are about the connection, or about the server: no steps
BLOCKING = {  # where the timeout stands among the words
    "BLPOP": -1, "BRPOP": -1, "BZPOPMIN": -1, "BZPOPMAX": -1, "BRPOPLPUSH": -1, "BLMOVE": -1, "BLMPOP": 1, "BZMPOP": 1,
}  # fmt: skip
MOMENT = 0.001  # s that a blocking command really blocks
REPEATS = 3  # times that a client may see the same, before it waits for the others
STARTED = 1_800_000_000.0  # s, when every schedule begins
POLL = 0.01  # s that pass between two looks of a client that never sleeps


class Killed(BaseException):
    """The client's process dies here."""


class StuckError(Exception):
    """A client waits for what no other client will ever do."""


def current() -> "Turn | None":
    """The client whose code is running; None outside of a race."""
    here = greenlet.getcurrent()
    return here if type(here) is Turn else None


class Turn(greenlet.greenlet):
    """One client. `start` brings it to its first step; `go` lets it take the step that it stands before.

    Attributes:
        next: the commands of the step that it stands before, () for a mere wait; None when it is `over`.
        sent, replies: of its latest step.
        waits: whether the others go first.
        clock: seconds that have passed for it, of those that it slept.
        watched: keys that it has under WATCH.
        value, error: what its function returned or raised.
    """

    def __init__(self, letter: str, function, arguments):
        super().__init__()
        self.letter, self._function, self._arguments = letter, function, arguments
        self.next, self.sent, self.replies = (), (), []
        self.over = self.waits = self.killed = self._same_step = self.by_time = self.listens = False
        self.clock, self.watched, self.value, self.error, self.lost = 0.0, set(), None, None, None
        self._awaited, self._loses, self._seen, self._slept = 0, False, {}, False

    def run(self):
        try:
            self.value = self._function(*self._arguments)
        except Killed:
            self.killed = True
        except Exception as error:
            self.error = error
        self.next, self.over = None, True

    def start(self) -> None:
        """Run to the first step."""
        self.switch()
        self.waits = self._slept and not self.over

    @functools.cached_property
    def random(self) -> random.Random:
        return random.Random(self.letter)

    def go(self, lose: bool = False) -> None:
        """Take the step, and run on to the next one. With `lose` it is carried out, and the client gets a TimeoutError."""
        self._loses, self.waits, self._slept = lose, False, False
        self.sent, self.replies = self.next, []
        self.switch()
        self.waits = self._slept and not self.over

    def saw(self) -> bool:
        """Note what the latest step saw; whether it is new, since another client last did something new."""
        key = repr((self.sent, self.replies))
        times = self._seen[key] = self._seen.get(key, 0) + 1
        if times >= REPEATS and not self.over:
            self.waits = True
            if not self._slept:
                self.clock += POLL
        return times == 1

    def wake(self) -> None:
        """Another client did something new."""
        self.waits = False
        self._seen.clear()

    def die(self) -> None:
        self.killed = True
        if not self.over:
            self.throw(Killed)

    # What its own code calls

    def pause(self, commands) -> None:
        """Stand before a step until it is this client's turn."""
        if self.killed:
            raise Killed
        if self._same_step:
            self._same_step = False
            return
        self.next = commands
        self.parent.switch()

    def sleep(self, seconds: float) -> None:
        """Wait before the next step; a second time without a step between is a step of its own."""
        if self._slept or self.killed:
            self.pause(())
        self.clock, self._slept = self.clock + max(0.0, seconds), True

    def send(self, commands) -> None:
        """Stand before these commands, and expect their replies."""
        self.pause(commands)
        self._awaited = len(commands)
        for name, *keys in commands:
            if name == "WATCH":
                self.watched.update(keys)

    def take(self, read, arguments, options):
        """Read a reply, and note it if it is one of the step's."""
        if not self._awaited:
            return read(*arguments, **options)
        self._awaited -= 1
        try:
            reply = read(*arguments, **options)
        except redis.exceptions.NoScriptError:
            self._same_step = True  # the client loads the script, and sends it again
            raise
        except redis.ResponseError as refusal:
            self.replies.append(refusal)
            if not self._loses:
                raise
        else:
            self.replies.append(reply)
        if self._loses:
            self._lose(read, arguments, options)
        return reply

    def _lose(self, read, arguments, options) -> None:
        while self._awaited:
            self._awaited -= 1
            with suppress(redis.ResponseError):
                self.replies.append(read(*arguments, **options))
        self._loses, self.lost = False, redis.TimeoutError("The reply was lost.")
        raise self.lost

    def call(self, what: tuple, function, *arguments):
        """A call of a table, as one step."""
        self.pause((what,))
        value = function(*arguments)
        self.replies.append(value)
        if self._loses:
            self._loses, self.lost = False, DatabaseError("The database's answer was lost. Was the row committed?")
            raise self.lost
        return value


class SteppedConnection(Connection):
    """A connection whose client stops before it sends."""

    _greeting = _listening = False
    _blocked = ()

    def on_connect_check_health(self, *arguments, **options):
        self._greeting = True
        try:
            super().on_connect_check_health(*arguments, **options)
        finally:
            self._greeting = False

    def send_command(self, *words, **options):
        turn = None if self._greeting else current()
        if turn is not None and words[0].split(" ")[0] not in QUIET:
            if (
                turn.killed and words[0] == "UNWATCH"
            ):  # redis-py cleans up; it may not send, and need not try again later
                self.disconnect()
                raise redis.ConnectionError
            turn.send((words,))
            self._blocked = ()
            if words[0] in ("SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"):
                turn.listens = self._listening = True
            if self._listening:
                turn._awaited = 0  # what comes back comes as messages do
            if wait := blocking(words):
                self._blocked, words = (words, *wait), wait[0]
        super().send_command(*words, **options)

    def pack_commands(self, commands):
        commands, turn = list(commands), None if self._greeting else current()
        if turn is not None and not all(words[0].split(" ")[0] in QUIET for words in commands):
            turn.send(tuple(commands))
        return super().pack_commands(commands)

    def read_response(self, *arguments, **options):
        turn = None if self._greeting else current()
        if turn is None:
            return super().read_response(*arguments, **options)
        if self._listening and not turn._awaited and not self.can_read(None):
            raise StuckError("waits for ever for a message")
        read = super().read_response
        reply = turn.take(read, arguments, options)
        while self._blocked and reply is None:
            words, short, timeout = self._blocked
            turn.sleep(0)
            turn.pause((words,))
            if turn.by_time and not timeout:
                raise StuckError(f"waits for ever in {words[0]}")
            if turn.by_time:
                turn.clock += timeout
                turn.replies.append(None)
                break
            turn._awaited = 1
            super().send_command(*short)
            reply = turn.take(read, arguments, options)
        self._blocked = ()
        return reply

    def can_read(self, timeout=0):
        turn = current()
        if turn is None or not self._listening:
            return super().can_read(timeout)
        turn.pause((("LISTEN",),))
        while not (found := super().can_read(0)) and not turn.by_time:
            turn.sleep(timeout or 0)
            turn.pause((("LISTEN",),))
        return found


def blocking(words) -> tuple | None:
    """Of a blocking command: the same for a mere moment, and its timeout in s; None of any other."""
    if (place := BLOCKING.get(words[0])) is not None:
        timeout = float(words[place])
        short = MOMENT
    elif words[0] in ("XREAD", "XREADGROUP") and b"BLOCK" in words:
        place = words.index(b"BLOCK") + 1
        timeout, short = int(words[place]) / 1000, 1
    else:
        return None
    changed = list(words)
    changed[place] = short
    return tuple(changed), timeout


class SteppedTable:
    """A table of which each call is a step of its client."""

    def __init__(self, table, name: str, touched: set):
        self._table, self._name, self._touched, self.kind = table, name, touched, table.kind

    def find(self, id):
        return self._step("SELECT", (id,), self._table.find, id)

    def save(self, id, record):
        return self._step("UPDATE", (id,), self._table.save, id, record)

    def save_many(self, records):
        records = list(records)
        return self._step("UPDATE", tuple(record["id"] for record in records), self._table.save_many, records)

    def versions(self, least: int = 0):
        return self._step("SCAN", None, self._table.versions, least)

    def _step(self, name: str, ids, function, *arguments):
        if name == "UPDATE":
            self._touched.update((self._name, id) for id in ids)
        turn = current()
        if turn is None:
            return function(*arguments)
        return turn.call(("TABLE", name, self._name, ids), function, *arguments)


@contextmanager
def own_time(started: float = STARTED):
    """While this lasts, a client's clock goes on only while it sleeps, and its random numbers are the same in each run."""
    real = {name: getattr(time, name) for name in ("sleep", "time", "monotonic", "perf_counter")}
    entropy, state = os.urandom, random.getstate()

    def sleep(seconds):
        turn = current()
        real["sleep"](seconds) if turn is None else turn.sleep(seconds)

    def clock(name):
        ask = real[name]

        def now():  # redis-py asks several times a command
            here = greenlet.getcurrent()
            return started + here.clock if type(here) is Turn else ask()

        return now

    def urandom(size):
        turn = current()
        return entropy(size) if turn is None else turn.random.randbytes(size)

    clocks = {name: clock(name) for name in real if name != "sleep"}
    nanoseconds = {f"{name}_ns": lambda now=now: int(1e9 * now()) for name, now in clocks.items()}
    try:
        with (
            mock.patch.multiple(time, sleep=sleep, **clocks, **nanoseconds),
            mock.patch("os.urandom", urandom),
            mock.patch("random._urandom", urandom),
        ):
            yield
    finally:
        random.setstate(state)
