"""Section 1.1: what happens when a popular key expires."""

import itertools
import time

from traitlets import observe

from redislab.bench import Chart, Experiment, Line, choice, number
from redislab.caching import CacheAside, EarlyRefresh, ServeStale, SingleFlight
from redislab.lessons.caching_patterns.workload import Expiries

NONE, LOCK, EARLY, STALE = "none", "single-flight lock", "early refresh (XFetch)", "serve stale"


class StampedeLab(Experiment):
    """Many clients read one key at the same moments; every few seconds it expires.

    Each client reads five times a second, all in step, so the first burst after the key's end finds nothing.
    """

    title = "Stampede"
    claim = "Potential cache stampede on popular keys"

    concurrency = number(50, 1, 200, label="Clients", integer=True)
    db_width = number(
        10, 1, 50, label="DB width", unit="queries", integer=True, help="how many the database answers at once"
    )
    recompute_ms = number(
        100.0, 10, 500, label="Recompute", unit="ms", step=10, help="added to the database's own time"
    )
    protection = choice(NONE, [NONE, LOCK, EARLY, STALE], label="Protection")
    beta = number(1.0, 0.1, 5, label="β of XFetch", step=0.1, help="above 1 refreshes earlier")

    charts = (
        Chart(
            "Database calls at each expiry",
            (Line("calls", "measured"), Line("naive", "one for each client", "dot", "limit")),
            unit="calls",
            low=0,
        ),
        Chart("Latency of a read", (Line("p50", "p50"), Line("p99", "p99")), unit="ms", log_y=True),
        Chart("Reads that had to wait", (Line("slow", "slower than half a recompute"),), unit="%", low=0),
    )
    presets = {
        "A calm day": {"protection": NONE, "concurrency": 5, "db_width": 10, "recompute_ms": 100.0},
        "A flash sale": {"protection": NONE, "concurrency": 200, "db_width": 10, "recompute_ms": 100.0},
        "A slow database": {"protection": NONE, "concurrency": 50, "db_width": 10, "recompute_ms": 300.0},
        "The sale, one flight": {"protection": LOCK, "concurrency": 200, "db_width": 10, "recompute_ms": 100.0},
    }
    workers = 400
    span = 3.5
    TTL = 3.0  # s
    PERIOD = 0.2  # s between two bursts

    def setup(self, lab):
        self.database = lab.open_database()
        self.client, self.keys, self.sent = lab.client(max_connections=self.workers), lab.keys, 0
        self.turns = itertools.count()
        self.tune()
        self.choose()

    def teardown(self):
        self.database.close()

    @observe("db_width", "recompute_ms", "beta")
    def tune(self, _=None):
        if self.server:
            self.database.width, self.database.added_latency = self.db_width, self.recompute_ms / 1e3
            if hasattr(self, "cache"):
                self.cache.beta = self.beta

    @observe("protection")
    def choose(self, _=None):
        if self.server:
            kind = f"hot_{next(self.turns)}"  # each has a key of its own: what they store differs
            self.users = Expiries(self.database.users, kind, self.TTL)
            common = (self.client, self.users, self.keys)
            self.cache = {
                NONE: lambda: CacheAside(*common, ttl=self.TTL, jitter=0),
                LOCK: lambda: SingleFlight(*common, ttl=self.TTL, jitter=0),
                EARLY: lambda: EarlyRefresh(*common, ttl=self.TTL, beta=self.beta),
                STALE: lambda: ServeStale(*common, ttl=self.TTL, stale_for=self.TTL),
            }[self.protection]()

    def gap(self, random):
        """All clients at once, then nothing until the next burst."""
        self.sent = (self.sent + 1) % self.concurrency
        return 0.0 if self.sent else self.PERIOD

    def request(self):
        began = time.perf_counter()
        self.cache.get(1)
        slow = time.perf_counter() - began > self.recompute_ms / 2e3
        return ("read", "slow") if slow else "read"

    def sample(self, window):
        return {
            "calls": self.users.calls,
            "naive": self.concurrency,
            "p50": window.percentile("read", 50),
            "p99": window.percentile("read", 99),
            "slow": window.share("slow", of="read"),
        }

    def sentence(self, values):
        if not values["calls"]:
            return "Waiting for the first expiry."
        calls = values["calls"]
        return (
            f"At the last expiry {self.concurrency} clients made {calls} database call{'s' if calls > 1 else ''}; "
            f"one read in a hundred takes over {values['p99'] or 0:.0f} ms."
        )

    def verdict(self, values):
        if not values["calls"]:
            return None
        return f"{values['calls']} database calls for {self.concurrency} simultaneous misses, with protection: {self.protection}"
