"""Clients that stop before each of their steps: greenlets of one thread, so that going on costs a microsecond.

A step is what goes over a connection in one go (a command, a pipeline, a transaction, a script) or one call of a table.
A client that sleeps, or that asks the same again and again, waits: the others go first.
"""

import functools
import inspect
import random
from contextlib import suppress

import greenlet
import redis

from redislab.errors import DatabaseError, RaceError

REPEATS = 3  # times that a client may see the same, before it waits for the others
POLL = 0.01  # s that pass between two looks of a client that never sleeps


class Killed(BaseException):
    """The client's process dies here."""


class RefusedError(BaseException):
    """A client's code asks for what a race cannot give, as a sentence; no `except Exception` hides it."""


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
        listens, spoils: whether it has subscribed; whether its connection is of no use to the next one.
        connects: whether it may make a connection now.
        value, error: what its function returned or raised.
    """

    def __init__(self, letter: str, function, arguments):
        super().__init__()
        self.letter, self._function, self._arguments = letter, function, arguments
        self.next, self.sent, self.replies = (), (), []
        self.over = self.waits = self.killed = self._same_step = self.by_time = False
        self.listens = self.spoils = self.connects = False
        self.clock, self.watched, self.value, self.error, self.lost = 0.0, set(), None, None, None
        self._awaited, self._loses, self._seen, self._slept = 0, False, {}, False

    def run(self):
        try:
            self.value = self._function(*self._arguments)
            if inspect.isawaitable(self.value) or inspect.isgenerator(self.value) or inspect.isasyncgen(self.value):
                getattr(self.value, "close", bool)()  # lest it be said that it was never awaited
                raise RefusedError(
                    "returns a coroutine or a generator, of which nothing has run: give a plain function"
                )
        except Killed:
            self.killed = True
        except RefusedError as refused:
            raise RaceError(f"{self.letter} {refused}.") from None
        except (Exception, SystemExit) as error:
            self.error = error
        finally:
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
        if self:  # has begun, and has not ended
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
        name, *keys = commands[0]
        if name == "WATCH":
            self.watched.update(keys)
        elif name == "MULTI" and len(commands) == 1:
            self.spoils = True

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
