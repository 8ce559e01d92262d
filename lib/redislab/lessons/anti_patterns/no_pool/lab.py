"""Section 5.5: requests that connect by themselves, beside those that have a pool."""

import random
import time
from collections import deque
from statistics import median

from traitlets import observe

from redislab.bench import Chart, Line, Networked, action, number, switch
from redislab.errors import StartError
from redislab.world.tls import SecureServer

USERS = 100
POOLED, FRESH = "pooled", "fresh"


class NoPoolLab(Networked):
    """A GET of a user, by a pool that all requests share, or by a connection that is opened for it and closed again.

    Latency counts from when a request was due; the bars time the call itself, the median of the last 50, and of half a second of
    calls in a row when the button is pressed. Connections are counted by the server. What the greeting of a new connection
    consists of is the subject of `ConnectionLab`. TLS needs a redis-server on PATH that has it; there the server is that
    one, for plain connections too.
    """

    title = "No pool"
    claim = "A new connection for each request is bad; a shared pool is good"

    fresh = number(50, 0, 100, label="Without the pool", unit="%", step=5, help="each opens a connection of its own")
    rate = number(60.0, 5, 400, label="Requests", unit="/s", log=True)
    tls = switch(False, label="TLS")

    charts = (
        Chart("Latency of a request", (Line("p50", "p50"), Line("p99", "p99")), unit="ms", log_y=True),
        Chart("Connections that are opened", (Line("opened", "opened"),), unit="/s", low=0),
        Chart("Connections of the server", (Line("connected", "connected_clients"),), unit="clients", low=0),
        Chart(
            "A call, by itself",
            (
                Line("ms pooled", "pooled"),
                Line("ms fresh", "connects"),
                Line("row pooled", "pooled, in a row"),
                Line("row fresh", "connects, in a row"),
            ),
            unit="ms",
            kind="bars",
            low=0,
        ),
    )
    presets = {
        "Same machine": {"fresh": 50, "rate": 60.0, "rtt": 0.0, "tls": False},
        "1 ms away": {"fresh": 50, "rate": 60.0, "rtt": 1.0, "tls": False},
        "1 ms away, TLS": {"fresh": 50, "rate": 10.0, "rtt": 1.0, "tls": True},
        "More than it can": {"fresh": 100, "rate": 400.0, "rtt": 1.0, "tls": False},
    }
    workers = 32
    ROW = 0.5  # s
    both = None

    def setup(self, lab):
        self.why_not, self.keys = "", lab.keys
        try:
            self.both = SecureServer()
            self.plain = self.both.plain
        except StartError as failure:
            self.both, self.why_not, self.plain = None, str(failure), lab.private_server()
        self.inspector = self.plain.client(max_connections=1)
        for user in range(USERS):
            self.inspector.set(self.keys.user(user), "{}")
        self.arrange()

    def teardown(self):
        super().teardown()
        (self.both or self.plain).close()
        self.server = self.both = None

    @observe("tls")
    def arrange(self, change=None):
        if change and self.server is None:
            return  # the kernel's twin
        if self._delay is not None:  # it leads to one port
            self._delay.close()
            self._delay = None
        secure = self.tls and self.both
        self.connect(self.both.secure if secure else self.plain, max_connections=self.workers, socket_timeout=5)

    def connected(self):
        self.client.ping()  # nobody's request is the one that opens the pool
        self.start_anew()

    @observe("rtt")
    def forget(self, _=None):
        if self.client:
            self.start_anew()

    def start_anew(self):
        self.taken, self.rows = {POOLED: deque(maxlen=50), FRESH: deque(maxlen=50)}, {}

    @action("In a row")
    def measure_rows(self):
        """Calls one straight after the other, as a benchmark makes them: nothing sleeps in between, and everything is warm."""
        for how, call in ((POOLED, self.client.get), (FRESH, self.get_by_itself)):
            taken, key, end = [], self.keys.user(1), time.perf_counter() + self.ROW
            while time.perf_counter() < end:
                began = time.perf_counter()
                call(key)
                taken.append(1e3 * (time.perf_counter() - began))
            self.rows = self.rows | {f"row {how}": median(taken)}

    def request(self):
        how, key = FRESH if random.random() * 100 < self.fresh else POOLED, self.keys.user(random.randrange(USERS))
        taken, began = self.taken, time.perf_counter()
        if how == POOLED:
            self.client.get(key)
        else:
            self.get_by_itself(key)
        taken[how].append(1e3 * (time.perf_counter() - began))
        return "get"

    def get_by_itself(self, key):
        """As in the module: a client, a GET, and the connection is gone."""
        with self.server.client(via=self._delay if self.rtt else None, max_connections=1, socket_timeout=5) as client:
            return client.get(key)

    def sample(self, window):
        stats, clients = self.inspector.info("stats"), self.inspector.info("clients")
        middle = {how: median(taken) if taken else None for how, taken in self.taken.items()}
        return {f"ms {how}": taken for how, taken in middle.items()} | {
            "times": middle[FRESH] / middle[POOLED] if all(middle.values()) else None,
            **{f"row {how}": self.rows.get(f"row {how}") for how in (POOLED, FRESH)},
            "p50": window.percentile("get", 50),
            "p99": window.percentile("get", 99),
            "opened": window.growth("opened", stats["total_connections_received"]),
            "connected": clients["connected_clients"],
            "why_not": self.why_not,
        }

    def sentence(self, values):
        if values["p50"] is None or values["opened"] is None:
            return "Waiting for the first requests."
        said = (
            f"Half of the requests take under {values['p50']:.2f} ms, one in a hundred over {values['p99']:.1f} ms. The server "
            f"opens {values['opened']:,.0f} connections a second and has {values['connected']}."
        )
        return said + (f" No TLS here: {values['why_not']}." if self.tls and values["why_not"] else "")

    def verdict(self, values):
        pooled, fresh = values["ms pooled"], values["ms fresh"]
        if not pooled or not fresh:
            return "Set “Without the pool” to between 5 and 95 %" if values["p50"] else None
        said = f"With the pool {pooled:.2f} ms, with a connection of its own {fresh:.2f} ms: ×{values['times']:.0f}"
        if values["row pooled"] and values["row fresh"]:
            return f"{said}; in a row, ×{values['row fresh'] / values['row pooled']:.0f}"
        return said
