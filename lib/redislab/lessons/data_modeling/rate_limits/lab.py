"""Section 2.2: rate limits, and a burst that finds out what they promise."""

import itertools
import math
import secrets
import time
from bisect import bisect_right

from traitlets import observe

from redislab.bench import Chart, Line, Networked, choice, number
from redislab.keys import KeyNamespace
from redislab.lessons.data_modeling.rate_limits.register import Register, Request
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
MODULE_LUA, MODULE_BUCKET = "module: sliding, in Lua", "module: token bucket"
OURS = {FIXED: FixedWindow, LOG: SlidingLog, COUNTER: SlidingCounter, BUCKET: TokenBucket}
MODULES = {
    MODULE_FIXED: (ModuleFixedWindow, FIXED),  # and what it means to be
    MODULE_SLIDING: (ModuleSlidingWindow, LOG),
    MODULE_LUA: (ModuleSlidingScript, LOG),
    MODULE_BUCKET: (ModuleTokenBucket, BUCKET),
}
COMMANDS = {MODULE_FIXED: ("incr", "pexpire"), MODULE_SLIDING: ("zremrangebyscore", "zcard", "zadd", "pexpire")}
TICKS = {"1 µs": 1e-6, "1 ms": 1e-3, "16 ms": 16e-3}


class RateLimitLab(Networked):
    """One user, two applications, and a burst of three times the limit in every third window; few requests in between.

    The burst is centred on a boundary of the clock's windows, or lies after it by a part of a window. Its requests come
    from both applications in turn, in salvos of as many as there are clients, within 0.2 s or a fifth of the window.
    The bucket holds the limit and is refilled in one window.
    """

    title = "Rate limits"
    claim = "Allow 100 requests per hour"

    algorithm = choice(FIXED, [*OURS, *MODULES], label="Algorithm")
    limit = number(50, 10, 200, label="Limit", unit="requests", integer=True, log=True)
    period = number(1.0, 0.5, 5, label="Window", unit="s", log=True)
    position = number(0.0, 0, 100, label="Burst", unit="% into a window", step=5, help="0: on the boundary")
    threads = number(8, 1, 64, label="Clients at once", integer=True, log=True)
    rate = number(5.0, 5, 200, label="Between bursts", unit="/s", log=True)
    skew = number(
        0.0, -60, 60, label="Clock of B", unit="s fast", step=1, help="application B's; ours ask Redis for the time"
    )
    tick = choice("1 µs", TICKS, label="Clocks tick every", help="both applications'; ours ask Redis for the time")

    charts = (
        Chart(
            "The last burst",
            (
                Line("all", "admitted", shape="hv"),
                Line("by_a", "A's", shape="hv"),
                Line("by_b", "B's", shape="hv"),
                Line("limits", "limit", "dot", "limit"),
                Line("boundary", "boundary", "dot", "added"),
            ),
            unit="requests",
            kind="xy",
            low=0,
            x_title="time from the boundary",
            x_unit="ms",
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
            "Too many in one window",
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
    window = 30.0
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

    @observe("algorithm", "limit", "period", "skew", "tick")
    def choose(self, _=None):
        """Another user, of whom nothing is known yet."""
        if self.client:
            self.forget()
            self.subject, self.seen = next(self.subjects), self.now()
            self.limiters = [self.build(self.algorithm, fast) for fast in (0.0, self.skew)]
            self.promised = self.build(self.kind, 0.0).at_most(self.period)
            self.asked = Register()
            self.scene = self.subject, self.limiters, self.asked

    @property
    def kind(self) -> str:
        """What the algorithm is, or means to be."""
        return MODULES.get(self.algorithm, (None, self.algorithm))[1]

    def build(self, algorithm, fast):
        numbers = {"limit": self.limit, "window": self.period}
        if algorithm in (BUCKET, MODULE_BUCKET):
            numbers = {"capacity": self.limit, "rate": self.limit / self.period}
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
        return min(0.2, self.period / 5)

    def burst(self, now: float) -> tuple[float, float]:
        """When the last burst began, and the boundary that it belongs to."""
        after, cycle = self.position / 100 * self.period - self.length / 2, self.EVERY * self.period
        boundary = (now - after) // cycle * cycle
        return boundary + after, boundary

    def gap(self, random):
        """Salvos within a burst; requests at random moments between two."""
        size = self.TIMES * self.limit
        if self.left:
            self.left -= 1
            return 0.0 if (size - self.left - 1) % self.threads else self.length * self.threads / size
        now, wait = self.now(), random.expovariate(self.rate)
        following = self.burst(now)[0] + self.EVERY * self.period
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
        now, length, asked = self.now(), self.period, self.asked
        since, self.seen = self.seen, now
        asked.forget(now - (self.EVERY + 2) * length)
        recent, (began, boundary) = now - self.EVERY * length, self.burst(now)
        left = began - self.length / 4 - boundary
        right = left + 2 * self.length
        burst = asked.between(boundary - length, boundary + length)
        by_a, by_b = ([each for each in burst if each.by == by] for by in (0, 1))
        let_in = [sum(each.admitted for each in some) for some in (by_a, by_b)]
        worst, taken = asked.most(length, recent, now), sorted(each.taken for each in asked.between(recent, now))
        return {
            "all": self.steps(burst, boundary, left, min(right, now - boundary)),
            "by_a": self.steps(by_a, boundary, left, min(right, now - boundary)),
            "by_b": self.steps(by_b, boundary, left, min(right, now - boundary)),
            "limits": [(1e3 * left, self.limit), (1e3 * right, self.limit)],
            "boundary": [(0, 0), (0, max(self.limit, sum(let_in)))],
            "admitted": asked.most(length, since, now),
            "limit_now": self.limit,
            "promise": self.promised,
            "over": max(0, worst - self.limit),
            "broken": max(0, worst - self.promised),
            "p50": 1e3 * taken[len(taken) // 2] if taken else None,
            "p99": 1e3 * taken[int(0.99 * len(taken))] if taken else None,
            "server_ms": self.server_ms(window),
            "worst": worst,
            "asked": [len(by_a), len(by_b)],
            "let_in": let_in,
        }

    def steps(self, requests, boundary, left, right) -> list:
        """How many were admitted by when, in ms from the boundary, in at most so many points."""
        done = sorted(each.done - boundary for each in requests if each.admitted)
        shown = range(bisect_right(done, left), bisect_right(done, right))
        some = shown[:: 1 + len(shown) // self.POINTS]
        points = [(left, shown.start), *((done[count], count + 1) for count in some), (right, shown.stop)]
        return [(1e3 * when, count) for when, count in points]

    def server_ms(self, window):
        """The server's own time for a decision, from INFO commandstats."""
        stats, names = self.inspector.info("commandstats"), COMMANDS.get(self.algorithm, ("evalsha",))
        busy = sum(stats[f"cmdstat_{name}"]["usec"] for name in names if f"cmdstat_{name}" in stats)
        busy = window.growth(f"busy for {self.subject}", busy)
        decisions = window.growth(f"decisions on {self.subject}", window.total.tags["decision"])
        return busy / decisions / 1e3 if busy and decisions else None

    def sentence(self, values):
        asked, (a, b), limit = sum(values["asked"]), values["let_in"], values["limit_now"]
        if asked < limit or values["p50"] is None:
            return "Waiting for the first burst."
        return (
            f"Of {asked} requests in the two windows around the last boundary {a + b} were admitted: {a} of application A, "
            f"{b} of application B. At worst {values['worst']} fell within {self.period:g} s; the limit is {limit}. "
            f"Half of the decisions took under {values['p50']:.1f} ms."
        )

    def verdict(self, values):
        asked, let_in, worst, promise = (values[name] for name in ("asked", "let_in", "worst", "promise"))
        if sum(asked) < values["limit_now"]:
            return None
        shares = [got / max(1, wanted) for got, wanted in zip(let_in, asked, strict=True)]
        if min(shares) < 0.1 * max(shares):
            out = shares.index(min(shares))
            return f"False: application {'AB'[out]} had {let_in[out]} of its {asked[out]} requests admitted"
        if values["broken"]:
            return f"False as built: {worst} within {self.period:g} s, where a {self.kind} promises at most {promise}"
        if values["over"]:
            return f"Not in every window: {worst} within {self.period:g} s. A {self.kind} promises at most {promise}, and keeps to it"
        return f"True here: no window of {self.period:g} s held more than {worst}"
