"""Rate limiters: each has `allow(subject) -> Decision` and `at_most(seconds)`, so that a comparison is a loop.

What they share: one script, one key a subject, one round trip, and the server's clock.
"""

import math
from abc import ABC, abstractmethod
from typing import NamedTuple

from redis.exceptions import NoScriptError

from redislab.keys.numbers import EXACT, whole, within
from redislab.keys.permits import need
from redislab.keys.replies import suited, text
from redislab.lua import script


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

    Attributes:
        source: of the script.
        kind: of the limiter; with the numbers and the name it makes the rule, which is part of each key.

    Args:
        numbers: the script's arguments before the time: how many, and µs.
        name: what is limited, such as "login"; limiters of one name and the same numbers count together.
        clock: seconds, such as `time.time`, instead of the server's own time; for tests, and for seeing what goes wrong.

    Raises:
        ValueError: nothing could ever be admitted, numbers would no longer be exact, or the user may not use a command of the script.
    """

    source = kind = ""

    def __init__(self, client, keys, numbers: tuple[int, int], name: str, clock):
        if numbers[0] * numbers[1] >= EXACT:
            raise ValueError(
                f"{numbers[0]} times {numbers[1]} µs is more than Lua counts exactly. Choose fewer, or less time."
            )
        self.client, self.keys, self.clock = suited(client), keys, clock
        self.rule = "-".join((self.kind, *map(str, numbers), *([str(text(name))] if name else [])))
        if clock is None:
            need(client, self.key, self.source)
        self._script, self._numbers = client.register_script(self.source), numbers

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

    def __init__(self, client, keys, *, limit: int, window: float, name: str = "", clock=None):
        self.limit, self.window = whole("limit", limit), within("window", window, "seconds", 0.001, 10**9)
        self._length = round(1e6 * window)
        super().__init__(client, keys, (self.limit, self._length), name, clock)


class FixedWindow(Windowed):
    """So many requests in each window of the clock: 100 from 12:00 to 12:01, and another 100 from 12:01.

        limiter = FixedWindow(client, keys, limit=100, window=60)
        if not limiter.allow(user_id):
            ...  # 429

    It costs least: a counter of about 100 bytes a subject, gone within a window of its end, and one round trip.

    Warning: a burst on the boundary takes the end of one window and the beginning of the next, twice the limit in no
    time at all. `SlidingLog` admits no more than the limit in any window, wherever it begins; `SlidingCounter` and
    `TokenBucket` admit no second burst.

    Args:
        limit: requests in a window.
        window: seconds; windows begin at its multiples since 1970, by the clock of the server.
        name: what is limited, such as "login"; it is part of the key, as are limit and window.
    """

    kind, source = "fixed", script("refuse", "fixed_window")

    def at_most(self, seconds):
        return self.limit * (1 + -(-round(1e6 * seconds) // self._length))


class SlidingCounter(Windowed):
    """Admits a request while the window that ends now is *estimated* to hold fewer than the limit:

        estimate = previous · (1 − e) + current

    with e the part of the current window of the clock that has gone by, as if the previous one's requests had come
    evenly (J. Desgats, "How we built rate limiting capable of scaling to millions of domains", Cloudflare, 2017).

        limiter = SlidingCounter(client, keys, limit=100, window=60)

    It costs three small numbers a subject, about 120 bytes, whatever the limit, and one round trip.

    Warning: requests seldom come evenly. After a burst at a window's end it forgets too early, and lets requests
    through at the pace of limit/window; after one at a window's beginning it remembers too long. What it does promise:
    never more than the limit in a window of the clock, and limit · (1 + seconds/window) in any seconds, as a token
    bucket does. So the boundary allows no second burst. `SlidingLog` is exact.

    Args:
        limit: requests in a window.
        window: seconds; the clock's windows begin at its multiples since 1970.
        name: what is limited, such as "login"; it is part of the key, as are limit and window.
    """

    kind, source = "counter", script("refuse", "sliding_counter")

    def at_most(self, seconds):
        return self.limit + -(-self.limit * round(1e6 * seconds) // self._length)


class SlidingLog(Windowed):
    """Never more than the limit in any window, wherever it begins: the only one of the four that is exact.

        limiter = SlidingLog(client, keys, limit=100, window=60)

    It costs most: a member of a sorted set for each admission of the last window, about 40 bytes each, 120 once there
    are more than 128 of them; and one round trip, in which the server takes O(log limit) and forgets what is older.
    `SlidingCounter` knows nearly as much from three numbers.

    Args:
        limit: requests in a window.
        window: seconds.
        name: what is limited, such as "login"; it is part of the key, as are limit and window.
    """

    kind, source = "log", script("refuse", "sliding_log")

    def at_most(self, seconds):
        return self.limit * -(-round(1e6 * seconds) // self._length)


class TokenBucket(Limiter):
    """A request takes a token from a bucket that holds so many and is refilled at a steady pace.

        limiter = TokenBucket(client, keys, capacity=100, rate=10)  # a hundred at once, then ten a second

    The bucket is a single number, the time at which it will be full again; each request moves that time on by 1/rate
    (the virtual scheduling of the generic cell rate algorithm, ITU-T I.371). It costs about 70 bytes a subject, gone
    as soon as the bucket is full, and one round trip.

    Warning: in a window of w seconds it admits up to capacity + rate · w, which for a bucket that refills in just
    that window is twice its capacity. To say "at most 100 in any minute", use `SlidingLog`.

    Args:
        capacity: requests that may come at once.
        rate: tokens a second, up to a million; a token takes 1/rate seconds, rounded up to whole µs.
        name: what is limited, such as "login"; it is part of the key, as are capacity and rate.

    Raises:
        ValueError: the bucket could never hold a token, or would never get one back.
    """

    kind, source = "bucket", script("refuse", "token_bucket")

    def __init__(self, client, keys, *, capacity: int, rate: float, name: str = "", clock=None):
        within("rate", rate, "tokens a second", 1e-6, 10**6)
        self.capacity, self.rate, self._token = whole("capacity", capacity), rate, math.ceil(1e6 / rate)
        super().__init__(client, keys, (self.capacity, self._token), name, clock)

    def at_most(self, seconds):
        return self.capacity + round(1e6 * seconds) // self._token
