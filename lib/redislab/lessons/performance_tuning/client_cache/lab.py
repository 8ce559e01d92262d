"""Section 4.3, extra: reads that never leave the process, and how old they may be."""

import random
import threading
import time
from collections import deque
from statistics import median

import redis
from redis.cache import CacheConfig
from traitlets import observe

from redislab.bench import Chart, Line, Networked, choice, number
from redislab.lessons.caching_patterns.workload import Popularity
from redislab.tuning import NearCache

NONE, NEAR, BUILT_IN = "none", "NearCache", "redis-py's CacheConfig"


class Versions:
    """One key's versions and when each was acknowledged, the last hundred of them."""

    def __init__(self):
        self.newest, self._since, self.lock = 0, deque([time.perf_counter()], maxlen=100), threading.Lock()

    def acknowledged(self, version: int) -> None:
        self.newest = version
        self._since.append(time.perf_counter())

    def age(self, version: int, now: float) -> float | None:
        """Seconds that something newer than `version` had been there at `now`; None if there was nothing newer."""
        behind = self.newest - version
        since = list(self._since)[-min(behind, len(self._since)) :][0] if behind > 0 else now
        return now - since if since < now else None


class ClientCacheLab(Networked):
    """Readers of 500 keys, a few of them popular, and writers on connections of their own, as another application has.

    A read is stale if, when it began, a newer version had been acknowledged to its writer. How many reads went to the server is
    counted there. The server is a private one, and the writers have no added round trip.
    """

    title = "Client-side caching"

    how = choice(NEAR, [NONE, NEAR, BUILT_IN], label="Cache in the client", help="redis-py's needs Redis 7.4 or newer")
    size = number(500, 5, 1000, label="Cache size", unit="entries", log=True, integer=True)
    reads = number(500.0, 50, 2000, label="Reads", unit="/s", log=True)
    writes = number(10.0, 0, 200, label="Writes", unit="/s", step=5)

    charts = (
        Chart("Latency of a read", (Line("p50", "p50"), Line("p99", "p99")), unit="ms", log_y=True),
        Chart("Reads without a round trip", (Line("hits", "hits"),), unit="%", low=0, high=100),
        Chart("Stale reads", (Line("stale", "stale"),), unit="/s", low=0),
        Chart("How old stale reads are", (Line("age", "median"), Line("oldest", "oldest")), unit="ms", low=0),
    )
    presets = {
        "No cache, 1 ms away": {"how": NONE, "rtt": 1.0},
        "A cache, 1 ms away": {"how": NEAR, "rtt": 1.0, "size": 500, "writes": 10.0},
        "Many writes": {"how": NEAR, "rtt": 1.0, "size": 500, "writes": 200.0},
        "Too small": {"how": NEAR, "rtt": 1.0, "size": 20, "writes": 10.0},
    }
    workers = 24
    KEYS, SKEW = 500, 0.9
    near = cached = None

    def setup(self, lab):
        server = lab.private_server()
        self.writer = server.client()
        self.popularity = Popularity(range(self.KEYS), self.SKEW)
        self.names = [lab.keys.product(id) for id in range(self.KEYS)]
        self.writer.mset(dict.fromkeys(self.names, 0))
        self.versions, self.ages = [Versions() for _ in self.names], deque(maxlen=200)
        self.prefix = f"{lab.prefix}:product:"
        self.connect(server, protocol=2)  # as NearCache wants it

    def teardown(self):
        self.let_go()
        super().teardown()
        self.server.close()
        self.server = None

    def let_go(self):
        for former in (self.near, self.cached):
            if former is not None:
                former.close()
        self.near = self.cached = None

    def connected(self):
        self.build()

    @observe("how", "size")
    def build(self, _=None):
        """The way that reads take; where redis-py refuses the server, NearCache stands in."""
        if self.client is None:
            return
        self.let_go()
        self.refused = None
        if self.how == BUILT_IN:
            via, config = self._delay if self.rtt else None, CacheConfig(max_size=self.size)
            # one connection: with more, redis-py 8.1's threads read from each other's sockets, and time out
            self.cached = self.server.client(via=via, protocol=3, cache_config=config, max_connections=1)
            try:
                self.cached.ping()
            except redis.ConnectionError as refusal:
                self.cached, self.refused = None, str(refusal)
        if self.how == NEAR or self.refused:
            self.near = NearCache(self.client, prefix=self.prefix, size=self.size)
        self.get = next(way for way in (self.near, self.cached, self.client) if way is not None).get
        self.ages.clear()

    def gap(self, random):
        return random.expovariate(self.reads + self.writes)

    def request(self):
        id = self.popularity.pick()
        if random.random() < self.writes / (self.reads + self.writes):
            return self.write(id)
        began = time.perf_counter()
        age = self.versions[id].age(int(self.get(self.names[id])), began)
        if age is None:
            return "read"
        self.ages.append(1e3 * age)
        return "read", "stale"

    def write(self, id):
        versions = self.versions[id]
        with versions.lock:
            self.writer.set(self.names[id], versions.newest + 1)
            versions.acknowledged(versions.newest + 1)
        return "write"

    def sample(self, window):
        asked = window.growth("gets", self.writer.info("commandstats").get("cmdstat_get", {}).get("calls", 0))
        reads, ages = window.rate("read"), list(self.ages)
        return {
            "p50": window.percentile("read", 50),
            "p99": window.percentile("read", 99),
            "hits": 100 * max(0.0, 1 - asked / reads) if reads and asked is not None else None,
            "stale": window.rate("stale"),
            "age": median(ages) if ages else None,
            "oldest": max(ages, default=None),
            "refused": self.refused,
        }

    def sentence(self, values):
        if values["p50"] is None or values["hits"] is None:
            return "Waiting for the first reads."
        said = f"{values['hits']:.0f} % of the reads need no round trip; half take under {values['p50']:.3f} ms."
        if values["age"] is not None:
            said += f" {values['stale']:.1f} reads a second are stale, by {values['age']:.1f} ms (median)."
        if values["refused"]:
            said += f" redis-py refuses this server ({values['refused']}), so NearCache stands in."
        return said

    def verdict(self, values):
        if values["p50"] is None or values["round_trip_ms"] is None:
            return None
        return (
            f"Half of the reads take under {values['p50']:.3f} ms, where a round trip takes {values['round_trip_ms']:.2f}; "
            f"{values['stale']:.1f} a second are stale"
        )
