"""Section 1.1: cache-aside, and when its entries expire."""

import random
import time

import redis
from traitlets import observe

from redislab.bench import Chart, Experiment, Line, Watch, action, choice, number
from redislab.caching import ModuleCacheAside, Resilient
from redislab.lessons.caching_patterns.theory import HitForecast, hit_ratio
from redislab.lessons.caching_patterns.workload import Popularity, Versions

OURS, MODULES = "ours", "As in the module"
THROUGH, PAST = "commit, then delete", "past the cache"
USUAL = {"writers": THROUGH, "catalogue": 1000, "jitter": 10.0}


class TtlLab(Experiment):
    """Readers and a few writers on a catalogue of users, through cache-aside with a TTL.

    The dashed line is computed, not measured: `HitForecast` follows what the knobs have done. The dotted one is
    where it settles, `hit_ratio`.
    """

    title = "Cache-aside"
    claim = "A cache failure doesn't break the application"

    ttl = number(2.0, 0.2, 60, label="TTL", unit="s", log=True)
    rate = number(600.0, 50, 2000, label="Requests", unit="/s", log=True)
    skew = number(0.9, 0, 1.5, label="Skew", step=0.1, help="popularity falls as 1/rank^skew; 0: all alike")
    catalogue = number(1000, 100, 10_000, label="Catalogue", unit="users", log=True, integer=True)
    db_ms = number(5.0, 0, 100, label="Added DB latency", unit="ms", step=1)
    writes = number(2.0, 0, 50, label="Writes", unit="%", step=1)
    jitter = number(10.0, 0, 50, label="TTL jitter", unit="±%", step=5)
    writers = choice(THROUGH, [THROUGH, PAST], label="Writers", help="past the cache: as another application would")
    pattern = choice(OURS, [OURS, MODULES], label="Cache-aside")

    charts = (
        Chart(
            "Hit ratio",
            (
                Line("hits", "measured"),
                Line("forecast", "predicted", "dash", "predicted"),
                Line("settled", "where it settles", "dot", "limit"),
            ),
            unit="%",
            low=0,
            high=100,
        ),
        Chart("Latency of a read", (Line("p50", "p50"), Line("p99", "p99")), unit="ms", log_y=True),
        Chart("Database", (Line("queries", "reads that reach it"),), unit="queries/s", low=0),
        Chart("Wrong answers", (Line("stale", "stale reads"), Line("errors", "failed reads")), unit="/s", low=0),
    )
    presets = {
        "A calm day": {"rate": 300.0, "ttl": 10.0, "db_ms": 5.0, "writes": 2.0, "skew": 0.9, **USUAL},
        "A flash sale": {"rate": 1500.0, "ttl": 10.0, "db_ms": 5.0, "writes": 5.0, "skew": 1.4},
        "A slow database": {"rate": 600.0, "ttl": 2.0, "db_ms": 80.0},
        "Others write too": {"writers": PAST, "writes": 20.0, "ttl": 10.0, "db_ms": 5.0},
    }
    workers = 48
    span = 3.0

    def setup(self, lab):
        self.server = lab.private_server()  # it will be killed
        self.database = lab.open_database()
        self.users, self.keys = Versions(self.database.users), lab.keys
        self.sampled, self.down = time.perf_counter(), False
        self.slow_down()
        self.choose()
        self.populate()

    def teardown(self):
        self.server.close()
        self.database.close()
        self.server = None

    @observe("pattern")
    def choose(self, _=None):
        if self.server:
            # the module's client is redis-py's default, which retries ten times
            plain = redis.Redis(host=self.server.host, port=self.server.port, decode_responses=True)
            ours = self.pattern == OURS
            client = self.server.client() if ours else plain
            self.watch = Watch(client)
            self.cache = (Resilient if ours else ModuleCacheAside)(client, self.users, self.keys)
            self.time_out()

    @observe("ttl", "jitter")
    def time_out(self, _=None):
        if self.server:
            self.cache.ttl, self.cache.jitter = self.ttl, self.jitter / 100

    @observe("db_ms")
    def slow_down(self, _=None):
        if self.server:
            self.database.added_latency = self.db_ms / 1e3

    @observe("catalogue", "skew")
    def populate(self, _=None):
        if self.server:
            ids = self.database.users.ids[: self.catalogue]
            self.popularity = Popularity(ids, self.skew)
            self.forecast = HitForecast(self.popularity.shares, longest_ttl=95)

    def request(self):
        id = self.popularity.pick()
        return self.write(id) if random.random() < self.writes / 100 else self.read(id)

    def read(self, id):
        newest = self.users.newest(id)
        self.watch.take()
        try:
            record = self.cache.get(id)
        except redis.RedisError:
            return "read", "error"
        first = next((command for command in self.watch.take() if command.text.startswith("GET ")), None)
        tags = ("read", "hit" if first and first.reply is not None else "miss")
        return (*tags, "stale") if record["version"] < newest else tags

    def write(self, id):
        record = self.database.users.find(id)
        (self.cache.put if self.writers == THROUGH else self.users.save)(id, record)
        return "write"

    @action("Stop Redis")
    def stop_redis(self):
        """SIGKILL: what was cached is gone."""
        self.down = True
        self.server.kill()

    @action("Start Redis")
    def start_redis(self):
        self.server.restart()
        self.down = False

    def sample(self, window):
        now = window.interval
        seconds, self.sampled = time.perf_counter() - self.sampled, time.perf_counter()
        through = self.writers == THROUGH
        reads, writes = now.tags["read"], now.tags["write"] if through else 0
        queries, busy = window.growth("find", self.users.finds), window.growth("seconds", self.users.seconds)
        load = busy / queries if queries else self.db_ms / 1e3
        expected = self.forecast.advance(seconds, reads, writes, self.ttl, self.jitter / 100, load)
        if self.down:
            expected = 0.0
            self.forecast.empty()
        window.count("expected", reads * expected)
        written = self.rate * self.writes / 100
        settled = hit_ratio(self.popularity.shares, self.rate - written, self.ttl, written if through else 0.0)
        return {
            "hits": window.share("hit", of="read"),
            "forecast": window.share("expected", of="read"),
            "settled": 100 * settled,
            "p50": window.percentile("read", 50),
            "p99": window.percentile("read", 99),
            "queries": queries,
            "stale": window.rate("stale"),
            "down": self.down,
        }

    def sentence(self, values):
        if values["hits"] is None:
            return "Waiting for the first reads."
        said = (
            f"{values['hits']:.0f} % of the reads are hits ({values['forecast'] or 0:.0f} % predicted); the database gets "
            f"{values['queries'] or 0:.0f} queries a second; half of the reads take under {values['p50']:.2f} ms."
        )
        if values["errors"] >= 1:
            said += f" {values['errors']:.0f} requests a second fail."
        if values["stale"] >= 1:
            said += f" {values['stale']:.0f} reads a second are out of date."
        return said

    def verdict(self, values):
        if values["hits"] is None or values["forecast"] is None:
            return None
        if values["errors"] >= 1:
            return f"False as in the module: {values['errors']:.0f} requests a second fail"
        if values["down"]:
            return "True of this code: Redis is dead, and no read fails"
        return f"{values['hits']:.1f} % hits, {values['forecast']:.1f} % predicted. Stop Redis to test the claim"
