"""Notebook 00: where the time of one request goes."""

import time
from collections import deque
from statistics import median

from redislab.bench import Load, Networked, Watch, bars, commandstats, number, on, time_chart


class FirstContact(Networked):
    """GET one value, over and over, and split a call's time, the median of the last 200, into Python, network and server.

    Python is what is left of a call when the time in its socket is taken off; the server's own time is read from
    INFO commandstats; the network, with the kernel's part of it, is the rest of the socket's time.
    """

    title = "First contact"

    size = number(100, 1, 1_000_000, label="Value size", unit="B", log=True, integer=True)
    rate = number(200.0, 10, 2000, label="Requests", unit="/s", log=True)

    charts = (
        bars("Where the time of one GET goes", "µs", python_us="Python", network_us="network", server_us="server"),
        time_chart("Seen from both ends", "µs", log=True, client_us="client", server_us="server"),
        time_chart("Latency of a GET", "ms", log=True, p50="p50", p99="p99"),
    )
    presets = {
        "Same machine": {},
        "Same data centre": {"rtt": 0.5},
        "Another region": {"rtt": 10.0},
        "A large value": {"rtt": 0.5, "size": 1_000_000},
    }
    workers = 16

    def setup(self, lab):
        self.key, self.inspector = lab.keys.entity("sample", 1), lab.client()
        self.connect(lab.server)

    @on("client")
    def watch_client(self):
        self.watch = Watch(self.client)

    @on("client", "size")
    def store(self):
        self.inspector.set(self.key, "x" * self.size, ex=86_400)
        self.calls = deque(maxlen=200)

    def request(self):
        self.watch.socket_seconds()
        began = time.perf_counter()
        self.client.get(self.key)
        self.calls.append((time.perf_counter() - began, self.watch.socket_seconds()))
        return "get"

    def at_work(self):
        store = ("SETEX {p}:sample 600 {value}",)
        return Load({"GET {p}:sample": 1}, store, size=self.size, rate=self.rate, clients=self.workers)

    def sample(self, window):
        calls, server = list(self.calls), window.per_call("get", commandstats(self.inspector, "get"))
        values = window.percentiles("get") | {"server_us": server}
        if not calls or not server:
            return values
        client, socket = (1e6 * median(column) for column in zip(*calls, strict=True))
        return values | {
            "client_us": client,
            "server_share": 100 * server / client,
            "python_us": client - socket,
            "network_us": max(0.0, socket - server),
        }

    def sentence(self, values):
        parts = {"Python": values["python_us"], "network": values["network_us"], "server": values["server_us"]}
        most, client = max(parts, key=parts.get), values["client_us"]
        return (
            f"A GET takes {client:,.0f} µs as the client sees it; the server works on it for {values['server_us']:.1f} µs of "
            f"that. Most of it, {100 * parts[most] / client:.0f} %, is {most}."
        )

    verdict = "Redis itself needed {server_share:.1f} % of the time; the rest is the network and Python"
