"""Section 1.1: what happens when a popular key expires."""

import itertools
import time

from redislab.bench import YOURS, Experiment, choice, dotted, number, on, time_chart
from redislab.caching import CacheAside, EarlyRefresh, ServeStale, SingleFlight
from redislab.lessons.caching_patterns.stampede.expiries import Expiries
from redislab.lessons.caching_patterns.yours import YourCache

NONE, LOCK, EARLY, STALE = "none", "single-flight lock", "early refresh (XFetch)", "serve stale"
PERIOD = 0.2  # s between two bursts
WAIT = 20.0  # s that a read may take here: many wait for a narrow database


class StampedeLab(Experiment):
    """Many clients read one key at the same moments; every few seconds it expires.

    Each client reads five times a second, all in step, so the first burst after the key has expired finds nothing.
    """

    title = "Stampede"
    claim = "Potential cache stampede on popular keys"

    concurrency = number(50, 1, 200, label="Clients", integer=True)
    protection = choice(NONE, [NONE, LOCK, EARLY, STALE], label="Protection", yours="client, source, keys, id")
    recompute_ms = number(
        100.0, 10, 500, label="Recompute", unit="ms", step=10, help="added to the database's own time"
    )
    db_width = number(
        10, 1, 50, label="DB width", unit="queries", integer=True, help="how many the database answers simultaneously"
    )
    beta = number(1.0, 0.1, 5, label="β of XFetch", step=0.1, help="above 1 refreshes earlier")

    charts = (
        time_chart("Database calls at each expiry", "calls", calls="measured", naive=dotted("one for each client")),
        time_chart("Reads that had to wait", "%", slow="slower than half a recompute"),
        time_chart("Latency of a read", "ms", log=True, p50="p50", p99="p99"),
    )
    presets = {
        "A calm day": {"concurrency": 5},
        "A flash sale": {"concurrency": 200},
        "A slow database": {"recompute_ms": 300.0},
        "The sale, one flight": {"concurrency": 200, "protection": LOCK},
    }
    workers = 400
    span = 3.5
    waiting = "Waiting for the first expiry."
    ttl = 3.0  # s

    def setup(self, lab):
        self.client, self.database, self.keys = lab.client(max_connections=self.workers), lab.database, lab.keys
        self.numbers, self.sent = itertools.count(), 0

    @on("protection")
    def choose(self):
        """Each protection has a key of its own: what they store differs."""
        self.users = Expiries(self.database.users, f"hot_{next(self.numbers)}", self.ttl)
        common = (self.client, self.users, self.keys)
        if self.protection == STALE:
            self.cache = self.owned(ServeStale(*common, ttl=self.ttl, stale_for=self.ttl))
        elif self.protection == EARLY:
            self.cache = EarlyRefresh(*common, ttl=self.ttl)
        elif self.protection == YOURS:
            self.mine.patience = WAIT
            self.cache = YourCache(self.mine, *common, ttl=self.ttl, jitter=0)
        else:
            self.cache = (SingleFlight if self.protection == LOCK else CacheAside)(*common, ttl=self.ttl, jitter=0)

    @on("protection", "db_width", "recompute_ms", "beta")
    def tune(self):
        self.database.width, self.database.added_latency = self.db_width, self.recompute_ms / 1e3
        self.cache.beta = self.beta

    def gap(self, random):
        """All clients at the same moment, then nothing until the next burst."""
        self.sent = (self.sent + 1) % self.concurrency
        return 0.0 if self.sent else PERIOD

    def request(self):
        began = time.perf_counter()
        self.cache.get(1)
        slow = time.perf_counter() - began > self.recompute_ms / 2e3
        return ("read", "slow") if slow else "read"

    def sample(self, window):
        return window.percentiles("read") | {
            "calls": self.users.calls or None,
            "naive": self.concurrency,
            "slow": window.share("slow", of="read"),
        }

    sentence = (
        "Database calls at the last expiry: {calls}, for {concurrency} clients; "
        "one read in a hundred takes over {p99:.0f} ms."
    )
    verdict = "Database calls for {concurrency} simultaneous misses: {calls}, with protection: {protection}"
