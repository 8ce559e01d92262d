"""Section 4.1: what a connection costs before its first command, and what becomes of those that nobody closes."""

import inspect
import itertools
import time
from collections import deque
from statistics import median

from redis.connection import AbstractConnection
from traitlets import observe

from redislab.bench import Chart, Line, Networked, action, choice, number, switch
from redislab.errors import StartError
from redislab.world.network import Delay
from redislab.world.tls import SecureServer

POOLED, FRESH, LEAKED = "from a pool", "a new one each time", "new, and never closed"
USUAL, BARE = "as redis-py has it", "none"
MOST = 300  # connections that are left open, at most


def bare() -> dict:
    """Options of a client that introduces itself to nobody: for the parameters that this redis-py has."""
    known = inspect.signature(AbstractConnection.__init__).parameters
    names = [("driver_info",), ("lib_name", "lib_version")]
    options = dict.fromkeys(next((group for group in names if group[0] in known), ()))
    try:
        from redis.maint_notifications import MaintNotificationsConfig
    except ImportError:
        return options
    return options | {"maint_notifications_config": MaintNotificationsConfig(enabled=False)}


class ConnectionLab(Networked):
    """A GET through a pooled connection, or through a client of its own, which has to connect first.

    Round trips are counted by a proxy, on the wire: once for each setting, with one new connection. The proxy does not see
    TCP's own handshake, which is one more, and does not delay it. TLS needs a redis-server on PATH that has it; there the
    server is that one, for plain connections too. A new client with TLS also reads the system's certificates, some 20 ms of Python
    that a pool spends once. With TLS and RESP 2 even a client that introduces itself to nobody has to say its name, for
    redis-py's sake. Of connections that are left open, the newest 300 stay.
    """

    title = "A connection's price"
    claim = "Reuse connections: a pool, instead of a new connection for every request"

    how = choice(POOLED, [POOLED, FRESH, LEAKED], label="Connection")
    tls = switch(False, label="TLS")
    resp = choice("3", ["2", "3"], label="RESP", help="the protocol's version; 3 is agreed upon by HELLO")
    greeting = choice(USUAL, [USUAL, BARE], label="Introduction", help="the library's name, its version, and more")
    rate = number(10.0, 1, 100, label="Requests", unit="/s", log=True)

    charts = (
        Chart("A GET, from end to end", (Line("p50", "p50"), Line("p99", "p99")), unit="ms", log_y=True),
        Chart("Connections of the server", (Line("connected", "connected"),), unit="", low=0),
        Chart(
            "Round trips on the wire, of one new connection",
            (Line("trips tls", "TLS"), Line("trips greeting", "greeting"), Line("trips command", "the GET")),
            unit="trips",
            kind="bars",
            low=0,
        ),
        Chart(
            "A GET, by connection",
            (Line("ms pooled", "pooled"), Line("ms new", "new")),
            unit="ms",
            kind="bars",
            low=0,
        ),
    )
    presets = {
        "Reused": {"how": POOLED, "rtt": 1.0, "tls": False, "greeting": USUAL},
        "A new one each time": {"how": FRESH, "rtt": 1.0, "tls": False, "greeting": USUAL},
        "New, with TLS": {"how": FRESH, "rtt": 1.0, "tls": True, "greeting": USUAL},
        "A leak": {"how": LEAKED, "rtt": 0.0, "tls": False, "greeting": USUAL, "rate": 50.0},
    }
    workers = 16
    both = secure = None

    def setup(self, lab):
        self.why_not, self.open, self.key = None, deque(), lab.keys.entity("sample", 1)
        try:
            self.both = SecureServer()
            plain = self.both.plain
        except StartError as failure:
            self.both, self.why_not, plain = None, str(failure), lab.private_server()
        self.plain, self.inspector, self.probes, self.delays = plain, plain.client(max_connections=2), {}, {}
        self.inspector.set(self.key, "value")
        self.arrange()

    def teardown(self):
        self.close_all()
        for delay in {*self.probes.values(), *self.delays.values(), self._delay} - {None}:
            delay.close()
        self._delay = self.client = None
        (self.both or self.plain).close()
        self.server = self.both = None

    @property
    def encrypted(self) -> bool:
        return self.tls and self.both is not None

    @observe("tls", "resp", "greeting")
    def arrange(self, _=None):
        """Ways to the server as the knobs say: a pool, what a new client is told, and a count of round trips."""
        if self.server is None:
            return
        self.close_all()
        self.options = {"protocol": int(self.resp), "socket_timeout": 5, **(bare() if self.greeting == BARE else {})}
        if self.encrypted and self.greeting == BARE and self.resp == "2":
            # redis-py takes what TLS sends by itself for an answer too many if nothing has been asked yet
            self.options["client_name"] = "redislab"
        server = self.both.secure if self.encrypted else self.plain
        self._delay = self.delays.get(server)  # each leads to one port
        self.connect(server, **self.options)
        self.delays[server] = self._delay
        self.count()

    @observe("rtt")
    def connected(self, _=None):
        self.taken = {POOLED: deque(maxlen=50), FRESH: deque(maxlen=50)}

    def count(self):
        """One new connection, with and without TLS, through a proxy that counts."""
        # what TLS sends by itself after the handshake may look like one more: the fewest of three
        trips = {server: min(self.trips_to(server) for _ in range(3)) for server in {self.plain, self.server}}
        connected, command = trips[self.plain]
        self.trips = {"tls": trips[self.server][0] - connected, "greeting": connected - command, "command": command}

    def trips_to(self, server) -> tuple[int, int]:
        """Round trips of a GET on a new connection, and on the same once it is there."""
        if server not in self.probes:
            self.probes[server] = Delay(server.host, server.port)
        probe, client = self.probes[server], server.client(via=self.probes[server], max_connections=1, **self.options)
        seen = [probe.counted()["trips"]]
        for _ in range(2):
            client.get(self.key)
            seen.append(probe.counted()["trips"])
        client.close()
        return seen[1] - seen[0], seen[2] - seen[1]

    @action("Close what was left open")
    def close_all(self):
        while self.open:
            self.open.popleft().close()

    def request(self):
        how, taken, began = self.how, self.taken, time.perf_counter()
        if how == POOLED:
            self.client.get(self.key)
        else:
            client = self.server.client(via=self._delay if self.rtt else None, max_connections=1, **self.options)
            client.get(self.key)
            self.open.append(client)
        taken[POOLED if how == POOLED else FRESH].append(1e3 * (time.perf_counter() - began))
        while len(self.open) > (MOST if how == LEAKED else 0):
            self.open.popleft().close()
        return "get"

    def sample(self, window):
        middle = {how: median(taken) if taken else None for how, taken in self.taken.items()}
        return {f"trips {part}": trips for part, trips in self.trips.items()} | {
            "p50": window.percentile("get", 50),
            "p99": window.percentile("get", 99),
            "connected": self.inspector.info("clients")["connected_clients"],
            "ms pooled": middle[POOLED],
            "ms new": middle[FRESH],
            "trips": sum(self.trips.values()),
            "why_not": self.why_not,
        }

    def sentence(self, values):
        if values["p50"] is None:
            return "Waiting for the first requests."
        said = (
            f"On a new connection a GET is {values['trips']} round trips, after TCP's own; on one that is there it is "
            f"{values['trips command']}. Half of the requests take under {values['p50']:.2f} ms; "
            f"the server has {values['connected']} connections."
        )
        return said + (f" No TLS here: {values['why_not']}." if self.tls and values["why_not"] else "")

    def verdict(self, values):
        pooled, new = values["ms pooled"], values["ms new"]
        if not pooled or not new:
            return "Try both: pooled, and a new one each time" if values["p50"] else None
        return f"Reused {pooled:.2f} ms, new {new:.2f} ms: ×{new / pooled:.0f}"

    def _measure(self):
        """Through TLS a bare PING does not get: the client's own, then."""
        if not self.encrypted:
            return super()._measure()
        try:
            taken = [time.perf_counter()]
            for _ in range(9):
                self.client.ping()
                taken.append(time.perf_counter())
            self.measured_ms = 1e3 * median(after - before for before, after in itertools.pairwise(taken))
        except Exception:  # as in Networked
            self.measured_ms = None
