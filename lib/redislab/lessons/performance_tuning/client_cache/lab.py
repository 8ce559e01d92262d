"""Section 4.3, extra: reads that never leave the process, and how old they may be."""

import time
from collections import deque
from statistics import median

import redis
from redis.cache import CacheConfig

from redislab.bench import Load, Networked, choice, commandstats, number, on, time_chart
from redislab.lessons.caching_patterns.workload import Popularity
from redislab.lessons.performance_tuning.client_cache.versions import Versions
from redislab.tuning import NearCache

NONE, NEAR, BUILT_IN = "none", "NearCache", "redis-py's CacheConfig"
KEYS, SKEW = 500, 0.9


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
        time_chart("Latency of a read", "ms", log=True, p50="p50", p99="p99"),
        time_chart("Reads without a round trip", "%", 0, 100, hits="hits"),
        time_chart("Stale reads", "/s", stale="stale"),
        time_chart("How old stale reads are", "ms", age="median", oldest="oldest"),
    )
    presets = {
        "No cache, 1 ms away": {"how": NONE, "rtt": 1.0},
        "A cache, 1 ms away": {"rtt": 1.0},
        "Many writes": {"rtt": 1.0, "writes": 200.0},
        "Too small": {"rtt": 1.0, "size": 20},
    }
    workers = 24
    cache = refused = None
    waiting = "Waiting for the first reads."

    def setup(self, lab):
        server = lab.private_server()
        self.writer = server.client()
        self.popularity = Popularity(range(KEYS), SKEW)
        self.names = [lab.keys.product(id) for id in range(KEYS)]
        self.writer.mset(dict.fromkeys(self.names, 0))
        self.versions, self.ages = [Versions() for _ in self.names], deque(maxlen=200)
        self.prefix = lab.keys.product("")
        self.at_end(self.drop_cache)
        self.connect(server)

    def drop_cache(self):
        if self.cache is not None:
            self.cache.close()
        self.cache = None

    @on("client", "how", "size")
    def build(self):
        """The way that reads take; where redis-py refuses the server, NearCache stands in."""
        self.drop_cache()
        self.refused = None
        if self.how == BUILT_IN:
            self.cache = self.built_in()
        if self.how == NEAR or self.refused:
            self.cache = NearCache(self.client, prefix=self.prefix, size=self.size)
        self.get = (self.client if self.cache is None else self.cache).get  # an empty NearCache is false
        self.ages.clear()

    def built_in(self):
        """redis-py's own; None, and `refused` says why, if it does not work with this server."""
        # one connection: with more, redis-py 8.1's threads read from each other's sockets, and time out
        client = self.server.client(
            via=self.via, protocol=3, cache_config=CacheConfig(max_size=self.size), max_connections=1
        )
        try:
            client.ping()
        except redis.ConnectionError as refusal:
            self.refused = str(refusal)
            return None
        return client

    def mix(self):
        return {self.read: self.reads, self.write: self.writes}

    def read(self):
        id, began = self.popularity.pick(), time.perf_counter()
        age = self.versions[id].age(int(self.get(self.names[id])), began)
        if age is None:
            return "read"
        self.ages.append(1e3 * age)
        return "read", "stale"

    def write(self):
        id = self.popularity.pick()
        versions = self.versions[id]
        with versions.lock:
            self.writer.set(self.names[id], versions.newest + 1)
            versions.acknowledged(versions.newest + 1)
        return "write"

    def at_work(self):
        read, write = "GET {p}:product:{n}", "SETEX {p}:product:{n} 600 {value}"
        note = "Keys are equally popular there, and no client has a cache."
        load = {"keys": KEYS, "size": 3, "clients": self.workers, "rate": self.reads + self.writes, "note": note}
        return Load({read: self.reads, write: self.writes}, (write,), **load)

    def sample(self, window):
        asked, reads = window.growth("gets", commandstats(self.writer, "get").calls), window.rate("read")
        ages = list(self.ages)
        return window.percentiles("read") | {
            "hits": 100 * max(0.0, 1 - asked / reads) if reads and asked is not None else None,
            "stale": window.rate("stale"),
            "age": median(ages) if ages else None,
            "oldest": max(ages, default=None),
            "refused": self.refused,
        }

    sentence = (
        "{hits:.0f} % of the reads need no round trip; half take under {p50:.3f} ms.",
        "{stale:.1f} reads a second are stale, by {age:.1f} ms (median).",
        "redis-py refuses this server ({refused}), so NearCache stands in.",
    )
    verdict = (
        "Half of the reads take under {p50:.3f} ms, where a round trip takes {round_trip_ms:.2f}; "
        "{stale:.1f} a second are stale"
    )
