"""Notebook 00: where the time of one request goes."""

import time
from collections import deque
from statistics import median

from traitlets import observe

from redislab.bench import Chart, Line, Networked, Watch, number


class FirstContact(Networked):
    """GET one value, over and over, and split a call's time, the median of the last 200, into Python, network and server.

    Python is what is left of a call when the time in its socket is taken off; the server's own time is read from
    INFO commandstats; the network, with the kernel's part of it, is the rest of the socket's time.
    """

    title = "First contact"

    size = number(100, 1, 1_000_000, label="Value size", unit="B", log=True, integer=True)
    rate = number(200.0, 10, 2000, label="Requests", unit="/s", log=True)

    charts = (
        Chart("Latency of a GET", (Line("p50", "p50"), Line("p99", "p99")), unit="ms", log_y=True),
        Chart("Seen from both ends", (Line("client_us", "client"), Line("server_us", "server")), unit="µs", log_y=True),
        Chart(
            "Where the time of one GET goes",
            (Line("python_us", "Python"), Line("network_us", "network"), Line("server_us", "server")),
            unit="µs",
            kind="bars",
            low=0,
        ),
    )
    presets = {
        "Same machine": {"rtt": 0.0, "size": 100},
        "Same data centre": {"rtt": 0.5, "size": 100},
        "Another region": {"rtt": 10.0, "size": 100},
        "A large value": {"rtt": 0.5, "size": 1_000_000},
    }
    workers = 16

    def setup(self, lab):
        self.key, self.calls = lab.keys.entity("sample", 1), deque(maxlen=1000)
        self.inspector = lab.server.client()
        self.store()
        self.connect(lab.server)

    def connected(self):
        self.watch = Watch(self.client)
        self.calls.clear()

    @observe("size")
    def store(self, _=None):
        if self.server:
            self.inspector.set(self.key, "x" * self.size, ex=3600)
            self.calls.clear()

    def request(self):
        self.watch.socket_seconds()
        began = time.perf_counter()
        self.client.get(self.key)
        self.calls.append((time.perf_counter() - began, self.watch.socket_seconds()))
        return "get"

    def sample(self, window):
        calls = list(self.calls)[-200:] or [(0.0, 0.0)]
        client, socket = (1e6 * median(column) for column in zip(*calls, strict=True))
        stats = self.inspector.info("commandstats").get("cmdstat_get", {"calls": 0, "usec": 0})
        answered, busy = window.growth("calls", stats["calls"]), window.growth("usec", stats["usec"])
        server = busy / answered if answered else None
        return {
            "p50": window.percentile("get", 50),
            "p99": window.percentile("get", 99),
            "client_us": client,
            "server_us": server,
            "server_share": 100 * server / client if client and server else None,
            "python_us": client - socket,
            "network_us": max(0.0, socket - (server or 0.0)),
        }

    def sentence(self, values):
        client, server = values["client_us"], values["server_us"]
        if not client or not server:
            return "Waiting for the first answers."
        parts = {name: values[f"{name}_us"] for name in ("python", "network", "server")}
        most = max(parts, key=parts.get)
        return (
            f"A GET takes {client:,.0f} µs as the client sees it; the server works on it for {server:.1f} µs of that. "
            f"Most of it, {100 * parts[most] / client:.0f} %, is {most.replace('python', 'Python')}."
        )

    def verdict(self, values):
        if values["server_share"] is None:
            return None
        return f"Redis itself needed {values['server_share']:.1f} % of the time; the rest is the network and Python"
