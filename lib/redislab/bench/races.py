"""Races: every schedule of a few clients, one step at a time, on a real server.

    def add_one(client):
        client.set("likes", int(client.get("likes")) + 1)

    race = races(add_one, add_one, given={"likes": 0}, expect={"likes": 2}, otherwise="lose an update")
    race.failing        # ["A B A B", "A B B A", …]
    race.replay("A B A B")

A schedule is a string of turns: "A" is the first client's next step, "A!" its death before that step, "A?" that step
with its reply lost, "x" the expiry of the key that may expire ("x2" of the second one).
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter

from redislab.bench.race_ground import Ground, check_parameters, ground_of
from redislab.bench.race_guard import guarded
from redislab.bench.race_run import LETTERS, Execution, Played
from redislab.bench.race_search import Found, follow, search
from redislab.bench.race_table import table
from redislab.world import start

LIMIT = 5000  # schedules
MOST_STEPS = 100  # of one schedule
WRITES = {str: "SET", int: "SET", float: "SET", bytes: "SET", dict: "HSET", list: "RPUSH", tuple: "RPUSH", set: "SADD"}


class Race:
    """A race of clients: functions that take a client, and by name keys, users, products or orders, if they want.

        races(add_one, add_one, given={"likes": 0}, expect={"likes": 2}, otherwise="lose an update")

    Each schedule begins with the same keys on a private server, and with the same rows in a private database. A client
    goes on alone until it stands before its next step: a command, a pipeline, a transaction, a script, or a call of a
    table. `time.sleep` does not sleep, but lets the others go first; so does asking the same again and again. If all
    wait, time passes: the TTL of each key grows shorter by what was slept. Choose TTLs of some seconds, which do not
    really end while a schedule runs. A script is known by its KEYS, and what the clients share in Python is not seen:
    name all keys, and share keys and rows only.

    Args:
        given: keys and their values, as a dict, or a function that writes them (and rows) with a client.
        expect: keys and the values they are to have at the end (None: not there), or a function of client, tables,
            `returned` (what each client returned): it returns whether all is well, or a sentence about what is not.
        otherwise: what schedules do that break it: "lose an update".
        dies: clients, by function or letter, that may die before any of their steps; True: any of them, one at most.
        expires: keys that may expire at any moment at which they have a TTL; each of them once.
        loses: commands whose reply may be lost, once: carried out, but the client gets a TimeoutError.
        title: by which a notebook knows it again.
        limit, most_steps: bounds of the search: schedules that are run, and steps of one.
        may_wait: whether all is well although a client still waits after `most_steps`.
        prune: False also tries orders that only swap steps with nothing in common.
        lab: where the private server is made, that of `start()` if none is given; or a Ground, to run on that.
        options: of the clients, such as `protocol=3` or `decode_responses=False`.

    Raises:
        ValueError: a function asks for what a race cannot give, or there is none.
    """

    def __init__(
        self,
        *functions,
        given=None,
        expect=None,
        otherwise: str = "break the expectation",
        dies=False,
        expires=(),
        loses=(),
        title: str = "",
        limit: int = LIMIT,
        most_steps: int = MOST_STEPS,
        may_wait: bool = False,
        prune: bool = True,
        lab=None,
        **options,
    ):
        if not 1 <= len(functions) <= len(LETTERS) or not all(map(callable, functions)):
            raise ValueError("Give one to 23 functions that each take a client, such as races(add_one, add_one).")
        for function in (*functions, *filter(callable, (given,))):
            check_parameters(function)
        if callable(expect):
            check_parameters(expect, "returned")
        if options.get("db") and (isinstance(given, dict) or isinstance(expect, dict)):
            raise ValueError(
                "given and expect are of database 0. With another one, give functions that write and look."
            )
        self.functions, self.given, self.expect, self.otherwise = functions, given, expect, otherwise
        self.names = {letter: name_of(function) for letter, function in zip(LETTERS, functions, strict=False)}
        counts = Counter(self.names.values())
        self.title = title or ", ".join(f"{name} ×{count}" if count > 1 else name for name, count in counts.items())
        self.commands = [] if callable(given) else [written(key, value) for key, value in (given or {}).items()]
        keys = [expires] if isinstance(expires, str) else expires
        self.expires = {f"x{number}" if number > 1 else "x": key for number, key in enumerate(keys, 1)}
        self.limit, self.most_steps, self.may_wait = limit, most_steps, may_wait
        self.prune, self.options = prune, options
        self._loses = {loses.upper()} if isinstance(loses, str) else {name.upper() for name in loses}
        self._mortal = self._letters(dies)
        self._lab = lab

    def _letters(self, dies) -> set[str]:
        if isinstance(dies, bool):
            return set(self.names) if dies else set()
        wanted = {dies} if callable(dies) or isinstance(dies, str) else set(dies)
        clients = zip(self.names, self.functions, strict=True)
        found = {letter for letter, function in clients if letter in wanted or function in wanted}
        if not found:
            raise ValueError(f"dies={dies!r} is none of the clients. Give one of the functions, or its letter.")
        return found

    # What one schedule may contain

    def turns(self) -> list[str]:
        """Every turn that a schedule may contain."""
        dead = [f"{letter}!" for letter in self.names if self.may_die(letter)]
        lost = [f"{letter}?" for letter in self.names if self._loses]
        return [*self.names, *dead, *lost, *self.expires]

    def may_die(self, letter: str) -> bool:
        return letter in self._mortal

    def may_be_lost(self, commands) -> bool:
        """Whether the reply to these commands may be lost; redis-py sends INCR as INCRBY."""
        sent = {str(word).upper() for words in commands for word in words[:2]} if self._loses else set()
        return bool(self._loses & (sent | {word.removesuffix("BY") for word in sent}))

    def judge(self, ground: Ground, returned: list) -> str:
        """What is wrong at the end of a schedule, in a sentence; "" if nothing is."""
        if callable(self.expect):
            answer = self.expect(*ground.arguments(self.expect, client=ground.redis, returned=returned))
            if isinstance(answer, str) or answer is None:
                return answer or ""
            return "" if answer else f"{name_of(self.expect).replace('_', ' ')}: no"
        wrong = [(key, ground.value(key, value), value) for key, value in (self.expect or {}).items()]
        return "; ".join(
            f"{key} is {'gone' if held is None else held}, expected {'nothing' if value is None else value}"
            for key, held, value in wrong
            if plain(held) != plain(value)
        )

    # Running

    @property
    def ground(self) -> Ground:
        return self._lab if isinstance(self._lab, Ground) else ground_of(self._lab or start())

    def replay(self, schedule: str | None = None) -> Played:
        """Carry out a schedule, or its beginning, and look at everything after each step. The default is the shortest
        that breaks the expectation.

        Raises:
            RaceError: it cannot be carried out.
        """
        names = (self.shortest or self.first if schedule is None else schedule).split()
        return self._guarded(self._play, names)

    def _play(self, ground: Ground, names: list[str]) -> Played:
        with Execution(self, ground) as execution:
            states, seen = [ground.look(())], set()
            for name in names:
                step = execution.take(name)
                seen |= step.footprint or ground.footprint(step.sent) or set()
                states.append(ground.look(seen))
            over, choices = execution.over, execution.choices()
            waiting = {turn.letter: turn.next for turn in execution.turns.values() if not turn.over}
            trouble = execution.trouble() if over or not choices or len(names) >= self.most_steps else ""
            steps, returned = execution.steps, execution.returned()
        return Played(" ".join(names), steps, returned, states, trouble, waiting, choices)

    def _guarded(self, work, *arguments):
        ground = self.ground
        return guarded(ground, self, lambda: work(ground, *arguments))

    def search(self) -> Found:
        """Try every schedule."""
        return self._guarded(functools.partial(search, self))

    @functools.cached_property
    def found(self) -> Found:
        """What the search has found."""
        return self.search()

    @property
    def schedules(self) -> int:
        return self.found.schedules

    @property
    def exhaustive(self) -> bool:
        return not self.found.bound

    @property
    def failing(self) -> list[str]:
        """The schedules that break the expectation, the shortest and least entangled first."""
        return sorted(self.found.failing, key=lambda name: (len(name.split()), switches(name), name))

    @property
    def shortest(self) -> str | None:
        return next(iter(self.failing), None)

    @property
    def safe(self) -> bool:
        """Whether no schedule breaks the expectation, and all were tried."""
        return self.exhaustive and not self.found.failing

    @property
    def first(self) -> str:
        """The clients one after the other."""
        return self._guarded(self._first)

    def _first(self, ground: Ground) -> str:
        with Execution(self, ground) as execution:
            follow(execution, [])
            return execution.name

    @property
    def summary(self) -> str:
        """How many schedules break the expectation, in a sentence, and how many were tried."""
        found = self.found
        many = "none" if not found.failed else f"{found.failed:,}"
        verb = self.otherwise
        if found.failed < 2:
            word, *rest = verb.split(" ", 1)
            verb = " ".join([word + ("es" if word.endswith(("s", "sh", "ch", "x")) else "s"), *rest])
        said = f"{many} of {found.schedules:,} schedule{'s' * (found.schedules != 1)} {verb}"
        ran = f"{found.tried:,} {'was' if found.tried == 1 else 'were'} run"
        more = f" {ran}; the rest only swap steps that share no key and no row." * (found.pruned > 0)
        return f"{said[0].upper()}{said[1:]}.{more} {found.bound}".strip()

    def __repr__(self) -> str:
        played = self.replay() if self.failing else None
        return self.summary + (f"\n\n{table(self, played)}" if played else "")


races = Race  # as one says it where a race is made


def name_of(function) -> str:
    function = getattr(function, "func", function)
    return getattr(function, "__name__", type(function).__name__)


def written(key: str, value) -> tuple:
    """The command that writes a value of this Python type.

    Raises:
        ValueError: there is none.
    """
    command = WRITES.get(type(value))
    if command is None:
        raise ValueError(
            f"{value!r} cannot be written to {key}. Give a function that writes it: given=lambda client: …"
        )
    if command == "SET":
        return (command, key, value)
    parts = [part for pair in value.items() for part in pair] if isinstance(value, dict) else list(value)
    return (command, key, *parts)


def plain(value):
    """A value without the difference between 1, "1" and b"1"."""
    if isinstance(value, dict):
        return {plain(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, (set, frozenset)):
        return {plain(each) for each in value}
    return value if value is None else value.decode() if isinstance(value, bytes) else str(value)


def switches(schedule: str) -> int:
    """How often the turn goes from one client to another."""
    turns = [turn[0] for turn in schedule.split()]
    return sum(one != other for one, other in itertools.pairwise(turns))
