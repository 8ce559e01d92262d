"""Section 1.1: cache-aside, and when its entries expire."""

import functools
import random
import time

import redis

from redislab.bench import Watch, WatchedTable, action, choice, dashed, dotted, number, on, time_chart
from redislab.bench.yours import YOURS
from redislab.caching import Resilient
from redislab.lessons.caching_patterns.as_in_the_module import ModuleCacheAside
from redislab.lessons.caching_patterns.stoppable import Stoppable
from redislab.lessons.caching_patterns.theory import HitForecast, hit_ratio
from redislab.lessons.caching_patterns.workload import Popularity, observed
from redislab.lessons.caching_patterns.yours import CACHE, YourCache

OURS, MODULES = "ours", "As in the module"
THROUGH, PAST = "commit, then delete", "past the cache"
LONGEST_TTL = 95  # s: the knob's, and its jitter


class TtlLab(Stoppable):
    """Readers and a few writers on a catalogue of users, through cache-aside with a TTL.

    The dashed line is computed, not measured: `HitForecast` follows what the knobs have done. The dotted one is
    where it settles, `hit_ratio`.
    """

    title = "Cache-aside"

    ttl = number(2.0, 0.2, 60, label="TTL", unit="s", log=True)
    pattern = choice(OURS, [OURS, MODULES], label="Cache-aside", yours=CACHE)
    rate = number(600.0, 50, 2000, label="Requests", unit="/s", log=True)
    skew = number(0.9, 0, 1.5, label="Skew", step=0.1, help="popularity falls as 1/rank^skew; 0: all alike")
    catalogue = number(1000, 100, 10_000, label="Catalogue", unit="users", log=True, integer=True)
    db_ms = number(5.0, 0, 100, label="Added DB latency", unit="ms", step=1)
    writes = number(2.0, 0, 50, label="Writes", unit="%", step=1)
    jitter = number(10.0, 0, 50, label="TTL jitter", unit="±%", step=5)
    writers = choice(THROUGH, [THROUGH, PAST], label="Writers", help="past the cache: as another application would")

    charts = (
        time_chart("Hit ratio", "%", 0, 100,
                   hits="measured", forecast=dashed("predicted"), settled=dotted("where it settles")),
        time_chart("Database", "queries/s", queries="reads that reach it", burst="misses, of the last 0.1 s"),
        time_chart("Latency of a read", "ms", log=True, p50="p50", p99="p99"),
        time_chart("Wrong answers", "/s", stale="stale reads", errors="failed reads"),
    )  # fmt: skip
    presets = {
        "A calm day": {"rate": 300.0, "ttl": 10.0},
        "A flash sale": {"rate": 1500.0, "ttl": 10.0, "writes": 5.0, "skew": 1.4},
        "A slow database": {"db_ms": 80.0},
        "Others write too": {"writers": PAST, "writes": 20.0, "ttl": 10.0},
    }
    workers = 48
    span = 3.0
    waiting = "Waiting for the first reads."

    def setup(self, lab):
        super().setup(lab)
        self.database, self.keys = lab.database, lab.keys
        self.users = WatchedTable(self.database.users)
        self.sampled = time.perf_counter()

    @on("pattern")
    def choose(self):
        """The module's client is redis-py's default, which retries ten times."""
        ours = self.pattern != MODULES
        kinds = {OURS: Resilient, MODULES: ModuleCacheAside, YOURS: functools.partial(YourCache, self.mine)}
        plain = redis.Redis(host=self.server.host, port=self.server.port, decode_responses=True)
        client = self.server.client() if ours else self.owned(plain)
        self.watch = Watch(client)
        keys = self.keys.tenant("yours") if self.pattern == YOURS else self.keys  # what it stores is no one else's
        self.cache = kinds[self.pattern](client, self.users, keys)

    @on("pattern", "ttl", "jitter", "db_ms")
    def tune(self):
        self.cache.ttl, self.cache.jitter = self.ttl, self.jitter / 100
        self.database.added_latency = self.db_ms / 1e3

    @on("catalogue", "skew")
    def populate(self):
        self.popularity = Popularity(self.users.ids[: self.catalogue], self.skew)
        self.forecast = HitForecast(self.popularity.shares, LONGEST_TTL)

    def request(self):
        id = self.popularity.pick()
        return self.write(id) if random.random() < self.writes / 100 else self.read(id)

    def read(self, id):
        try:
            cache = self.cache
            hit, stale = observed(lambda: cache.get(id), self.watch, self.users.newest(id))
            hit = not cache.loaded if isinstance(cache, YourCache) else hit
        except redis.RedisError:
            return "read", "error"
        tags = ("read", "hit") if hit else ("read",)
        return (*tags, "stale") if stale else tags

    def write(self, id):
        record = self.database.users.find(id)
        (self.cache.put if self.writers == THROUGH else self.users.save)(id, record)
        return "write"

    def at_work(self):
        return "After a miss the application asks a database and stores the answer, which neither tool can."

    @action("Flush Redis")
    def flush(self):
        """What is loaded again within the next moments expires within a moment, too, unless jitter spreads it."""
        self.server.client().flushall()
        self.forecast.empty()

    def sample(self, window):
        now = window.interval
        queries, busy = window.growth("find", self.users.finds), window.growth("seconds", self.users.seconds)
        load = busy / queries if queries else self.db_ms / 1e3
        written = self.rate * self.writes / 100
        deleted = written if self.writers == THROUGH else 0.0
        misses = now.tags["read"] - now.tags["hit"]
        burst = misses / max(time.perf_counter() - self.sampled, 1e-3)
        window.count("expected", self.expected_hits(now.tags, load))
        return window.percentiles("read") | {
            "hits": window.share("hit", of="read"),
            "forecast": window.share("expected", of="read"),
            "settled": 100 * hit_ratio(self.popularity.shares, self.rate - written, self.ttl, deleted),
            "queries": queries,
            "burst": burst,
            "stale": window.rate("stale"),
            "down": self.down,
        }

    def expected_hits(self, tags, load: float) -> float:
        """How many of the reads since the last sample should have been hits; a load takes `load` seconds."""
        seconds, self.sampled = time.perf_counter() - self.sampled, time.perf_counter()
        deletes = tags["write"] if self.writers == THROUGH else 0
        ratio = self.forecast.advance(seconds, tags["read"], deletes, self.ttl, self.jitter / 100, load)
        if self.down:
            self.forecast.empty()
        return 0.0 if self.down else ratio * tags["read"]

    sentence = (
        "{hits:.0f} % of the reads are hits ({forecast:.0f} % predicted); the database gets {queries:.0f} queries a second; "
        "half of the reads take under {p50:.2f} ms.",
        "{errors:.0f} requests a second fail.",
        "{stale:.0f} reads a second are out of date.",
    )

    def verdict(self, values):
        hits, forecast = values["hits"], values["forecast"]
        if values["errors"] >= 1:
            return f"As in the module: {values['errors']:.0f} requests a second fail"
        if values["down"]:
            return "Redis is dead, and no read fails"
        return f"{hits:.1f} % hits, {forecast:.1f} % predicted"
