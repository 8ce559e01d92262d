"""Section 1.1, extra: a SET that comes too late, and how long readers get the old row for it."""

import json
import threading
import time

from redislab.bench import Experiment, WatchedTable, action, choice, dotted, number, on, time_chart
from redislab.caching import SingleFlight
from redislab.lessons.caching_patterns.as_in_the_module import ModuleCacheAside

NONE, LEASE = "none (as in the module)", "lease"
ROW = 77  # a product


class LateSetLab(Experiment):
    """One late SET, made on purpose: a writer commits and deletes while a reader has loaded and not yet stored.

    Then a third client reads 20 times a second, cache first, and stores nothing, so that the entry stays as the reader
    left it. The board of the race shows the same steps one by one, and every other order of them.
    """

    title = "The late SET"
    claim = "Stale data possible between updates"

    fix = choice(NONE, [NONE, LEASE], label="Fix", help="the lease is SingleFlight's")
    ttl = number(10.0, 2, 60, label="TTL", unit="s", step=1)

    charts = (
        time_chart("Reads of the old row", "%", 0, 100, stale="of all reads"),
        time_chart("Time left of the entry", "s", left="left", life=dotted("TTL")),
    )
    presets = {"As in the module": {}, "With a lease": {"fix": LEASE}}
    rate = 20
    workers = 4
    span = 1.0

    def setup(self, lab):
        self.client, self.database, self.keys = lab.client(), lab.database, lab.keys
        self.key, self.lock = self.keys.product(ROW), threading.RLock()
        self.at_end(lambda: self.client.delete(self.key, self.keys.beside(self.key, "lease")))

    @action("A late SET")
    def late_set(self):
        """A reader misses and loads; a writer commits and deletes; then the reader stores what it has."""
        with self.lock:
            self.client.delete(self.key)
            table = WatchedTable(self.database.products)
            reads, writes = self.pattern(table), self.pattern(self.database.products)
            record = self.database.products.find(ROW)
            table.after_find = lambda _: writes.put(ROW, record)
            reads.get(ROW)
            self.newest, self.stale = self.database.products.find(ROW)["version"], []

    @on("fix", "ttl")
    def begin(self):
        self.late_set()

    def pattern(self, table):
        if self.fix == NONE:
            return ModuleCacheAside(self.client, table, self.keys, ttl=self.ttl)
        return SingleFlight(self.client, table, self.keys, ttl=self.ttl, jitter=0)

    def cached_version(self) -> int | None:
        """The version in the cache; None if there is no entry."""
        cached = self.client.get(self.key)
        return None if cached is None else json.loads(cached)["version"]

    def gap(self, random):
        return 1 / self.rate

    def request(self):
        with self.lock:
            if self.cached_version() in (None, self.newest):
                return "read"
            self.stale.append(time.perf_counter())
            return "read", "stale"

    def sample(self, window):
        with self.lock:
            left, now = self.client.pttl(self.key), window.interval.tags
            return {
                "stale": 100 * now["stale"] / now["read"] if now["read"] else None,
                "left": max(0, left) / 1e3,
                "life": self.ttl,
                "stale_reads": len(self.stale),
                "stale_for": self.stale[-1] - self.stale[0] if self.stale else 0.0,
                "over": left < 0,
            }

    def sentence(self, values):
        if not values["over"]:
            return f"The cache holds the old row: readers get it for another {values['left']:.1f} s."
        if not values["stale_reads"]:
            return "The late SET was refused: the writer had deleted the reader's lease. Every read gets the new row."
        return "The entry's TTL is over, and readers get the new row. Press A late SET for another one."

    def verdict(self, values):
        reads, seconds = values["stale_reads"], values["stale_for"]
        if not reads:
            return "Not here: no read got the old row once the new one was committed"
        return f"True: {reads} reads in {seconds:.1f} s got the old row; the TTL is {values['life']:g} s"
