"""Section 2.2: rate limits, and a burst that finds out what they promise."""

import itertools
import time

from redislab.bench import YOURS, Networked, Watch, Yours, choice, commandstats, number, on, truth
from redislab.bench.charts import dashed, dotted, solid, time_chart, xy_chart
from redislab.lessons.data_modeling.rate_limits import algorithms
from redislab.lessons.data_modeling.rate_limits.admissions import Admissions, Request, picture
from redislab.lessons.data_modeling.rate_limits.bursts import Bursts

TICKS = {"1 µs": 1e-6, "1 ms": 1e-3, "16 ms": 16e-3}
TIMES = 3  # the limit, in a burst


class RateLimitLab(Networked):
    """One user, two applications, and a burst of three times the limit in every third window; few requests in between.

    The burst is centred on a boundary of the clock's windows, or lies after it by a part of a window. Its requests come
    from both applications in turn, in salvos of as many as there are clients, within 0.2 s or a fifth of the window.
    The bucket holds the limit and is refilled in one window.

    Attributes:
        every: windows from one burst to the next.
    """

    title = "Rate limits"
    claim = "Allow 100 requests per hour"

    algorithm = choice(algorithms.FIXED, [*algorithms.OURS, *algorithms.MODULES], label="Algorithm",
                       yours=Yours("client, keys, subject, limit, window", allow="subject", returns=truth))  # fmt: skip
    position = number(0.0, 0, 100, label="Burst", unit="% into a window", step=5, help="0: on the boundary")
    threads = number(8, 1, 64, label="Simultaneous clients", integer=True, log=True)
    limit = number(50, 10, 200, label="Limit", unit="requests", integer=True, log=True)
    period = number(1.0, 0.5, 5, label="Window", unit="s", log=True)
    rate = number(5.0, 5, 200, label="Between bursts", unit="/s", log=True)
    skew = number(
        0.0, -60, 60, label="Clock of B", unit="s fast", step=1, help="application B's; ours ask Redis for the time"
    )
    tick = choice("1 µs", TICKS, label="Clocks tick every", help="both applications'; ours ask Redis for the time")

    charts = (
        time_chart(
            "Admitted in any one window", "requests",
            admitted="measured", limit_now=dotted("limit"), promise=dashed("what the algorithm promises"),
        ),
        xy_chart(
            "The last burst", "requests", x="time from the boundary", x_unit="ms",
            all=solid("admitted", shape="hv"), by_a=solid("A's", shape="hv"), by_b=solid("B's", shape="hv"),
            limits=dotted("limit"), boundary=solid("boundary", dash="dot", role="added"),
        ),
        time_chart("Too many in one window", "requests", over="above the limit", broken="above the promise"),
        time_chart("Cost of a decision", "ms", log=True, p50="client, p50", p99="client, p99", server_ms="server"),
        time_chart("Round trips of a decision", "", trips="the last one's"),
    )  # fmt: skip
    presets = {
        "On the boundary": {},
        "The same, by a log": {"algorithm": algorithms.LOG},
        "A race": {"algorithm": algorithms.MODULE_SLIDING, "threads": 32, "rtt": 1.0},
        "A clock a minute fast": {"algorithm": algorithms.MODULE_BUCKET, "skew": 60.0},
        "Clocks of milliseconds": {"algorithm": algorithms.MODULE_LUA, "threads": 32, "tick": "1 ms"},
    }
    waiting = "Waiting for the first burst."
    workers = 64
    span = 4.0
    window = 30.0
    every = 3

    def setup(self, lab):
        self.keys, self.inspector = lab.keys, lab.client()
        self.subjects, self.turns = itertools.count(1), itertools.count()
        before, (seconds, micros) = time.time(), self.inspector.time()
        self.ahead = seconds + micros / 1e6 - (before + time.time()) / 2  # s, of the server's clock
        self.connect(lab.server, max_connections=self.workers)

    def now(self) -> float:
        """The server's time."""
        return time.time() + self.ahead

    @on("client")
    def watch_trips(self):
        self.watch, self.trips = Watch(self.client), None

    @on("limit", "period", "position", "threads")
    def plan(self):
        self.bursts = Bursts(self.period, self.position / 100, self.every, TIMES * self.limit, self.threads)

    @on("client", "algorithm", "limit", "period", "skew", "tick")
    def choose(self):
        """Another user, of whom nothing is known yet."""
        self.promised = self.limit if self.kind == YOURS else self.build(self.kind, 0.0).at_most(self.period)
        self.subject, self.seen, self.asked, self.trips = next(self.subjects), self.now(), Admissions(), None
        limiters = [self.build(self.algorithm, fast) for fast in (0.0, self.skew)]
        self.current = self.subject, limiters, self.asked

    @property
    def kind(self) -> str:
        """What the algorithm is, or means to be."""
        return algorithms.MEANT.get(self.algorithm, self.algorithm)

    @property
    def promising(self) -> str:
        return "limiter of yours" if self.algorithm == YOURS else self.kind

    def build(self, algorithm, fast):
        if algorithm == YOURS:
            whole = self.period.is_integer()  # EXPIRE takes no 1.0
            return self.mine(self.client, self.keys, self.limit, int(self.period) if whole else self.period)
        return algorithms.limiter(
            algorithm, self.client, self.keys, self.limit, self.period, algorithms.clock(fast, TICKS[self.tick])
        )

    def gap(self, random):
        return self.bursts.gap(self.now(), random.expovariate(self.rate))

    def request(self):
        subject, limiters, asked = self.current
        by, sent = next(self.turns) % 2, self.now()
        admitted = bool(limiters[by].allow(subject))
        self.trips = max((command.trip for command in self.watch.take()), default=0)  # yours may send nothing
        asked.add(Request(sent, self.now(), by, admitted))
        return ("decision", "admitted") if admitted else "decision"

    def sample(self, window):
        now = self.now()
        self.asked.forget(now - (self.every + 2) * self.period)
        return self.last_burst(now) | self.windows(now) | self.costs(now, window)

    def last_burst(self, now: float) -> dict:
        boundary, begin = self.bursts.boundary(now), self.bursts.offset - self.period / 4
        burst = self.asked.between(boundary - self.period, boundary + self.period)
        return picture(burst, boundary, begin, begin + 2 * self.period, now, self.limit)

    def windows(self, now: float) -> dict:
        """The most in one window: of those that ended since the last sample, and since the last burst or two."""
        since, self.seen = self.seen, now
        worst = self.asked.most(self.period, now - self.every * self.period, now)
        return {
            "admitted": self.asked.most(self.period, since, now),
            "limit_now": self.limit,
            "promise": self.promised,
            "worst": worst,
            "over": max(0, worst - self.limit),
            "broken": max(0, worst - self.promised),
        }

    def costs(self, now: float, window) -> dict:
        """Milliseconds for a decision: what the clients waited since the last burst, and the server's own time."""
        work = commandstats(self.inspector, *algorithms.COMMANDS.get(self.algorithm, ("evalsha",)))
        busy = window.growth(f"busy for {self.subject}", work.usec)
        decisions = window.growth(f"decisions on {self.subject}", window.total.tags["decision"])
        return self.asked.costs(now - self.every * self.period, now) | {
            "trips": self.trips,
            "server_ms": busy / decisions / 1e3 if busy and decisions else None,
        }

    def sentence(self, values):
        asked, (a, b), limit = sum(values["asked"]), values["let_in"], values["limit_now"]
        if asked < limit:
            return self.waiting
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
            return (
                f"False as built: {worst} within {self.period:g} s, where a {self.promising} promises at most {promise}"
            )
        if values["over"]:
            return f"Not in every window: {worst} within {self.period:g} s. A {self.promising} promises at most {promise}, and keeps to it"
        return f"True here: no window of {self.period:g} s held more than {worst}"
