"""What an exercise is checked with: a real server, and trouble at the worst moment."""

import itertools
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from redislab.keys import KeyNamespace

NEARLY = 0.1  # of a TTL
PATIENCE = 3.0  # s for something that takes milliseconds
MOST_MOMENTS = 50  # of one call at which a check steps in


def requirement(says: str, hint: int):
    """Mark a method of an Exercise as a requirement: it takes a Scene and returns (met or not, what was seen)."""

    def mark(method):
        method.says, method.hint = says, hint
        return method

    return mark


class Call(threading.Thread):
    """One call under way in a thread of its own; `result()` waits for it, and raises what it raised."""

    def __init__(self, function: Callable, *arguments):
        super().__init__(daemon=True)
        self._function, self._arguments, self._value, self._failure = function, arguments, None, None
        self.start()

    def run(self) -> None:
        try:
            self._value = self._function(*self._arguments)
        except BaseException as failure:  # whoever asks for the result gets it
            self._failure = failure

    def done(self, within: float) -> bool:
        self.join(within)
        return not self.is_alive()

    def result(self):
        self.join()
        if self._failure:
            raise self._failure
        return self._value


class Sent(NamedTuple):
    """What went over the wire: commands, in how many round trips, and how many values came back."""

    commands: int
    trips: int
    values: int


class Killed(BaseException):
    """The process dies here; no `except Exception` notices."""


class Scene:
    """Where one requirement is tried.

    Attributes:
        keys, client: what the learner's function is given; the client is tapped.
        server: a client for looking, untapped.
        private: a server that may be killed, or None.
    """

    def __init__(self, function, prefix: str, tap, client, lab, private=None):
        self.function, self.tap, self.client, self.server = function, tap, client, lab.redis
        self.keys, self.lab, self.private = KeyNamespace(prefix), lab, private

    def call(self, *arguments):
        return self.function(self.client, self.keys, *arguments)

    def begin(self, *arguments) -> Call:
        return Call(self.call, *arguments)

    def together(self, count: int, *arguments) -> tuple[list, list[float]]:
        """`count` calls in as many threads, at the same moment: what each returned, and how many seconds it took."""
        barrier = threading.Barrier(count)

        def join_in():
            barrier.wait()
            began = time.perf_counter()
            return self.call(*arguments), time.perf_counter() - began

        values, seconds = zip(*[call.result() for call in [Call(join_in) for _ in range(count)]], strict=True)
        return list(values), list(seconds)

    def moments(self, act: Callable[[], None]):
        """Calls to be made one after the other: `act()` comes just before the first command of the first, and so on.

        The last one has no such command any more, and nothing happens in it.
        """
        for number in range(MOST_MOMENTS):
            moment = Moment(self, number, act)
            yield moment
            if not moment.came:
                return

    def deaths(self):
        """Moments at which the process dies: nothing more is sent, by a `finally` neither."""
        return self.moments(_die)

    def round_trips(self) -> list[list[list[str]]]:
        """What this thread has sent since it was last asked: round trips of commands of words, long words cut."""
        trips = itertools.groupby(self.tap.take(), key=lambda command: command.trip)
        return [[command.text.split() for command in commands] for _, commands in trips]

    def sent(self) -> Sent:
        """What this thread has sent, and all have got, since it was last asked."""
        commands, values, self.tap.values = self.tap.take(), self.tap.values, 0
        return Sent(len(commands), max((command.trip for command in commands), default=0), values)

    def cost(self, *arguments) -> Sent:
        """What a call sends when it is not the first: scripts are loaded by then."""
        self.call(*arguments)
        self.sent()
        self.call(*arguments)
        return self.sent()

    def note(self, *keys: str) -> None:
        """These keys are going to be made: have them gone when all is over."""
        for key in keys:
            self.tap.note(key)

    def kept(self) -> list[str]:
        """The keys of this scene that exist now."""
        own = [name for name in list(self.tap.names) if name.startswith(f"{self.keys.prefix}:")]
        return [name for name in own if self.server.exists(name)]

    def forget(self) -> None:
        """Let all keys that have been named end now."""
        if names := list(self.tap.names):
            self.server.delete(*names)

    def left(self, key: str) -> float:
        """Seconds until `key` ends; -1 never, -2 it is not there."""
        ms = self.server.pttl(key)
        return ms / 1000 if ms >= 0 else ms

    def close(self) -> None:
        """Leave things as they were."""
        self.tap.calm()


class OwnServer(Scene):
    """A scene on the private server, where that can be had: nobody else's keys are there, and nobody is disturbed."""

    def __init__(self, function, prefix: str, tap, client, lab, private=None):
        if private is not None:
            client = private.client()
            tap = tap.on(client)
        super().__init__(function, prefix, tap, client, lab, private)
        if private is not None:
            self.server = private.client()

    def close(self) -> None:
        super().close()
        if self.private is not None:
            self.server.flushall()


class Moment:
    """A call in which something happens just before a certain command. Called with the function's own arguments.

    Attributes:
        came: whether the call came that far.
    """

    def __init__(self, scene: Scene, number: int, act: Callable[[], None]):
        self._scene, self._number, self._act = scene, number, act
        self._sent, self.came = itertools.count(), False

    def __call__(self, *arguments):
        self._scene.tap.before = self._before
        try:
            return self._scene.call(*arguments)
        except Killed:
            return None
        finally:
            self._scene.tap.before = lambda command: None

    def _before(self, command) -> None:
        number = next(self._sent)
        if number == self._number or (number > self._number and self._act is _die):
            self.came = True
            self._act()


def _die() -> None:
    raise Killed


class Exercise:
    """Requirements, tried in the order of the class, each on a Scene of its own.

    Attributes:
        name: the exercise's, and its text's, `exercises/NAME.md`.
        scene: where a requirement is tried, and so what the function is given.
        kills: whether it needs a server that may be killed.
    """

    name = ""
    scene = Scene
    kills = False

    @classmethod
    def requirements(cls) -> list[Callable]:
        return [member for member in vars(cls).values() if hasattr(member, "says")]


def count(number: int, one: str) -> str:
    """A number of things: "1 query", "3 queries"."""
    more = f"{one[:-1]}ies" if one.endswith("ry") else f"{one}s"
    return f"{number} {one if number == 1 else more}"


def near(seconds: float, wanted: float) -> bool:
    return abs(seconds - wanted) <= NEARLY * wanted


def life(seconds: float) -> str:
    """A time left in words."""
    return {-1: "for ever", -2: "not at all"}.get(seconds, f"for {seconds:.3g} s")


def eventually(wanted: Callable, patience: float = PATIENCE):
    """Ask until `wanted()` is true or patience ends; its last answer."""
    deadline = time.monotonic() + patience
    while not (answer := wanted()) and time.monotonic() < deadline:
        time.sleep(0.005)
    return answer
