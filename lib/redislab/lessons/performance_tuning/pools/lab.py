"""Section 4.1: how many connections a pool needs, measured one size after another, and what four formulas say."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from statistics import median

import redis

from redislab.bench import Load, Networked, Sweep, action, choice, number, round_trip
from redislab.bench.charts import dashed, dotted, solid, xy_chart
from redislab.bench.load import OpenLoop
from redislab.bench.window import Window
from redislab.lessons.performance_tuning.pools.clock import PoolClock
from redislab.lessons.performance_tuning.pools.theory import theory
from redislab.tuning import busy, module_formula, square_root

WAIT, RAISE = "wait for one", "raise"
WAITED = 0.001  # s; a request that got its connection sooner did not have to wait for it
SIZES = [*range(1, 11), 12, 14, 16, 20, 24, 32, 40, 48, 64]
AMPLE = 64  # connections, a pool in which no request has to wait
FEW = 8  # clients, a server's limit


class PoolLab(Sweep, Networked):
    """Requests arrive at random times (Poisson, open loop) and share a pool; each point is another size of it.

    Latency counts from the arrival, and is that of requests which are served. W, the time for which a request holds its
    connection (the median), is measured first, with enough connections for all; λ is what is offered. From these two alone come
    the dashed lines (Erlang C, which is for times that vary more than a round trip does) and the upright ones. Points begin just
    below L: further down, more and more requests wait, for longer and longer. The server is a private one.
    """

    title = "Pool size"
    claim = "Pool size = requests/s × duration × safety factor 1.5"

    rate = number(300.0, 50, 1000, label="Arrivals", unit="/s", log=True)
    connections = number(16, 1, 64, label="Connections", integer=True, log=True, help="the largest pool to be tried")
    full = choice(WAIT, [WAIT, RAISE], label="When it is exhausted")
    rtt = round_trip(10.0, step=0.5)

    charts = (
        xy_chart("Latency of a request", "ms", x="pool", x_unit="connections", log=True, wide=True, p50="p50", p99="p99",
                 erlang=dashed("p99 by Erlang C"), load=dotted("L = λW"),
                 module=solid("the module’s", dash="dash", role="added"), root=solid("L + 2√L", role="limit")),
        xy_chart("Requests that are served", "/s", x="pool", x_unit="connections",
                 served="measured", most_served=dashed("min(λ, K/W)")),
        xy_chart("Requests that wait for a connection", "%", 0, 100, x="pool", x_unit="connections",
                 waited="measured", erlang_waited=dashed("Erlang C")),
    )  # fmt: skip
    presets = {
        "The hockey stick": {},
        "Three times the rate": {"rate": 900.0, "connections": 32},
        "A close server": {"rtt": 1.0, "connections": 8},
        "As in the module: raise": {"full": RAISE},
    }
    workers = 96
    requests, shortest = 600, 1.5  # at each point, at least; s for a point, at least
    held = None
    waiting = "Measuring how long a request holds its connection."

    def setup(self, lab):
        server = lab.private_server()
        self.admin, self.key, self.limited = server.client(max_connections=2), lab.keys.entity("sample", 1), False
        self.admin.set(self.key, "value")
        self.connect(server)

    @action("The server takes 8 clients")
    def limit(self):
        """As a plan's limit would have it; pressed again, it is lifted."""
        self.limited = not self.limited
        self.admin.config_set("maxclients", FEW if self.limited else 10_000)
        self.again()

    def begin(self):
        self.held = None
        self.held = self.offer(AMPLE, 0.7)["held"]

    def points(self):
        rules = {square_root(self.rate, self.held), module_formula(self.rate, self.held)}
        first = max(1, min(int(busy(self.rate, self.held)) - 1, self.connections // 2))
        return [size for size in sorted({*SIZES, *rules, self.connections}) if first <= size <= self.connections]

    def name(self, x):
        return f"{x} connection{'s' * (x > 1)}"

    def point(self, x):
        return self.offer(x, min(5.0, max(self.shortest, self.requests / self.rate)))

    def offer(self, size: int, seconds: float) -> dict:
        """Offer requests for some seconds to a pool of that size."""
        client = self.open_pool(size)
        clock = PoolClock(client)

        def request():
            client.get(self.key)
            return "get", *["waited"] * (clock.waited > WAITED)

        window, load = Window(span=60), OpenLoop(request, self.gap, self.workers)
        load.start()
        began = time.perf_counter()
        while (spent := time.perf_counter() - began) < seconds and not self.stopping:
            self.report(spent / seconds)
            time.sleep(0.05)
        window.add(*load.drain())
        load.stop()
        client.close()
        return window.percentiles("get") | {
            "held": median(clock.held) if clock.held else None,
            "waited": window.share("waited", of="get"),
            "served": window.interval.tags["get"] / spent,
            "failed": 100 * window.interval.tags["error"] / max(1, window.interval.ended),
        }

    def open_pool(self, size: int):
        """A client with all its connections open; those that the server refuses will be tried again by a request."""
        client = self.server.client(via=self.via, max_connections=size)
        pool = client.connection_pool
        pool.timeout = 5 if self.full == WAIT else 0
        with ThreadPoolExecutor(size) as openers:
            calls = [openers.submit(pool.get_connection) for _ in range(size)]
        for call in calls:
            with suppress(redis.RedisError):
                pool.release(call.result())
        return client

    def at_work(self):
        store = ("SETEX {p}:sample 600 {value}",)
        note = "Their clients are a connection each, and do not wait for one: try one number after the other."
        return Load({"GET {p}:sample": 1}, store, size=5, clients=self.connections, rate=self.rate, note=note)

    def sample(self, window):
        values = super().sample(window)
        values["enough"] = self.enough(dict(values["p99"]))
        values["failed"] = max((point["failed"] for point in self.curve), default=None)
        values["limit"] = FEW if self.limited else None
        measured = values["p50"] + values["p99"]
        return values | (theory(self.rate, self.held, self.connections, measured) if self.held else {})

    def enough(self, p99: dict[int, float]) -> int | None:
        """The smallest size whose p99 is within 10 % of the largest one's; None until all are measured."""
        if not self.held or not set(self.points()) <= p99.keys():
            return None
        return next(size for size in sorted(p99) if p99[size] <= 1.1 * p99[max(p99)])

    sentence = (
        "{rate:,.0f} requests a second hold a connection for {held_ms:.1f} ms each: {busy:.1f} are in use on average. "
        "The module’s formula says {module_size}, L + 2√L {root_size}.",
        "At one size {failed:.0f} % of the requests fail.",
        "The server takes {limit} clients.",
    )

    def verdict(self, values):
        p99, root, module = dict(values["p99"]), values["root_size"], values["module_size"]
        if values["progress"] < 1 or not {root, module} <= p99.keys():
            return None
        return (
            f"p99 is {p99[root]:.0f} ms with L + 2√L = {root} connections, {p99[module]:.0f} ms with the module’s {module}, "
            f"and {p99[max(p99)]:.0f} ms with {max(p99)}"
        )
