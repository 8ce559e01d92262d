"""Many clients that read one key in step."""

import itertools
import time

from redislab.bench import Experiment, number, on
from redislab.lessons.caching_patterns.workload import recompute


class Herd(Experiment):
    """Each client reads five times a second, all at the same moments, so the first burst after an expiry finds nothing.

    A subclass makes `cache`, which has `get(id)`, and `users`, its table (Expiries).
    """

    concurrency = number(50, 1, 200, label="Clients", integer=True)
    recompute_ms = recompute(100.0, 10, 500)
    db_width = number(
        10, 1, 50, label="DB width", unit="queries", integer=True, help="how many the database answers simultaneously"
    )

    workers = 400
    span = 3.5
    waiting = "Waiting for the first expiry."
    ttl = 3.0  # s
    period = 0.2  # s between two bursts

    def setup(self, lab):
        self.client, self.database, self.keys = lab.client(max_connections=self.workers), lab.database, lab.keys
        self.numbers, self.sent = itertools.count(), 0

    def next_kind(self) -> str:
        """What is read next is called: each cache has a key of its own, for what they store differs."""
        return f"hot_{next(self.numbers)}"

    @on("db_width", "recompute_ms")
    def burden(self):
        self.database.width, self.database.added_latency = self.db_width, self.recompute_ms / 1e3

    def gap(self, random):
        """All clients at the same moment, then nothing until the next burst."""
        self.sent = (self.sent + 1) % self.concurrency
        return 0.0 if self.sent else self.period

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
