"""Section 2.2: rate limits, and a burst that finds out what they promise."""

import itertools
import math
import secrets
import time
from bisect import bisect_right
from collections import deque
from typing import NamedTuple

from traitlets import observe

from redislab.bench import Chart, Line, Networked, choice, number
from redislab.keys import KeyNamespace
from redislab.modeling import (
    FixedWindow,
    ModuleFixedWindow,
    ModuleSlidingScript,
    ModuleSlidingWindow,
    ModuleTokenBucket,
    SlidingCounter,
    SlidingLog,
    TokenBucket,
)

FIXED, LOG, COUNTER, BUCKET = "fixed window", "sliding log", "sliding counter", "token bucket"
MODULE_FIXED, MODULE_SLIDING = "module: fixed window", "module: sliding window"
MODULE_LUA, MODULE_BUCKET = "module: sliding window in Lua", "module: token bucket"
OURS = {FIXED: FixedWindow, LOG: SlidingLog, COUNTER: SlidingCounter, BUCKET: TokenBucket}
MODULES = {
    MODULE_FIXED: (ModuleFixedWindow, FIXED),  # and what it means to be
    MODULE_SLIDING: (ModuleSlidingWindow, LOG),
    MODULE_LUA: (ModuleSlidingScript, LOG),
    MODULE_BUCKET: (ModuleTokenBucket, BUCKET),
}
COMMANDS = {MODULE_FIXED: ("incr", "pexpire"), MODULE_SLIDING: ("zremrangebyscore", "zcard", "zadd", "pexpire")}
TICKS = {"1 µs": 1e-6, "1 ms": 1e-3, "16 ms": 16e-3}


class Request(NamedTuple):
    """When it was sent and answered, in seconds; which application it came from, 0 or 1; whether it was admitted."""

    sent: float
    done: float
    by: int
    admitted: bool


class Register:
    """The last requests, seen from outside.

    A request is decided somewhere between sent and answered. It is counted into a window only if both lie in it: what
    is found above a limit is so for certain, however slow the network is, or this machine.
    """

    def __init__(self):
        self._requests = deque()

    def add(self, request: Request) -> None:
        self._requests.append(request)

    def forget(self, before: float) -> None:
        while self._requests and self._requests[0].done < before:
            self._requests.popleft()

    def between(self, begin: float, end: float) -> list[Request]:
        """What was sent in that time."""
        return [request for request in list(self._requests) if begin <= request.sent < end]

    def most(self, length: float, since: float) -> int:
        """The most that were admitted in any `length` seconds that ended since then."""
        admitted = [request for request in list(self._requests) if request.admitted]
        sent = sorted(request.sent for request in admitted)
        done = sorted(request.done for request in admitted)
        ends = range(bisect_right(done, since), len(done))
        return max((end + 1 - bisect_right(sent, done[end] - length) for end in ends), default=0)


class RateLimitLab(Networked):
    """One user, two applications, and a burst of three times the limit in every third window; few requests in between.

    The burst is centred on a boundary of the clock's windows, or lies after it by a part of a window. Its requests come
    from both applications in turn, in salvos of as many as there are clients, within 0.2 s or a fifth of the window.
    The bucket holds the limit and is refilled in one window.
    """

    title = "Rate limits"
    claim = "Allow `limit` requests per hour"

    algorithm = choice(FIXED, [*OURS, *MODULES], label="Algorithm")
    limit = number(50, 10, 200, label="Limit", unit="requests", integer=True, log=True)
    window = number(1.0, 0.5, 5, label="Window", unit="s", log=True)
    position = number(0.0, 0, 100, label="Burst", unit="% into a window", step=5, help="0: on the boundary")
    threads = number(8, 1, 64, label="Clients at once", integer=True, log=True)
    rate = number(5.0, 5, 200, label="Between bursts", unit="/s", log=True)
    skew = number(
        0.0, -60, 60, label="Clock of application B", unit="s fast", step=1, help="ours ask Redis for the time"
    )
    tick = choice("1 µs", TICKS, label="Clocks tick every", help="both applications'; ours ask Redis for the time")

    charts = (
        Chart(
            "The last burst: admitted since a window before the boundary",
            (
                Line("all", "all", shape="hv"),
                Line("by_a", "application A's", shape="hv"),
                Line("by_b", "application B's", shape="hv"),
                Line("limits", "limit", "dot", "limit"),
                Line("boundary", "boundary", "dash", "added"),
            ),
            unit="requests",
            kind="xy",
            low=0,
            x_title="time from the boundary",
            wide=True,
        ),
        Chart(
            "Admitted in any one window",
            (
                Line("admitted", "measured"),
                Line("limit_now", "limit", "dot", "limit"),
                Line("promise", "what the algorithm promises", "dash", "predicted"),
            ),
            unit="requests",
            low=0,
        ),
        Chart(
            "Too many in one window, at worst",
            (Line("over", "above the limit"), Line("broken", "above the promise")),
            unit="requests",
            low=0,
        ),
        Chart(
            "Cost of a decision",
            (Line("p50", "client, p50"), Line("p99", "client, p99"), Line("server_ms", "server")),
            unit="ms",
            log_y=True,
        ),
    )
    presets = {
        "On the boundary": {"algorithm": FIXED, "position": 0.0, "threads": 8, "rtt": 0.0, "skew": 0.0, "tick": "1 µs"},
        "The same, by a log": {
            "algorithm": LOG,
            "position": 0.0,
            "threads": 8,
            "rtt": 0.0,
            "skew": 0.0,
            "tick": "1 µs",
        },
        "A race": {"algorithm": MODULE_SLIDING, "threads": 32, "rtt": 1.0, "skew": 0.0, "tick": "1 µs"},
        "A clock a minute fast": {"algorithm": MODULE_BUCKET, "rtt": 0.0, "skew": 60.0, "tick": "1 µs"},
        "Clocks of milliseconds": {"algorithm": MODULE_LUA, "threads": 32, "rtt": 0.0, "skew": 0.0, "tick": "1 ms"},
    }
    workers = 64
    span = 4.0
    EVERY, TIMES, POINTS = 3, 3, 100  # windows from burst to burst; the limit in one; points that a line may have
    limiters = ()

    def setup(self, lab):
        self.keys = KeyNamespace(f"{lab.prefix}:limits_{secrets.token_hex(3)}")
        self.subjects, self.turns, self.left = itertools.count(1), itertools.count(), 0
        self.inspector = lab.client()
        before, (seconds, micros) = time.time(), self.inspector.time()
        self.ahead = seconds + micros / 1e6 - (before + time.time()) / 2
        self.connect(lab.server, max_connections=self.workers)

    def teardown(self):
        super().teardown()
        self.forget()

    def forget(self):
        for limiter in self.limiters:
            self.inspector.unlink(limiter.key(self.subject))
        self.limiters = ()

    def connected(self):
        self.choose()

    @observe("algorithm", "limit", "window", "skew", "tick")
    def choose(self, _=None):
        """Another user, of whom nothing is known yet."""
        if self.client:
            self.forget()
            self.subject, self.seen = next(self.subjects), self.now()
            self.limiters = [self.build(self.algorithm, fast) for fast in (0.0, self.skew)]
            self.promised = self.build(self.kind, 0.0).at_most(self.window)
            self.asked = Register()
            self.scene = self.subject, self.limiters, self.asked

    @property
    def kind(self) -> str:
        """What the algorithm is, or means to be."""
        return MODULES.get(self.algorithm, (None, self.algorithm))[1]

    def build(self, algorithm, fast):
        numbers = {"limit": self.limit, "window": self.window}
        if algorithm in (BUCKET, MODULE_BUCKET):
            numbers = {"capacity": self.limit, "rate": self.limit / self.window}
        if algorithm in OURS:
            return OURS[algorithm](self.client, self.keys, **numbers)
        tick = TICKS[self.tick]
        clock = time.time if not fast and tick < 1e-5 else lambda: math.floor((time.time() + fast) / tick) * tick
        return MODULES[algorithm][0](self.client, self.keys, **numbers, clock=clock)

    def now(self) -> float:
        """The server's time."""
        return time.time() + self.ahead

    @property
    def length(self) -> float:
        """Seconds that a burst takes."""
        return min(0.2, self.window / 5)

    def burst(self, now: float) -> tuple[float, float]:
        """When the last burst began, and the boundary that it belongs to."""
        after, cycle = self.position / 100 * self.window - self.length / 2, self.EVERY * self.window
        boundary = (now - after) // cycle * cycle
        return boundary + after, boundary

    def gap(self, random):
        """Salvos within a burst; requests at random moments between two."""
        size = self.TIMES * self.limit
        if self.left:
            self.left -= 1
            return 0.0 if (size - self.left - 1) % self.threads else self.length * self.threads / size
        now, wait = self.now(), random.expovariate(self.rate)
        following = self.burst(now)[0] + self.EVERY * self.window
        if now + wait < following:
            return wait
        self.left = size - 1
        return following - now

    def request(self):
        subject, limiters, asked = self.scene
        by, sent = next(self.turns) % 2, self.now()
        admitted = bool(limiters[by].allow(subject))
        asked.add(Request(sent, self.now(), by, admitted))
        return ("decision", "admitted") if admitted else "decision"

    def sample(self, window):
        now, length, asked = self.now(), self.window, self.asked
        since, self.seen = self.seen, now
        asked.forget(now - (self.EVERY + 2) * length)
        boundary = self.burst(now)[1]
        burst = asked.between(boundary - length, boundary + length)
        worst = asked.most(length, now - self.EVERY * length)
        taken = sorted(1e3 * (each.done - each.sent) for each in asked.between(now - self.EVERY * length, now))
        return {
            **{name: self.steps(burst, boundary, by) for name, by in (("all", (0, 1)), ("by_a", (0,)), ("by_b", (1,)))},
            "limits": [(-length, self.limit), (length, self.limit)],
            "boundary": [(0, 0), (0, max(self.limit, sum(each.admitted for each in burst)))],
            "admitted": max(asked.most(length, since), self.trailing(now)),
            "limit_now": self.limit,
            "promise": self.promised,
            "over": max(0, worst - self.limit),
            "broken": max(0, worst - self.promised),
            "p50": taken[len(taken) // 2] if taken else None,
            "p99": taken[int(0.99 * len(taken))] if taken else None,
            "server_ms": self.server_ms(window),
            "worst": worst,
            "asked": [sum(each.by == by for each in burst) for by in (0, 1)],
            "let_in": [sum(each.admitted and each.by == by for each in burst) for by in (0, 1)],
        }

    def trailing(self, now: float) -> int:
        """Admitted in the window that ends now."""
        return sum(each.admitted for each in self.asked.between(now - self.window, now))

    def steps(self, burst, boundary, by) -> list:
        """How many were admitted until when, in at most so many points."""
        done = sorted(each.done - boundary for each in burst if each.admitted and each.by in by)
        points = [(-self.window, 0), *((when, count) for count, when in enumerate(done, 1))]
        return points[:: 1 + len(points) // self.POINTS] + points[-1:]

    def server_ms(self, window):
        """The server's own time for a decision, from INFO commandstats."""
        stats = self.inspector.info("commandstats")
        busy = sum(
            stats.get(f"cmdstat_{name}", {"usec": 0})["usec"] for name in COMMANDS.get(self.algorithm, ["evalsha"])
        )
        busy = window.growth(f"busy for {self.subject}", busy)
        decisions = window.growth(f"decisions on {self.subject}", window.total.tags["decision"])
        return busy / decisions / 1e3 if busy and decisions else None

    def sentence(self, values):
        if sum(values["asked"]) < self.limit or values["p50"] is None:
            return "Waiting for the first burst."
        return (
            f"Of {sum(values['asked'])} requests in the two windows around the last boundary {sum(values['let_in'])} were "
            f"admitted: {values['let_in'][0]} of application A, {values['let_in'][1]} of application B. At worst one window "
            f"of {self.window:g} s held {values['worst']}; the limit is {self.limit}. Half of the decisions took under "
            f"{values['p50']:.1f} ms."
        )

    def verdict(self, values):
        """On what the last burst was given, and what no window may hold."""
        if sum(values["asked"]) < self.limit:
            return None
        shares = [got / asked if asked else 1.0 for got, asked in zip(values["let_in"], values["asked"], strict=True)]
        if min(shares) < 0.1 * max(shares):
            shut, name = (0, "A") if shares[0] < shares[1] else (1, "B")
            return f"False: {values['let_in'][shut]} of {values['asked'][shut]} requests of application {name} were admitted"
        worst, promise = values["worst"], values["promise"]
        if values["broken"]:
            return f"False as built: {worst} within {self.window:g} s, where a {self.kind} promises {promise} at most"
        if values["over"]:
            return f"Not in any window: {worst} within {self.window:g} s. A {self.kind} promises {promise} at most, and that is kept"
        return f"True here: no {self.window:g} s held more than {worst}"
