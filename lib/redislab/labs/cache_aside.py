"""Section 1.1: cache-aside, and what happens when a popular key expires."""

import random
import time

import redis
from traitlets import observe

from redislab.bench import Chart, Experiment, Line, Watch, action, choice, number
from redislab.caching import CacheAside, EarlyRefresh, ModuleCacheAside, ServeStale
from redislab.labs.theory import HitForecast, hit_ratio, zipf
from redislab.labs.workload import Popularity, Versions

OURS, MODULES = "ours", "as in the module"
THROUGH, PAST = "commit, then delete", "past the cache"


class TtlLab(Experiment):
    """Readers and a few writers on a catalogue of users, through cache-aside with a TTL.

    The dashed line is computed, not measured: `HitForecast` follows what the knobs have done, and the dotted one is
    where it will settle, the sum of pᵢ·λpᵢT/(1+λpᵢT) over the keys.
    """

    title = "Cache-aside: what a TTL buys"
    claim = "resilient: a cache failure doesn't break the application; stale data possible between updates"

    ttl = number(2.0, 0.2, 60, label="TTL", unit="s", log=True)
    rate = number(600.0, 50, 2000, label="Requests", unit="/s", log=True)
    skew = number(0.9, 0, 1.5, label="Skew", step=0.1, help="popularity falls as 1/rank^skew; 0: all alike")
    catalogue = number(1000, 100, 10_000, label="Catalogue", unit="users", log=True, integer=True)
    db_ms = number(5.0, 0, 100, label="Added DB latency", unit="ms", step=1)
    writes = number(2.0, 0, 50, label="Writes", unit="%", step=1)
    jitter = number(10.0, 0, 50, label="TTL jitter", unit="± %", step=5)
    writers = choice(THROUGH, [THROUGH, PAST], label="Writers", help="past the cache: as another application would")
    pattern = choice(OURS, [OURS, MODULES], label="Cache-aside")

    charts = (
        Chart(
            "Hit ratio",
            (Line("hits", "measured"), Line("forecast", "predicted", "dash", "predicted"), Line("settled", "where it settles", "dot", "limit")),
            unit="%",
            low=0,
            high=100,
        ),
        Chart("Latency of a read", (Line("p50", "p50"), Line("p99", "p99")), unit="ms", log_y=True),
        Chart("Database queries", (Line("queries", "reads of the database"),), unit="/s", low=0),
        Chart("Reads that failed, or were out of date", (Line("stale", "stale reads"), Line("errors", "errors")), unit="/s", low=0),
    )
    presets = {
        "A calm day": {"rate": 300.0, "ttl": 10.0, "skew": 0.9, "db_ms": 5.0, "writes": 2.0},
        "A flash sale": {"rate": 1500.0, "ttl": 10.0, "skew": 1.4, "db_ms": 5.0, "writes": 5.0},
        "A slow database": {"rate": 600.0, "ttl": 2.0, "db_ms": 80.0},
        "Others write too": {"writers": PAST, "writes": 20.0, "ttl": 10.0},
    }

    def setup(self, lab):
        self.server = lab.private_server()  # it will be killed
        self.database = lab.open_database()
        self.users, self.keys = Versions(self.database.users), lab.keys
        self.expected, self.down = 0.0, False
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
            self.cache = (CacheAside if ours else ModuleCacheAside)(client, self.users, self.keys)
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
            self.popularity = Popularity(self.users_ids[: self.catalogue], self.skew)
            self.forecast = HitForecast(self.popularity.shares, 70, self.span)

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
        sent = self.watch.take()
        found = bool(sent) and sent[0].found
        stale = record["version"] < newest
        return ("read", "hit" if found else "miss", "stale") if stale else ("read", "hit" if found else "miss")

    def write(self, id):
        record = self.database.users.find(id)
        (self.cache.put if self.writers == THROUGH else self.users.save)(id, record)
        return "write"
