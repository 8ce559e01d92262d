"""What an exercise is checked with: a real server, a counted table, and trouble at the worst moment."""

import json
import threading
import time
from collections.abc import Callable

from redislab.keys import KeyNamespace

NEARLY = 0.1  # of a TTL
PATIENCE = 3.0  # s for something that takes milliseconds


def requirement(says: str, hint: int):
    """Mark a method of an Exercise as a requirement: it takes a Scene and returns (met or not, what was seen)."""

    def mark(method):
        method.says, method.hint = says, hint
        return method

    return mark


class Exercise:
    """Requirements, tried in the order of the class, each on a Scene of its own.

    Attributes:
        name: the exercise's, and its text's, `exercises/NAME.md`.
        kills: whether it needs a server that may be killed.
    """

    name = ""
    kills = False

    @classmethod
    def requirements(cls) -> list[Callable]:
        return [member for member in vars(cls).values() if hasattr(member, "says")]


class Source:
    """The users' table, with its calls counted, and with moments at which a check may step in.

    Attributes:
        finds, saves: how often it was called.
        before_find: called with the number of the call, from 1, before the table is read.
        before_commit, after_commit: called with the number of the save.
    """

    kind = "user"

    def __init__(self, table):
        self._table, self._lock = table, threading.Lock()
        self.finds = self.saves = 0
        self.before_find = self.before_commit = self.after_commit = lambda number: None
        self._originals: dict = {}

    def find(self, id) -> dict | None:
        with self._lock:
            self.finds += 1
            number = self.finds
        self.before_find(number)
        return self._table.find(id)

    def save(self, id, record) -> int:
        with self._lock:
            self.saves += 1
            number = self.saves
            if id not in self._originals:
                self._originals[id] = self._table.find(id)
        self.before_commit(number)
        version = self._table.save(id, record)
        self.after_commit(number)
        return version

    def row(self, id) -> dict | None:
        """What is in the table, uncounted."""
        return self._table.find(id)

    def restore(self) -> None:
        """The rows as they were, but for their versions."""
        for id, record in self._originals.items():
            self._table.save(id, record)


class Call(threading.Thread):
    """One call under way in a thread of its own; `result()` waits for it, and raises what it raised."""

    def __init__(self, function: Callable, *arguments):
        super().__init__(daemon=True)
        self._function, self._arguments, self._value, self._failure = function, arguments, None, None
        self.seconds = None
        self.start()

    def run(self) -> None:
        began = time.perf_counter()
        try:
            self._value = self._function(*self._arguments)
        except BaseException as failure:  # whoever asks for the result gets it
            self._failure = failure
        self.seconds = time.perf_counter() - began

    def done(self, within: float) -> bool:
        self.join(within)
        return not self.is_alive()

    def result(self):
        self.join()
        if self._failure:
            raise self._failure
        return self._value


class Scene:
    """Where one requirement is tried.

    Attributes:
        keys, source, client: what the learner's function is given; the client is tapped.
        database: what the source stands on, with its added latency and failures.
        server: a client for looking, untapped.
        private: a server that may be killed, or None.
    """

    def __init__(self, function, prefix: str, tap, client, lab, database, private=None):
        self.function, self.tap, self.client, self.server = function, tap, client, lab.redis
        self.keys, self.source = KeyNamespace(prefix), Source(database.users)
        self.database, self.private = database, private

    def call(self, id, *rest):
        return self.function(self.client, self.source, self.keys, id, *rest)

    def begin(self, id, *rest) -> Call:
        return Call(self.call, id, *rest)

    def together(self, count: int, id) -> tuple[list, list[float]]:
        """`count` calls in as many threads, at the same moment: what each returned, and how many seconds it took."""
        barrier = threading.Barrier(count)

        def join_in():
            barrier.wait()
            began = time.perf_counter()
            return self.call(id), time.perf_counter() - began

        values, seconds = zip(*[call.result() for call in [Call(join_in) for _ in range(count)]], strict=True)
        return list(values), list(seconds)

    def sent(self) -> tuple[int, int]:
        """How many commands this thread has sent since it was last asked, and in how many round trips."""
        commands = self.tap.take()
        return len(commands), max((command.trip for command in commands), default=0)

    def store(self, id, record, ms: int) -> None:
        """Have `record` in the cache, with so many ms left."""
        self.tap.note(self.keys.user(id))
        self.server.set(self.keys.user(id), json.dumps(record), px=ms)

    def stored(self, id) -> dict | str | None:
        """What is in the cache, as JSON or as it stands."""
        text = self.server.get(self.keys.user(id))
        try:
            return text and json.loads(text)
        except ValueError:
            return text

    def kept(self) -> list[str]:
        """The keys of this scene that exist now."""
        own = [name for name in list(self.tap.names) if name.startswith(f"{self.keys.prefix}:")]
        return [name for name in own if self.server.exists(name)]

    def beside(self, id) -> list[str]:
        """Those but for the entry: locks, guards."""
        return [name for name in self.kept() if name != self.keys.user(id)]

    def left(self, key: str) -> float:
        """Seconds until `key` ends; -1 never, -2 it is not there."""
        ms = self.server.pttl(key)
        return ms / 1000 if ms >= 0 else ms


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
