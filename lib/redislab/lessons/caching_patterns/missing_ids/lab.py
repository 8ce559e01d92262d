"""Section 1.1, extra: ids that do not exist, and what keeps them away from the database."""

import itertools
import random
import secrets
import threading
import time

from traitlets import observe

from redislab.bench import Chart, Experiment, Line, action, choice, number, switch
from redislab.caching import BitmapFilter, BloomFilter, BloomGuard, ModuleCacheAside, Resilient
from redislab.keys import KeyNamespace
from redislab.lessons.caching_patterns.theory import hit_ratio
from redislab.lessons.caching_patterns.workload import Popularity

OURS, MODULES = "ours", "As in the module"
BLOOM_TYPES = {
    "BloomFilter": "it is of the server's own Bloom type",
    "BitmapFilter": "this server has no Bloom type, so it is a plain string whose bits are set",
}


class Asked:
    """A table that knows whether the current thread has asked it: which of the reads got as far as the database?"""

    def __init__(self, table):
        self._table, self.kind, self._local = table, table.kind, threading.local()

    def find(self, id):
        self._local.asked = True
        return self._table.find(id)

    def take(self) -> bool:
        """Has it, since the last call?"""
        asked, self._local.asked = getattr(self._local, "asked", False), False
        return asked


class MissingIdsLab(Experiment):
    """Readers of 500 users and of 500 ids that are gone, through cache-aside, on a database that answers four at a time.

    A sentinel stands for "nothing there"; a Bloom filter knows all ids that exist. A flood is added load: new ids, each
    asked for once.
    """

    title = "Missing ids"

    share = number(30.0, 0, 100, label="Unknown ids", unit="%", step=5, help="share of the reads, flood apart")
    sentinel_ttl = number(0.0, 0, 60, label="Sentinel TTL", unit="s", step=1, help="0: nothing is stored for them")
    bloom = switch(False, label="Bloom filter")
    false_positives = number(1.0, 0.1, 20, label="False positives wanted", unit="%", log=True, help="sizes the filter")
    rate = number(200.0, 50, 1000, label="Requests", unit="/s", log=True)
    db_ms = number(10.0, 0, 50, label="Added DB latency", unit="ms", step=1, help="it answers four queries at a time")
    pattern = choice(OURS, [OURS, MODULES], label="Cache-aside", help="the module's has neither sentinel nor filter")

    charts = (
        Chart(
            "Queries that reach the database",
            (
                Line("unknown", "for unknown ids"),
                Line("known", "for known ids"),
                Line("asked", "reads of unknown ids", "dot", "limit"),
                Line("added", "flood, added", "dot", "added"),
                Line("settled", "where it settles", "dash", "predicted"),
            ),
            unit="queries/s",
            low=0,
            wide=True,
        ),
        Chart("Latency of a read of a known id", (Line("p50", "p50"), Line("p99", "p99")), unit="ms", log_y=True),
        Chart("Memory for what is not there", (Line("held", "sentinels"), Line("filter", "filter")), unit="KB", low=0),
    )
    presets = {
        "As in the module": {"pattern": MODULES},
        "A sentinel": {"pattern": OURS, "sentinel_ttl": 10.0, "bloom": False},
        "A filter": {"pattern": OURS, "sentinel_ttl": 0.0, "bloom": True},
        "Both": {"pattern": OURS, "sentinel_ttl": 10.0, "bloom": True},
    }
    workers = 48
    filter = None
    IDS, TTL, WIDTH = 500, 10.0, 4
    FLOOD, FLOOD_SECONDS = 3, 5.0  # times the rate, on top

    def setup(self, lab):
        self.client, self.database, self.prefix = lab.client(), lab.open_database(), lab.prefix
        self.database.width, self.users, ids = self.WIDTH, Asked(self.database.users), self.database.users.ids
        self.known = Popularity(ids[: self.IDS], 0.9)
        self.gone = Popularity(range(max(ids) + 1, max(ids) + 1 + self.IDS), 0.9)
        self.fresh, self.flooded, self.flooding_until = itertools.count(max(ids) + 10**6), range(0), 0.0
        self.slow_down()
        self.choose()

    def teardown(self):
        self.database.close()
        self.drop_filter()

    @observe("db_ms")
    def slow_down(self, _=None):
        if self.server:
            self.database.added_latency = self.db_ms / 1e3

    @observe("pattern")
    def choose(self, _=None):
        if self.server:  # keys of their own: the module's code would read our sentinels
            self.keys = KeyNamespace(f"{self.prefix}:missing_{secrets.token_hex(3)}")
            self.client.set(probe := self.keys.user(self.gone.ids[0]), "null", px=1000)
            self.sentinel_bytes = self.client.memory_usage(probe)
            self.client.delete(probe)
            self.protect()

    @observe("bloom", "false_positives")
    def protect(self, _=None):
        if not self.server:
            return
        self.drop_filter()
        common = (self.client, self.users, self.keys)
        options = {"ttl": self.TTL, "missing_ttl": self.sentinel_ttl}
        if self.pattern == MODULES:
            self.cache = ModuleCacheAside(*common, ttl=self.TTL)
        elif self.bloom:
            self.cache = BloomGuard(*common, filter=self.make_filter(), **options)
        else:
            self.cache = Resilient(*common, **options)

    def make_filter(self):
        kind, ids = BloomFilter if "bloom" in self.server.capabilities else BitmapFilter, self.database.users.ids
        options = {"capacity": len(ids), "error_rate": self.false_positives / 100}
        self.filter = kind(self.client, self.keys, self.users.kind, **options)
        self.filter.fill(ids)
        return self.filter

    def drop_filter(self):
        if self.filter:
            self.client.delete(self.filter.key)
        self.filter = None

    @observe("sentinel_ttl")
    def remember(self, _=None):
        if self.server:
            self.cache.missing_ttl = self.sentinel_ttl

    @action("Flood of unknown ids")
    def flood(self):
        """Added load, for some seconds: three times the rate on top, of ids that are asked for once."""
        self.flooding_until = time.monotonic() + self.FLOOD_SECONDS

    @property
    def flooding(self) -> bool:
        return time.monotonic() < self.flooding_until

    def gap(self, random):
        return random.expovariate(self.rate * (1 + self.FLOOD * self.flooding))

    def request(self):
        id, *tags = self.pick()
        self.users.take()
        self.cache.get(id)
        return (*tags, f"{tags[0]} query") if self.users.take() else tuple(tags)

    def pick(self):
        if self.flooding and random.random() < self.FLOOD / (1 + self.FLOOD):
            id = next(self.fresh)
            self.flooded = range(self.flooded.start or id, id + 1)
            return id, "unknown", "flood"
        unknown = random.random() < self.share / 100
        return (self.gone.pick(), "unknown") if unknown else (self.known.pick(), "known")

    def sentinels(self) -> int:
        """How many there are: of the ids that are gone all are looked for, of the flood's every n-th."""
        latest = self.flooded[-20_000:]
        step = 1 + len(latest) // 300
        count = [self.client.exists(*map(self.keys.user, ids)) if ids else 0 for ids in (self.gone.ids, latest[::step])]
        return count[0] + step * count[1]

    def sample(self, window):
        sentinels, per_cent = self.sentinels(), window.share("unknown query", of="unknown")
        asked, missing_ttl = self.rate * self.share / 100, getattr(self.cache, "missing_ttl", 0.0)
        settled = asked * (1 - hit_ratio(self.gone.shares, asked, missing_ttl))
        return {
            "known": window.rate("known query"),
            "unknown": window.rate("unknown query"),
            "asked": window.rate("unknown"),
            "added": window.rate("flood") or None,
            "settled": settled * self.false_positives / 100 if self.filter else settled,
            "p50": window.percentile("known", 50),
            "p99": window.percentile("known", 99),
            "held": sentinels * self.sentinel_bytes / 1e3,
            "filter": self.client.memory_usage(self.filter.key) / 1e3 if self.filter else 0.0,
            "sentinels": sentinels,
            "type": type(self.filter).__name__,
            "flooding": self.flooding,
            "per_thousand": None if per_cent is None else 10 * per_cent,
        }

    def sentence(self, values):
        if values["per_thousand"] is None:
            return "No unknown id has been asked for yet." if self.share else "Nobody asks for an unknown id."
        said = f"Of {values['asked']:,.0f} reads of unknown ids a second, {values['unknown']:,.0f} reach the database."
        if self.pattern == MODULES:
            said += " The module's code stores nothing for them, and has no filter."
        if values["sentinels"]:
            said += f" Sentinels: {values['sentinels']:,}, which take {values['held']:,.1f} KB."
        if values["filter"]:
            said += f" The filter takes {values['filter']:,.1f} KB; {BLOOM_TYPES[values['type']]}."
        if values["flooding"]:
            said += " The flood is added load: each of its ids is new, and is asked for once."
        return said

    def verdict(self, values):
        if values["per_thousand"] is None:
            return None
        what = [name for name, there in (("sentinels", self.sentinel_ttl), ("a filter", self.bloom)) if there]
        protection = "neither sentinel nor filter" if self.pattern == MODULES or not what else " and ".join(what)
        return f"{values['per_thousand']:,.0f} queries for 1,000 reads of ids that do not exist, with {protection}"
