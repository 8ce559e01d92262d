"""What the four limiters share: one script, one key a subject, one round trip, and the server's clock."""

from abc import ABC, abstractmethod
from typing import NamedTuple

from redis.exceptions import NoScriptError

from redislab.keys.numbers import EXACT, whole, within
from redislab.keys.permits import need


class Decision(NamedTuple):
    """What a limiter says; as a truth value, whether the request may pass.

    Attributes:
        allowed: whether it may.
        remaining: how many more of the subject's requests would be admitted right now.
        retry_after: seconds until one would be, if no other comes first; 0 if this one is. For HTTP's Retry-After
            round it up.
    """

    allowed: bool
    remaining: int
    retry_after: float

    def __bool__(self) -> bool:
        return self.allowed


class Limiter(ABC):
    """Calls a script with the subject's key, what the rule says, and the time.

    The script decides and counts in one step, so no number of clients at once gets more than one would. The time is
    the server's: however wrong the clocks of the applications are, there is one clock. While Redis does not answer,
    the client's error is raised; whether a request may pass then is for the caller to say. A server that evicts keys
    forgets subjects, who then begin from nothing. If its clock steps back, no subject is refused for longer than a window
    (a bucket's: until it would be full).

    Args:
        script: source of the script.
        kind: of the limiter; with the numbers and the name it makes the rule, which is part of each key.
        numbers: the script's arguments before the time: how many, and µs.
        name: what is limited, such as "login"; limiters of one name and the same numbers count together.
        clock: seconds, such as `time.time`, instead of the server's own time; for tests, and for seeing what goes wrong.

    Raises:
        ValueError: nothing could ever be admitted, numbers would no longer be exact, or the user may not use a command of the script.
    """

    def __init__(self, client, keys, script: str, kind: str, numbers: tuple[int, int], name: str = "", clock=None):
        if numbers[0] * numbers[1] >= EXACT:
            raise ValueError(
                f"{numbers[0]} times {numbers[1]} µs is more than Lua counts exactly. Choose fewer, or less time."
            )
        self.client, self.keys, self.clock = client, keys, clock
        self.rule = "-".join((kind, *map(str, numbers), *([name] if name else [])))
        if clock is None:
            need(client, self.key, script)
        self._script, self._numbers = client.register_script(script), numbers

    def allow(self, subject) -> Decision:
        """May this request of `subject` pass? If so, it is counted."""
        numbers = self._numbers if self.clock is None else (*self._numbers, round(1e6 * self.clock()))
        try:
            send = self.client.execute_command  # as the script object does, which costs some µs a call
            allowed, remaining, wait = send("EVALSHA", self._script.sha, 1, self.key(subject), *numbers)
        except NoScriptError:  # the server is new to it: the script object loads it
            allowed, remaining, wait = self._script([self.key(subject)], numbers)
        return Decision(allowed == 1, remaining, wait / 1e6)

    def key(self, subject) -> str:
        """Where it keeps what it knows of `subject`. The rule is in it: with other numbers, it counts from nothing."""
        return self.keys.limit(self.rule, subject)

    @abstractmethod
    def at_most(self, seconds: float) -> int:
        """The promise: how many requests of a subject it admits in any `seconds` at most (the last moment excluded)."""


class Windowed(Limiter):
    """A limiter of so many requests in so many seconds."""

    def __init__(self, client, keys, script: str, kind: str, limit: int, window: float, name: str = "", clock=None):
        self.limit, self.window = whole("limit", limit), within("window", window, "seconds", 0.001, 10**9)
        self._length = round(1e6 * window)
        super().__init__(client, keys, script, kind, (self.limit, self._length), name, clock)
