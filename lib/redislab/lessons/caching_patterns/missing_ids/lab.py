"""Section 1.1, extra: ids that do not exist, and what keeps them away from the database."""

import itertools
import random
import threading
import time

from redislab.bench import Experiment, WatchedTable, action, choice, number, on, switch
from redislab.bench.charts import Line, dashed, dotted, time_chart
from redislab.caching import BitmapFilter, BloomFilter, BloomGuard, Resilient
from redislab.keys import KeyNamespace
from redislab.lessons.caching_patterns.as_in_the_module import ModuleCacheAside
from redislab.lessons.caching_patterns.theory import hit_ratio
from redislab.lessons.caching_patterns.workload import Popularity

OURS, MODULES = "ours", "As in the module"
BLOOM_TYPES = {
    BloomFilter: "it is of the server's own Bloom type",
    BitmapFilter: "this server has no Bloom type, so it is a plain string whose bits are set",
}
UNPROTECTED = "The module's code stores nothing for them, and has no filter."
IDS, TTL, DB_WIDTH = 500, 10.0, 4  # of each kind; s; queries
FLOOD, FLOOD_SECONDS = 3, 5.0  # times the rate, on top
LATEST, LOOKED_FOR = 20_000, 300  # ids of the flood whose sentinels are counted, and how many of these are looked for


class MissingIdsLab(Experiment):
    """Readers of 500 users and of 500 ids that are gone, through cache-aside, on a database that answers four at a time.

    A sentinel stands for "nothing there"; a Bloom filter knows all ids that exist. A flood is added load: new ids, each
    asked for once.
    """

    title = "Missing ids"

    sentinel_ttl = number(0.0, 0, 60, label="Sentinel TTL", unit="s", step=1, help="0: nothing is stored for them")
    bloom = switch(False, label="Bloom filter")
    false_positives = number(1.0, 0.1, 20, label="False positives wanted", unit="%", log=True, help="sizes the filter")
    share = number(30.0, 0, 100, label="Unknown ids", unit="%", step=5, help="share of the reads, flood apart")
    rate = number(200.0, 50, 1000, label="Requests", unit="/s", log=True)
    db_ms = number(10.0, 0, 50, label="Added DB latency", unit="ms", step=1, help="it answers four queries at a time")
    pattern = choice(OURS, [OURS, MODULES], label="Cache-aside", help="the module's has neither sentinel nor filter")

    charts = (
        time_chart("Queries that reach the database", "queries/s", wide=True,
                   unknown="for unknown ids", known="for known ids", asked=dotted("reads of unknown ids"),
                   added=Line("", "flood, added", "dot", "added"), settled=dashed("where it settles")),
        time_chart("Latency of a read of a known id", "ms", log=True, p50="p50", p99="p99"),
        time_chart("Memory for what is not there", "KB", held="sentinels", filter="filter"),
    )  # fmt: skip
    presets = {
        "As in the module": {"pattern": MODULES},
        "A sentinel": {"sentinel_ttl": 10.0},
        "A filter": {"bloom": True},
        "Both": {"sentinel_ttl": 10.0, "bloom": True},
    }
    workers = 48
    filter = None

    def setup(self, lab):
        self.client, self.database, self.prefix = lab.client(), lab.database, lab.prefix
        self.database.width = DB_WIDTH
        self.users, self.this_thread = WatchedTable(self.database.users), threading.local()
        self.users.before_find = self.note_query
        newest = max(self.users.ids)
        self.known = Popularity(self.users.ids[:IDS], 0.9)
        self.gone = Popularity(range(newest + 1, newest + 1 + IDS), 0.9)
        self.new_ids = itertools.count(newest + 10**6)
        self.flooded, self.flooding_until = range(0), 0.0
        self.sentinel_bytes, self.numbers = self.bytes_of_a_sentinel(lab.keys), itertools.count()

    def note_query(self, id):
        self.this_thread.asked = True

    def bytes_of_a_sentinel(self, keys) -> int:
        key = keys.user(self.gone.ids[0])
        self.client.set(key, "null", px=60_000)
        return self.client.memory_usage(key)

    @on("pattern")
    def choose(self):
        """Keys of their own for each: the module's code would read our sentinels."""
        self.keys = KeyNamespace(f"{self.prefix}:{next(self.numbers)}")

    @on("pattern", "bloom", "false_positives")
    def protect(self):
        self.drop_filter()
        common = (self.client, self.users, self.keys)
        if self.pattern == MODULES:
            self.cache = ModuleCacheAside(*common, ttl=TTL)
        elif self.bloom:
            self.filter = self.make_filter()
            self.cache = BloomGuard(*common, filter=self.filter, ttl=TTL)
        else:
            self.cache = Resilient(*common, ttl=TTL)

    def make_filter(self):
        kind, ids = BloomFilter if "bloom" in self.server.capabilities else BitmapFilter, self.users.ids
        options = {"capacity": len(ids), "error_rate": self.false_positives / 100}
        made = kind(self.client, self.keys, self.users.kind, **options)
        made.fill(ids)
        return made

    def drop_filter(self):
        if self.filter:
            self.client.delete(self.filter.key)
        self.filter = None

    @on("pattern", "bloom", "false_positives", "sentinel_ttl", "db_ms")
    def tune(self):
        self.cache.missing_ttl = self.sentinel_ttl if self.pattern == OURS else 0.0
        self.database.added_latency = self.db_ms / 1e3

    @action("Flood of unknown ids")
    def flood(self):
        """Added load, for some seconds: three times the rate on top, of ids that are asked for once."""
        self.flooding_until = time.monotonic() + FLOOD_SECONDS

    @property
    def flooding(self) -> bool:
        return time.monotonic() < self.flooding_until

    def gap(self, random):
        return random.expovariate(self.rate * (1 + FLOOD * self.flooding))

    def request(self):
        id, *tags = self.pick()
        self.this_thread.asked = False
        self.cache.get(id)
        return (*tags, f"{tags[0]} query") if self.this_thread.asked else tuple(tags)

    def pick(self):
        """An id, and the tags of its read."""
        if self.flooding and random.random() < FLOOD / (1 + FLOOD):
            id = next(self.new_ids)
            self.flooded = range(self.flooded.start or id, id + 1)
            return id, "unknown", "flood"
        unknown = random.random() < self.share / 100
        return (self.gone.pick(), "unknown") if unknown else (self.known.pick(), "known")

    def sentinels(self) -> int:
        """How many there are: of the ids that are gone all are looked for, of the flood's every n-th."""
        latest = self.flooded[-LATEST:]
        step = 1 + len(latest) // LOOKED_FOR
        return self.existing(self.gone.ids) + step * self.existing(latest[::step])

    def existing(self, ids) -> int:
        return self.client.exists(*map(self.keys.user, ids)) if ids else 0

    def sample(self, window):
        sentinels, asked = self.sentinels(), self.rate * self.share / 100
        per_cent = window.share("unknown query", of="unknown")
        settled = asked * (1 - hit_ratio(self.gone.shares, asked, self.cache.missing_ttl))
        return window.percentiles("known") | {
            "known": window.rate("known query"),
            "unknown": window.rate("unknown query"),
            "asked": window.rate("unknown"),
            "added": window.rate("flood") or None,
            "settled": settled * self.false_positives / 100 if self.filter else settled,
            "held": sentinels * self.sentinel_bytes / 1e3,
            "filter": self.client.memory_usage(self.filter.key) / 1e3 if self.filter else 0.0,
            "sentinels": sentinels,
            "type": BLOOM_TYPES.get(type(self.filter)),
            "unprotected": UNPROTECTED if self.pattern == MODULES else "",
            "flooding": self.flooding,
            "per_thousand": None if per_cent is None else 10 * per_cent,
        }

    sentence = (
        "Of {asked:,.0f} reads of unknown ids a second, {unknown:,.0f} reach the database.",
        "{unprotected}",
        "Sentinels: {sentinels:,}, which take {held:,.1f} KB.",
        "The filter takes {filter:,.1f} KB; {type}.",
        "The flood of {added:,.0f} reads a second is added load: each of its ids is new, and is asked for once.",
    )

    def verdict(self, values):
        what = [name for name, there in (("sentinels", self.sentinel_ttl), ("a filter", self.bloom)) if there]
        protection = "neither sentinel nor filter" if self.pattern == MODULES or not what else " and ".join(what)
        return f"{values['per_thousand']:,.0f} queries for 1,000 reads of ids that do not exist, with {protection}"
