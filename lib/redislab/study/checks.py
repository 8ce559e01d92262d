"""How an exercise is checked: each requirement on a real, empty server, and what is about a race in every schedule."""

import functools
import itertools
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import NamedTuple

from redislab.bench.race_ground import Ground
from redislab.bench.race_table import in_a_line
from redislab.bench.races import name_of, races
from redislab.keys import KeyNamespace
from redislab.study.tap import Tap

NEARLY = 0.1  # of a TTL
PATIENCE = 3.0  # s for something that takes milliseconds


def requirement(says: str, hint: int, whenever: Callable | None = None, given: Callable | None = None):
    """Mark a method of an Exercise as a requirement: it takes a CheckContext and returns (met or not, what was seen).

    With `whenever` it is a race, and has to be met after every schedule of a call with the exercise's `arguments` and of
    `whenever(context, client)`, another client; or of `die`, where the call may end before any of its steps; or of `expire`,
    where the keys that have a TTL may expire before any of them. `given(context)` prepares each schedule.
    """

    def mark(method):
        check = in_every_schedule(method, whenever, given) if whenever else method
        check.says, check.hint = says, hint
        return check

    return mark


def in_every_schedule(method: Callable, whenever: Callable, given: Callable | None) -> Callable:
    @functools.wraps(method)
    def check(exercise, context):
        def expect():
            met, seen = method(exercise, context)
            return "" if met else seen

        call, options = context.client_of(*exercise.arguments), {"given": given, "expect": expect}
        if whenever is die:
            return no_schedule_breaks(context.race(call, dies=True, **options))
        if whenever is expire:
            return no_schedule_breaks(context.race(call, expires=context.keys_of(call, given), **options))
        return no_schedule_breaks(context.race(call, functools.partial(whenever, context), **options))

    return check


class Sent(NamedTuple):
    """What went over the wire: commands, in how many round trips, and how many values came back."""

    commands: int
    trips: int
    values: int


class CheckContext:
    """Where one requirement is checked: on a server that belongs to this check, and is empty.

    Attributes:
        keys, client: what the learner's function is given; `tap` counts what this client sends.
        redis: a client for looking, which nothing counts.
        server: may be flushed, stalled and killed.
        lab: that server and, if the exercise needs one, a database of this check's own.
        each_schedule: called where a schedule of a race begins.
    """

    each_schedule = staticmethod(bool)

    def __init__(self, function, lab, prefix: str, stop: Callable[[str], None]):
        self.function, self.lab, self.server = function, lab, lab.server
        if not self.server.alive:  # the requirement before this one killed it, or the learner did
            self.server.restart()
        self.keys, self.redis, self.client = KeyNamespace(prefix), lab.client(), lab.client()
        self.empty()
        self.tap = Tap(self.client, stop)
        self.client.ping()  # so that no handshake is among the commands that are counted
        self.sent()

    def prepare(self) -> None:
        """Put on the empty server what a call is to find."""

    def call(self, *arguments):
        """Call the learner's function."""
        return self.function(self.client, self.keys, *arguments)

    def begin(self, *arguments) -> Future:
        """Call the learner's function in a thread of its own."""
        return begin(self.call, *arguments)

    def together(self, count: int, *arguments) -> list[float]:
        """`count` calls in as many threads, simultaneously: how many seconds each took."""
        barrier = threading.Barrier(count)

        def join_in():
            barrier.wait()
            began = time.perf_counter()
            self.call(*arguments)
            return time.perf_counter() - began

        calls = [begin(join_in) for _ in range(count)]
        return [call.result() for call in calls]

    def trips(self, *arguments) -> list[list[list[str]]]:
        """The round trips of a call."""
        self.call(*arguments)
        return self.round_trips()

    def client_of(self, *arguments) -> Callable:
        """The learner's function with these arguments, as a client of a race."""

        def call(client):
            return self.function(client, self.keys, *arguments)

        call.__name__ = name_of(self.function)
        return call

    def race(self, *clients, given: Callable | None = None, **options):
        """The race of these clients on this server, with rows of its own; `given(context)` prepares each schedule."""

        def prepare(client):
            self.prepare()
            if given:
                given(self)

        return races(*clients, given=prepare, lab=self.ground, **options)

    def keys_of(self, call: Callable, given: Callable | None = None) -> list[str]:
        """The keys that are there before or after some step of this call."""
        states = self.race(call, given=given).replay().states
        return sorted({name for state in states for name in state if isinstance(name, str)})

    def round_trips(self) -> list[list[list[str]]]:
        """What this thread has sent since the last call: round trips of commands of words, long words cut."""
        trips = itertools.groupby(self.tap.take(), key=lambda command: command.trip)
        return [[command.text.split() for command in commands] for _, commands in trips]

    def sent(self) -> Sent:
        """What this thread has sent, and all threads have received, since the last call."""
        commands, values, self.tap.values = self.tap.take(), self.tap.values, 0
        return Sent(len(commands), max((command.trip for command in commands), default=0), values)

    def cost(self, *arguments) -> Sent:
        """What a second call sends: scripts are loaded by then."""
        self.call(*arguments)
        self.sent()
        self.call(*arguments)
        return self.sent()

    def names(self) -> list[str]:
        """The keys that exist now, sorted."""
        return sorted(self.redis.scan_iter())

    def empty(self) -> None:
        """Remove all keys."""
        self.redis.flushall()

    def reset(self) -> None:
        self.empty()
        self.prepare()

    def left(self, key: str) -> float:
        """Seconds until `key` expires; -1 never, -2 it does not exist."""
        ms = self.redis.pttl(key)
        return ms / 1000 if ms >= 0 else ms

    @functools.cached_property
    def ground(self):
        """Where races of this check run."""
        made = Ground(self.server)
        made.on_reset = self.each_schedule
        return made

    def close(self) -> None:
        """End the threads that the function has left running, before they send another command."""
        self.tap.before = sys.exit  # which a thread does without a word
        if "ground" in vars(self):
            self.ground.close()


def no_schedule_breaks(race) -> tuple[bool, str]:
    """Whether no schedule of a race breaks its expectation; and how many there are, or the shortest that does."""
    if not race.failing:
        told = f"in none of {count(race.schedules, 'schedule')}", race.found.bound
        return race.exhaustive, ". ".join(filter(None, told))
    played = race.replay()
    many = f"{race.found.failed:,} of {count(race.schedules, 'schedule')}"
    return False, f"{played.trouble}, in {many}. The shortest: {in_a_line(played)}"


class Exercise:
    """Requirements, checked in the order of the class, each in a CheckContext of its own.

    Attributes:
        name: the exercise's, and its text's: `NAME.md`, beside it.
        context: the class of the context, which decides what the function is given.
        arguments: of the calls in which something comes between.
        database: whether the check needs one.
        nodes: of the cluster on which it is checked; 0: on a single server.
    """

    name = ""
    context = CheckContext
    arguments = ()
    database = False
    nodes = 0

    @classmethod
    def requirements(cls) -> list[Callable]:
        return [member for member in vars(cls).values() if hasattr(member, "says")]


def die(context, client) -> None:
    """The process ends between two steps; see `requirement`."""


def expire(context, client) -> None:
    """A key expires between two steps; see `requirement`."""


def begin(function: Callable, *arguments) -> Future:
    """Call it in a thread of its own."""
    return ThreadPoolExecutor(1).submit(function, *arguments)


def done(call: Future, within: float) -> bool:
    """Whether it returns, or raises, within so many seconds."""
    return bool(wait([call], within).done)


def count(number: int, one: str) -> str:
    """A number of things: "1 query", "3 queries"."""
    more = f"{one[:-1]}ies" if one.endswith("ry") else f"{one}s"
    return f"{number} {one if number == 1 else more}"


def near(seconds: float, wanted: float) -> bool:
    return abs(seconds - wanted) <= NEARLY * wanted


def life(seconds: float) -> str:
    """A time left in words."""
    return {-1: "for ever", -2: "not at all"}.get(seconds, f"for {seconds:.3g} s")


def lives(seconds) -> str:
    """Several of them."""
    return " and ".join(map(life, seconds))
