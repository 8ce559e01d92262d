"""Section 4.1: what a new connection costs before its first command, and connections that are never closed.

Section 5.5 opens the same lab.
"""

import functools
import random
import time
from collections import deque
from contextlib import suppress

from redislab.bench import Load, Networked, Timings, action, bars, choice, number, on, parts, switch, time_chart
from redislab.errors import StartError
from redislab.lessons.performance_tuning.connections.greeting import WireCounter, without_introduction
from redislab.world.tls import SecureServer

POOLED, NEW = "pooled", "new"
USUAL, BARE = "redis-py’s default", "none"
MOST_OPEN = 300  # connections that a leak leaves open


class ConnectionLab(Networked):
    """A GET on a pooled connection, or on a new one that is opened for it and closed again.

    Latency counts from when a request was due; the bars time the call itself: the median of the last 50, and of half a second
    of calls in a row when the button is pressed. Round trips are counted by a proxy, on the wire, once for each setting. It
    does not see TCP's own handshake, which is one more, and does not delay it. TLS needs a redis-server on PATH that has it;
    there that server takes the plain connections, too. A new client with TLS also reads the system's certificates, some 20 ms
    of Python that a pool spends once. With TLS and RESP 2 even a client without an introduction has to say its name, for
    redis-py's sake. Of connections that are left open the newest 300 stay.
    """

    title = "The price of a connection"
    claim = "A new connection for each request is bad; a shared pool is good"

    fresh = number(50, 0, 100, label="On a new connection", unit="%", step=5, help="the others take one from a pool")
    tls = switch(False, label="TLS")
    greeting = choice(USUAL, [USUAL, BARE], label="Introduction", help="the library's name, its version, and more")
    leak = switch(False, label="Never close", help="new connections stay open when their request is done")
    resp = choice("3", ["2", "3"], label="RESP", help="the protocol's version; 3 is agreed upon by HELLO")
    rate = number(20.0, 1, 400, label="Requests", unit="/s", log=True)

    charts = (
        bars("A GET by itself", "ms", pooled_ms="pooled", new_ms="new",
             pooled_row_ms="pooled, in a row", new_row_ms="new, in a row"),
        parts("Round trips of one new connection", "trips", tls_trips="TLS", greeting_trips="greeting",
              command_trips="the GET"),
        time_chart("Latency of a request", "ms", log=True, p50="p50", p99="p99"),
        time_chart("Connections of the server", "connections", connected="connected"),
        time_chart("Connections that are opened", "/s", opened="opened"),
    )  # fmt: skip
    presets = {
        "Same machine": {},
        "1 ms away": {"rtt": 1.0},
        "1 ms away, TLS": {"rtt": 1.0, "tls": True, "rate": 10.0},
        "Reused": {"rtt": 1.0, "fresh": 0},
        "A new one each time": {"rtt": 1.0, "fresh": 100},
        "More than it can": {"rtt": 1.0, "fresh": 100, "rate": 400.0},
        "A leak": {"fresh": 100, "leak": True, "rate": 50.0},
    }
    in_a_row = 0.5  # s

    def setup(self, lab):
        self.no_tls, self.open, self.key = None, deque(), lab.keys.entity("sample", 1)
        try:
            both = self.owned(SecureServer())
            self.plain, self.secure = both.plain, both.secure
        except StartError as failure:
            self.plain, self.secure, self.no_tls = lab.private_server(), None, str(failure)
        self.inspector, self.timings = self.plain.client(max_connections=2), Timings()
        self.inspector.set(self.key, "value")
        self.wire = self.owned(WireCounter())
        self.at_end(self.close_open)
        self.connect(self.plain)

    @on("tls", "resp", "greeting")
    def choose_server(self):
        self.close_open()
        options = {"protocol": int(self.resp), "socket_timeout": 5}
        if self.greeting == BARE:
            options |= without_introduction()
        server = self.secure if self.tls and self.secure else self.plain
        if server is self.secure and self.greeting == BARE and self.resp == "2":
            # redis-py mistakes what TLS sends on its own for an extra reply if nothing has been asked yet
            options["client_name"] = "redislab"
        greeting, command = self.wire.trips(self.plain, **options)
        tls = self.wire.trips(server, **options)[0] - greeting if server is self.secure else 0
        self.trips = {"tls_trips": tls, "greeting_trips": greeting, "command_trips": command}
        self.options = options
        return self.connect(server, **options)

    @on("client", "rtt")
    def start_over(self):
        self.new_client = functools.partial(self.server.client, via=self.via, max_connections=1, **self.options)
        self.client.ping()  # the first request shall not be the one that connects
        self.timings.clear()
        self.rows = dict.fromkeys(("pooled_row_ms", "new_row_ms"))

    def request(self):
        how = NEW if random.random() * 100 < self.fresh else POOLED
        with self.timings.of(how):
            self.get(how)
        return "get"

    def get(self, how: str):
        client = self.client if how == POOLED else self.new_client()
        client.get(self.key)
        if how == NEW:
            self.open.append(client)
            self.close_open(MOST_OPEN if self.leak else 0)

    @action("In a row")
    def measure_rows(self):
        """Calls one straight after the other, as a benchmark makes them: nothing sleeps in between, and everything is warm."""
        for how in (POOLED, NEW):
            row, end = Timings(last=100_000), time.perf_counter() + self.in_a_row
            while time.perf_counter() < end:
                with row.of(how):
                    self.get(how)
            self.rows = self.rows | {f"{how}_row_ms": row.median(how)}

    @action("Close what was left open")
    def close_all(self):
        self.close_open()

    def close_open(self, most: int = 0):
        """Close the oldest of the connections that were left open, so that `most` remain."""
        with suppress(IndexError):  # another thread may have closed the last one
            while len(self.open) > most:
                self.open.popleft().close()

    def at_work(self):
        store, fresh = ("SETEX {p}:sample 600 {value}",), self.fresh > 0
        note = "There every request has a new connection, and not only some." if 0 < self.fresh < 100 else ""
        return Load({"GET {p}:sample": 1}, store, size=5, fresh=fresh, rate=self.rate, clients=8, note=note)

    def sample(self, window):
        pooled, new = self.timings.median(POOLED), self.timings.median(NEW)
        return window.percentiles("get") | self.trips | self.rows | {
            "trips": sum(self.trips.values()),
            "pooled_ms": pooled,
            "new_ms": new,
            "times": ratio(new, pooled),
            "row_times": ratio(self.rows["new_row_ms"], self.rows["pooled_row_ms"]),
            "opened": window.growth("opened", self.inspector.info("stats")["total_connections_received"]),
            "connected": self.inspector.info("clients")["connected_clients"],
            "no_tls": self.no_tls if self.tls else None,
        }  # fmt: skip

    sentence = (
        "A GET takes {trips} round trips on a new connection, after TCP’s own, and {command_trips} on an open one. "
        "Half of the requests take under {p50:.2f} ms, one in a hundred over {p99:.1f} ms. "
        "The server opens {opened:,.0f} connections a second and has {connected}.",
        "There is no TLS here: {no_tls}.",
    )

    def verdict(self, values):
        if values["p50"] and not values.get("times"):
            return "Set “On a new connection” to between 5 and 95 % to compare both"
        found = f"Pooled {values['pooled_ms']:.2f} ms, new {values['new_ms']:.2f} ms: ×{values['times']:.0f}"
        return f"{found}; in a row, ×{values['row_times']:.0f}" if values.get("row_times") else found


def ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one and other else None
