"""One schedule of a race, carried out step by step."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from redislab.bench.race_ground import EVERYTHING, Ground
from redislab.bench.race_turns import Killed, StuckError, Turn
from redislab.errors import RaceError

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVW"  # x is an expiry
UNLIKE = (
    "ran differently this time. A client has to decide by its replies alone, not by what another one left in Python; "
    "and a TTL has to be some seconds, so that it does not really end while a schedule runs."
)


@dataclass
class Step:
    """One step of a schedule.

    Attributes:
        turn: as in a schedule: "A", "A!", "A?", "x".
        sent, replies: the commands, as tuples of words, and what came back.
        footprint: the keys and rows that it touched; EVERYTHING if that is not known.
        last: whether its client has ended with it.
    """

    turn: str
    sent: tuple = ()
    replies: list = field(default_factory=list)
    footprint: frozenset | None = frozenset()
    last: bool = False

    def depends_on(self, other: Step) -> bool:
        """Whether the order of the two may matter. A key expires before the last client has ended, or not at all."""
        ends = (self.last and other.turn[0] == "x") or (other.last and self.turn[0] == "x")
        return ends or self.turn[0] == other.turn[0] or meet(self.footprint, other.footprint)


def meet(one: frozenset | None, other: frozenset | None) -> bool:
    """Whether two footprints have anything in common."""
    return one is EVERYTHING or other is EVERYTHING or not one.isdisjoint(other)


@dataclass
class Played:
    """A schedule that was carried out.

    Attributes:
        turns: the schedule, a string.
        steps: what happened.
        returned: what each client returned; the exception that it raised, or None if it died.
        states: what the watched keys and rows held, at the beginning and after each step, as dicts; empty in a search.
        trouble: which expectation is broken, in a sentence; "" if none is.
        waiting: what each client that has not ended is about to do, by its letter.
        choices: the turns that may come next.
    """

    turns: str
    steps: list[Step]
    returned: list
    states: list[dict]
    trouble: str
    waiting: dict
    choices: list[str]


class Execution:
    """One schedule under way, from a fresh start. Use it with `with`: at its end no client is left."""

    def __init__(self, race, ground: Ground):
        self.race, self.ground, self.steps, self.clock, self.used, self.news = race, ground, [], 0.0, set(), True
        ground.reset(race.commands)
        random.seed(0)
        if callable(race.given):
            self._prepare(Turn("given", race.given, ground.arguments(race.given, client=ground.redis)))
        self.clients, self.turns = ground.clients(len(race.functions), **race.options), {}
        for letter, function, client in zip(LETTERS, race.functions, self.clients, strict=False):
            self.turns[letter] = Turn(letter, function, ground.arguments(function, client=client))

    @staticmethod
    def _prepare(given: Turn) -> None:
        """Under the clients' clock, without a stop."""
        given.connects = True
        given.start()
        while not given.over:
            given.go()
        if given.error:
            raise given.error

    def __enter__(self) -> Execution:
        try:
            for turn in self.turns.values():
                self.ground.running = turn.letter
                turn.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        for turn, client in zip(self.turns.values(), self.clients, strict=True):
            turn.die()
            if turn.watched or turn.spoils:  # its connection is of no use to the next one
                client.connection_pool.disconnect()
                client.connection_pool.reset()
                if client.connection:  # the pool does not know it any more
                    client.connection.disconnect()

    @property
    def over(self) -> bool:
        return all(turn.over for turn in self.turns.values())

    def choices(self) -> list[str]:
        """The turns that may come next; none at the end, or where a client waits for what will never come."""
        live = [turn for turn in self.turns.values() if not turn.over]
        ready = [turn for turn in live if not turn.waits] or live
        if not self.news and all(turn.waits for turn in ready):  # only looks that saw nothing: time passes
            ready = sorted(ready, key=lambda turn: turn.clock)[:1]
        found = [turn.letter for turn in ready]
        if "!" not in self.used:
            found += [f"{turn.letter}!" for turn in live if self.race.may_die(turn.letter)]
        if "?" not in self.used:
            found += [f"{turn.letter}?" for turn in ready if self.race.may_be_lost(turn.next)]
        if live:
            keys = self.race.expires.items()
            found += [name for name, key in keys if name not in self.used and self.ground.mortal(key)]
        return found

    def take(self, name: str) -> Step:
        """Carry out one turn.

        Raises:
            RaceError: that turn cannot come now.
        """
        self.ground.beats += 1
        if self.ground.stopped:
            raise Killed
        turn = self.turns.get(name[0])
        if (turn is None or turn.over) and name[0] != "x":
            raise RaceError(f"After {self.name or 'the start'} there is no turn {name!r}: {name[0]} {UNLIKE}")
        if name[0] == "x":
            step = self._expire(name)
        elif name.endswith("!"):
            self.used.add("!")
            self.turns[name[0]].die()
            step = Step(name, last=True)
        else:
            step = self._go(name, self.turns[name[0]])
        self.steps.append(step)
        return step

    def _expire(self, name: str) -> Step:
        self.used.add(name)
        key = self.race.expires[name]
        self.ground.expire(key)
        self._wake()
        return Step(name, (("EXPIRES", key),), [], frozenset([key]))

    def _go(self, name: str, turn: Turn) -> Step:
        turn.by_time, slept = turn.waits, turn.clock > self.clock
        if slept:
            self._pass_time(turn.clock)
        touched = set(turn.watched)
        if name.endswith("?"):
            self.used.add("?")
        self.ground.running = turn.letter
        turn.go(lose=name.endswith("?"))
        if any(each.listens for each in self.turns.values()):
            self.ground.redis.ping()  # when this is answered, every message before it has been delivered
        self.news = turn.saw()
        if self.news:
            self._wake(but=turn)
        footprint = self.ground.footprint(turn.sent)
        if turn.sent and turn.sent[-1][0] in ("EXEC", "UNWATCH", "DISCARD"):
            turn.watched.clear()
            if footprint is not EVERYTHING and turn.sent[-1][0] == "EXEC":
                footprint |= touched
        if slept or turn.waits or not turn.sent:  # time passes for every key, and a wait ends with any step of another
            footprint = EVERYTHING
        return Step(name, turn.sent, turn.replies, footprint, turn.over)

    def _pass_time(self, now: float) -> None:
        """It is `now` for every key and every client."""
        self.ground.age(now - self.clock)
        self.clock = now
        for turn in self.turns.values():
            turn.clock = max(turn.clock, now)

    def _wake(self, but: Turn | None = None) -> None:
        for turn in self.turns.values():
            if turn is not but:
                turn.wake()

    @property
    def name(self) -> str:
        return " ".join(step.turn for step in self.steps)

    def returned(self) -> list:
        return [turn.error or turn.value for turn in self.turns.values()]

    def trouble(self) -> str:
        """What is wrong at the end."""
        for turn in self.turns.values():
            who = self.race.names[turn.letter]
            if isinstance(turn.error, StuckError):
                return f"{who} {turn.error}"
            if turn.error is not None and turn.error is not turn.lost:
                return f"{who} raised {type(turn.error).__name__}: {turn.error}"
            if not turn.over and not self.race.may_wait:
                return f"{who} was not done after {len(self.steps)} steps"
        return self.race.judge(self.ground, self.returned())
