"""Section 5.3: keys without a TTL in a memory that ends, and what each eviction policy makes of it."""

import itertools
import random
import time

import redis
from traitlets import observe

from redislab.bench import Chart, Experiment, Line, action, choice, number
from redislab.keys import KeyNamespace
from redislab.lessons.caching_patterns.workload import Popularity

POLICIES = ("noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-ttl")
NOEVICTION, LRU, LFU, RANDOM, VOLATILE, SOONEST = POLICIES
ITEMS, SIZE, SKEW = 4000, 4000, 1.0  # a catalogue of 16 MB
PAGE = 20  # reads in one round trip, and then writes of what was missing
STORED, EVICTS, FAILS = "is stored", "evicts another key", "fails"  # what becomes of the next write
SETTLE = 3.0  # s until a policy has filled the memory and met with the popular ones a few times


class MissingTtlsLab(Experiment):
    """Readers of a catalogue through a cache that holds a part of it; some of what they read is asked for once and never again.

    A page is 20 reads in a pipeline, and a second one stores what was not there. The memory limit is a share of what the whole
    catalogue takes, on top of what the empty private server does. Which keys have a TTL is decided by their ids. Each
    policy begins with an empty cache. The hit ratio is that of the catalogue's readers alone; the bars keep the last of each policy,
    from when it has been in force for some seconds until another knob is turned.
    """

    title = "Missing TTLs"
    claim = "No expiration is a memory leak: always set a TTL"

    policy = choice(NOEVICTION, POLICIES, label="Eviction policy")
    limit = number(25, 10, 150, label="Memory limit", unit="%", step=5, help="of what the whole catalogue takes")
    with_ttl = number(0, 0, 100, label="Keys with a TTL", unit="%", step=5)
    ttl = number(60.0, 1, 300, label="Their TTL", unit="s", log=True, help="± 50 %")
    scans = number(0, 0, 90, label="Asked for once", unit="%", step=5, help="as by a report, or a crawler")
    rate = number(150.0, 10, 250, label="Pages", unit="/s", log=True)

    charts = (
        Chart("Memory", (Line("used", "used"), Line("most", "limit", "dot", "limit")), unit="MB", low=0),
        Chart("Hit ratio of the catalogue’s readers", (Line("hits", "hits"),), unit="%", low=0, high=100),
        Chart(
            "Keys that go, and writes that are refused",
            (Line("evicted", "evicted"), Line("expired", "expired"), Line("failed", "failed writes")),
            unit="/s",
            low=0,
        ),
        Chart(
            "Hit ratio by policy",
            tuple(Line(f"hits {policy}", policy) for policy in POLICIES),
            unit="%",
            kind="bars",
            low=0,
            high=100,
        ),
    )
    presets = {
        "A leak, without eviction": {"policy": NOEVICTION, "with_ttl": 0, "scans": 20, "limit": 25},
        "The same, with TTLs": {"policy": NOEVICTION, "with_ttl": 100, "ttl": 2.0, "scans": 20, "limit": 100},
        "volatile-lru, no TTLs": {"policy": VOLATILE, "with_ttl": 0, "scans": 20, "limit": 25},
        "LRU under a scan": {"policy": LRU, "with_ttl": 0, "scans": 50, "limit": 25},
        "LFU under a scan": {"policy": LFU, "with_ttl": 0, "scans": 50, "limit": 25},
    }
    workers = 4
    span = 3.0

    def setup(self, lab):
        self.server, self.keys, self.once = lab.private_server(), KeyNamespace("shop"), itertools.count()
        self.client = self.server.client(max_connections=8, socket_timeout=5)
        self.popular = Popularity(range(ITEMS), SKEW)
        self.client.set(self.keys.product(0), "x" * SIZE)
        self.whole = ITEMS * self.client.memory_usage(self.keys.product(0))
        self.client.flushall()
        for _ in range(2):  # the first reading is from before its own connection had its buffers
            self.empty = self.client.info("memory")["used_memory"]
        self.forget()
        self.bound()
        self.begin()

    def teardown(self):
        self.server.close()
        self.server = None

    @observe("policy")
    def begin(self, _=None):
        if self.server:
            self.client.config_set("maxmemory-policy", self.policy)
            self.client.flushall()  # what one policy notes of a key's use, another one would misread
            self.since = time.monotonic()

    @observe("limit")
    def bound(self, _=None):
        if self.server:
            self.client.config_set("maxmemory", round(self.empty + self.whole * self.limit / 100))

    @observe("limit", "with_ttl", "ttl", "scans", "rate")
    def forget(self, _=None):
        self.since, self.by_policy = time.monotonic(), {}

    @action("Empty the cache")
    def empty_cache(self):
        """As after a restart; what it holds then has been stored as the knobs are now."""
        self.client.flushall()

    def request(self):
        """One page: a tag for each read, and for each write that was refused."""
        once = [random.random() * 100 < self.scans for _ in range(PAGE)]
        ids = [ITEMS + next(self.once) if new else self.popular.pick() for new in once]
        with self.client.pipeline(transaction=False) as pipeline:
            for id in ids:
                pipeline.get(self.keys.product(id))
            found = [value is not None for value in pipeline.execute()]
            self.store(pipeline, {id for id, there in zip(ids, found, strict=True) if not there})
            answers = pipeline.execute(raise_on_error=False)
        failed = [answer for answer in answers if isinstance(answer, redis.ResponseError)]
        read = [("read", "hit")[: 1 + there] for there, new in zip(found, once, strict=True) if not new]
        return "page", *itertools.chain(*read), *("failed" for _ in failed)

    def store(self, pipeline, ids):
        for id in ids:
            ends = self.ttl * (0.5 + random.random()) if id * 37 % 100 < self.with_ttl else None
            pipeline.set(self.keys.product(id), "x" * SIZE, px=ends and round(1000 * ends))

    def sample(self, window):
        memory, stats, hits = self.client.info("memory"), self.client.info("stats"), window.share("hit", of="read")
        if hits is not None and time.monotonic() - self.since > SETTLE + self.span:
            self.by_policy = self.by_policy | {f"hits {self.policy}": hits}
        spaces = self.client.info("keyspace").get("db0", {"keys": 0, "expires": 0})
        values = {line.key: self.by_policy.get(line.key) for line in self.charts[3].lines} | {
            "used": memory["used_memory"] / 1e6,
            "most": memory["maxmemory"] / 1e6,
            "hits": hits,
            "evicted": window.growth("evicted", stats["evicted_keys"]),
            "expired": window.growth("expired", stats["expired_keys"]),
            "failed": window.rate("failed"),
            "held": spaces["keys"],
            "for_ever": spaces["keys"] - spaces["expires"],
        }
        return values | {"next write": FAILS if values["failed"] else EVICTS if values["evicted"] else STORED}

    def sentence(self, values):
        if values["hits"] is None:
            return "Waiting for the first readers."
        full = "full" if values["used"] > 0.97 * values["most"] else "not full"
        said = (
            f"{values['held']:,} keys, {values['for_ever']:,} without a TTL; the memory is {full}. {self.policy}: "
            f"{values['hits']:.0f} % hits; {values['evicted'] or 0:,.0f} are evicted and {values['expired'] or 0:,.0f} expire a second."
        )
        return said + (f" {values['failed']:,.0f} writes a second are refused (OOM)." if values["failed"] else "")

    def verdict(self, values):
        if values["hits"] is None or values["evicted"] is None:
            return None
        what = f"{self.policy}, {self.with_ttl:.0f} % with a TTL"
        if values["failed"] >= 1:
            return f"{what}: {values['failed']:,.0f} writes a second fail, for want of memory"
        if values["evicted"] >= 1:
            return f"{what}: no leak, the server evicts {values['evicted']:,.0f} keys a second, and {values['hits']:.0f} % are hits"
        return f"{what}: {values['used']:.1f} of {values['most']:.1f} MB are in use, and nothing is evicted or refused"
