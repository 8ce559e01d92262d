"""Section 4.1: how many connections a pool needs, measured one size after another, and what four formulas say."""

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import redis

from redislab.bench import Chart, Line, Networked, Sweep, action, choice, number
from redislab.bench.load import OpenLoop
from redislab.tuning import busy, module_formula, square_root, wait, waiting

WAIT, RAISE = "wait for one", "raise"
WAITED = 0.001  # s; who got a connection sooner did not have to wait for it
STEPS = [*range(1, 11), 12, 14, 16, 20, 24, 32, 40, 48, 64]


class PoolLab(Sweep, Networked):
    """Requests arrive at random times (Poisson, open loop) and share a pool; each point is another size of it.

    Latency counts from the arrival. W, the time for which a request holds its connection (the median), is measured first,
    with one for everybody; λ is what is offered. From these two alone come the dashed lines (Erlang C, which is for times
    that vary more than a round trip does) and the upright ones. Points begin just below L: further down ever more wait, for
    ever longer. The server is a private one.
    """

    title = "Pool size"
    claim = "Pool size = requests/s × duration × safety factor 1.5"

    arrivals = number(300.0, 50, 1000, label="Arrivals", unit="/s", log=True)
    connections = number(16, 4, 64, label="Connections", integer=True, log=True, help="the largest pool to be tried")
    full = choice(WAIT, [WAIT, RAISE], label="When it is exhausted")
    rtt = number(
        10.0, 0, 10, label="Added round trip", unit="ms", step=0.5, help="added by a proxy; 0 goes straight to Redis"
    )

    charts = (
        Chart(
            "Latency of a request",
            (
                Line("p50", "p50"),
                Line("p99", "p99"),
                Line("erlang", "p99 by Erlang C", "dash", "predicted"),
                Line("load", "L = λW", "dot", "limit"),
                Line("module", "the module’s", "dash", "added"),
                Line("root", "L + 2√L", "solid", "limit"),
            ),
            unit="ms",
            kind="xy",
            log_y=True,
            x_title="pool",
            x_unit="connections",
            wide=True,
        ),
        Chart(
            "Requests that wait for a connection",
            (Line("waited", "measured"), Line("erlang waited", "Erlang C", "dash", "predicted")),
            unit="%",
            kind="xy",
            low=0,
            high=100,
            x_title="pool",
            x_unit="connections",
        ),
        Chart(
            "Requests that are served",
            (Line("served", "measured"), Line("served at most", "min(λ, K/W)", "dash", "predicted")),
            unit="/s",
            kind="xy",
            low=0,
            x_title="pool",
            x_unit="connections",
        ),
    )
    presets = {
        "The hockey stick": {"arrivals": 300.0, "rtt": 10.0, "connections": 16, "full": WAIT},
        "Three times the rate": {"arrivals": 900.0, "rtt": 10.0, "connections": 32, "full": WAIT},
        "A close server": {"arrivals": 300.0, "rtt": 1.0, "connections": 8, "full": WAIT},
        "As in the module: raise": {"arrivals": 300.0, "rtt": 10.0, "connections": 16, "full": RAISE},
    }
    REQUESTS, CROWD, AMPLE, FEW = 600, 96, 64, 8  # at each point; threads; a pool for everybody; a server's limit
    SHORTEST = 1.5  # s for a point
    held, limited = None, False

    def setup(self, lab):
        server = lab.private_server()
        self.admin, self.key = server.client(max_connections=2), lab.keys.entity("sample", 1)
        self.admin.set(self.key, "value")
        self.connect(server)

    def teardown(self):
        super().teardown()
        self.server.close()
        self.server = None

    @action("The server takes 8 clients")
    def limit(self):
        """As a plan's limit would have it; pressed again, it is lifted."""
        self.limited = not self.limited
        self.admin.config_set("maxclients", self.FEW if self.limited else 10_000)
        self.again()

    def begin(self):
        self.held = None
        self.held = self.offer(self.AMPLE, 0.7)["held"]

    def points(self):
        load = busy(self.arrivals, self.held or 0.0)
        rules = {square_root(self.arrivals, self.held or 0.0), module_formula(self.arrivals, self.held or 0.0)}
        sizes = {*STEPS, *rules, self.connections}
        first = max(1, min(int(load) - 1, self.connections // 2))
        return sorted(size for size in sizes if first <= size <= self.connections)

    def name(self, x):
        return f"{x} connection{'s' * (x > 1)}"

    def point(self, x):
        return self.offer(x, min(5.0, max(self.SHORTEST, self.REQUESTS / self.arrivals)))

    def offer(self, size: int, seconds: float) -> dict:
        """Requests for some seconds, on a pool of that size."""
        pool, held, waits = self.pool(size), [], []
        load = OpenLoop(
            lambda: self.request_on(pool, held, waits), lambda random: random.expovariate(self.arrivals), self.CROWD
        )
        load.start()
        began = time.perf_counter()
        while (spent := time.perf_counter() - began) < seconds and not self.stopping:
            self.report(spent / seconds)
            time.sleep(0.05)
        outcomes, _ = load.drain()
        load.stop()
        pool.disconnect()
        late = sorted(1e3 * outcome.seconds for outcome in outcomes) or [None]
        served = sum(not outcome.error for outcome in outcomes)
        return {
            "p50": late[len(late) // 2],
            "p99": late[int(0.99 * len(late))],
            "held": median(held) if held else None,
            "waited": 100 * sum(each > WAITED for each in waits) / max(1, len(waits)),
            "served": served / spent,
            "failed": 100 * (len(outcomes) - served) / max(1, len(outcomes)),
        }

    def pool(self, size: int):
        """A pool with all its connections open; those that the server refuses will be tried again by a request."""
        pool = self.server.client(via=self._delay if self.rtt else None, max_connections=size).connection_pool
        pool.timeout = 5 if self.full == WAIT else 0
        with ThreadPoolExecutor(size) as openers:
            opened = list(openers.map(lambda _: self.connection(pool), range(size)))
        for connection in filter(None, opened):
            pool.release(connection)
        return pool

    @staticmethod
    def connection(pool):
        try:
            return pool.get_connection()
        except redis.RedisError:
            return None

    def request_on(self, pool, held, waits):
        """What `client.get` does, with a clock on how long it waits for its connection and how long it holds it."""
        began = time.perf_counter()
        connection = pool.get_connection()
        had = time.perf_counter()
        try:
            connection.send_command("GET", self.key)
            connection.read_response()
        finally:
            pool.release(connection)
        waits.append(had - began)
        held.append(time.perf_counter() - had)
        return "get"

    def sample(self, window):
        values = super().sample(window) | {"held": self.held, "limited": self.limited}
        values["enough"] = self.enough(dict(values["p99"]))
        return values | (self.theory(values) if self.held else {})

    def enough(self, p99: dict[int, float]) -> int | None:
        """The smallest size whose p99 is within 10 % of the largest one's; None until all are measured."""
        if not self.held or not set(self.points()) <= p99.keys():
            return None
        return next(size for size in sorted(p99) if p99[size] <= 1.1 * p99[max(p99)])

    def theory(self, values) -> dict:
        """What λ and W say, over the sizes to be tried; uprights are as high as what was measured."""
        rate, held, measured = self.arrivals, self.held, [ms for _, ms in values["p50"] + values["p99"]]
        sizes = range(1, self.connections + 1)
        bottom, top = (min(measured), max(measured)) if measured else (1e3 * held, 2e3 * held)
        spots = {"load": busy(rate, held), "module": module_formula(rate, held), "root": square_root(rate, held)}
        steady = [size for size in sizes if size > spots["load"]]
        return {
            **{name: [(x, bottom), (x, top)] for name, x in spots.items() if x <= self.connections},
            **{f"at {name}": x for name, x in spots.items()},
            "erlang": [(size, 1e3 * (held + wait(size, rate, held))) for size in steady],
            "erlang waited": [(size, 100 * waiting(size, rate, held)) for size in sizes],
            "served at most": [(size, min(rate, size / held)) for size in sizes],
        }

    def sentence(self, values):
        if not values.get("held") or not values["curve"]:
            return "Measuring how long a request holds its connection."
        said = (
            f"{self.arrivals:,.0f} requests a second hold a connection for {1e3 * values['held']:.1f} ms each: "
            f"{values['at load']:.1f} are in use on average. The module's formula says {values['at module']}, "
            f"L + 2√L {values['at root']}."
        )
        if (failed := max(point["failed"] for point in values["curve"])) >= 1:
            said += f" At one size {failed:.0f} % of the requests fail."
        return said + (f" The server takes {self.FEW} clients." if values["limited"] else "")

    def verdict(self, values):
        measured = dict(values["p99"]) if values.get("held") else {}
        sizes = {name: values[f"at {name}"] for name in ("module", "root")} if measured else {}
        if not set(sizes.values()) <= measured.keys() or values.get("progress") != 1:
            return None
        best = measured[max(measured)]
        module, root = (measured[sizes[name]] for name in ("module", "root"))
        return (
            f"p99 is {root:.0f} ms with L + 2√L = {sizes['root']} connections, {module:.0f} ms with the module's "
            f"{sizes['module']}, and {best:.0f} ms with {max(measured)}"
        )
