"""Section 5.3: keys without a TTL in a memory that ends, and what each eviction policy makes of it."""

import itertools
import random
import time

import redis

from redislab.bench import Experiment, action, bars, choice, dotted, number, on, time_chart
from redislab.keys import KeyNamespace
from redislab.lessons.caching_patterns.workload import Popularity

POLICIES = (
    "noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"
)  # fmt: skip
NOEVICTION, LRU, LFU, _, VOLATILE, *_ = POLICIES
BARS = {policy: f"hits {policy}" for policy in POLICIES}
ITEMS, SIZE, SKEW = 4000, 4000, 1.0  # a catalogue of 16 MB
PAGE = 20  # reads in one round trip, and then writes of what was missing
STORED, EVICTS, FAILS = "is stored", "evicts another key", "fails"  # what happens to the next write
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
    with_ttl = number(0, 0, 100, label="Keys with a TTL", unit="%", step=5)
    scans = number(0, 0, 90, label="Asked for once", unit="%", step=5, help="as by a report, or a crawler")
    limit = number(25, 10, 150, label="Memory limit", unit="%", step=5, help="of what the whole catalogue takes")
    ttl = number(60.0, 1, 300, label="Their TTL", unit="s", log=True, help="± 50 %")
    rate = number(150.0, 10, 250, label="Pages", unit="/s", log=True)

    charts = (
        time_chart("Keys evicted or expired, and writes refused", "/s",
                   evicted="evicted", expired="expired", failed="failed writes"),
        time_chart("Hit ratio of the catalogue’s readers", "%", 0, 100, hits="hits"),
        time_chart("Memory", "MB", used="used", most=dotted("limit")),
        bars("Hit ratio by policy", "%", 0, 100, **{bar: policy for policy, bar in BARS.items()}),
    )  # fmt: skip
    presets = {
        "A leak, without eviction": {"scans": 20},
        "The same, with TTLs": {"with_ttl": 100, "ttl": 2.0, "scans": 20, "limit": 100},
        "volatile-lru, no TTLs": {"policy": VOLATILE, "scans": 20},
        "LRU under a scan": {"policy": LRU, "scans": 50},
        "LFU under a scan": {"policy": LFU, "scans": 50},
    }
    waiting = "Waiting for the first readers."
    workers = 4
    span = 3.0

    def setup(self, lab):
        self.server, self.keys, self.once = lab.private_server(), KeyNamespace("shop"), itertools.count(ITEMS)
        self.client = self.server.client(max_connections=8, socket_timeout=5)
        self.popular = Popularity(range(ITEMS), SKEW)
        self.client.set(self.keys.product(0), "x" * SIZE)
        self.catalogue_bytes = ITEMS * self.client.memory_usage(self.keys.product(0))
        self.client.flushall()
        for _ in range(2):  # the first reading is from before its own connection had its buffers
            self.empty_bytes = self.client.info("memory")["used_memory"]

    @on("policy")
    def start_empty(self):
        self.client.config_set("maxmemory-policy", self.policy)
        self.client.flushall()  # what one policy notes of a key's use, another one would misread
        self.since = time.monotonic()

    @on("limit")
    def limit_memory(self):
        self.client.config_set("maxmemory", round(self.empty_bytes + self.catalogue_bytes * self.limit / 100))

    @on("limit", "with_ttl", "ttl", "scans", "rate")
    def forget(self):
        self.since, self.by_policy = time.monotonic(), dict.fromkeys(BARS.values())

    @action("Empty the cache")
    def empty_cache(self):
        """As after a restart; what it holds then has been stored as the knobs are now."""
        self.client.flushall()

    def request(self):
        """One page: a tag for each read of the catalogue and each hit among them, and for each write that was refused."""
        reads = [self.next_read() for _ in range(PAGE)]
        with self.client.pipeline(transaction=False) as pipeline:
            for id, _ in reads:
                pipeline.get(self.keys.product(id))
            values = pipeline.execute()
            self.store(pipeline, {id for (id, _), value in zip(reads, values, strict=True) if value is None})
            answers = pipeline.execute(raise_on_error=False)
        tags = ["page"]
        for (_, once), value in zip(reads, values, strict=True):
            if not once:
                tags += ["read"] if value is None else ["read", "hit"]
        tags += ["failed" for answer in answers if isinstance(answer, redis.ResponseError)]
        return tuple(tags)

    def next_read(self) -> tuple[int, bool]:
        """An id, and whether it is asked for this once."""
        once = random.random() * 100 < self.scans
        return (next(self.once) if once else self.popular.pick()), once

    def store(self, pipeline, ids):
        for id in ids:
            ttl = self.ttl * (0.5 + random.random()) if id * 37 % 100 < self.with_ttl else None
            pipeline.set(self.keys.product(id), "x" * SIZE, px=ttl and round(1000 * ttl))

    def sample(self, window):
        memory, stats, hits = self.client.info("memory"), self.client.info("stats"), window.share("hit", of="read")
        if hits is not None and time.monotonic() - self.since > SETTLE + self.span:
            self.by_policy[BARS[self.policy]] = hits
        held = self.client.info("keyspace").get("db0", {"keys": 0, "expires": 0})
        evicted, failed = window.growth("evicted", stats["evicted_keys"]), window.rate("failed")
        return self.by_policy | {
            "used": memory["used_memory"] / 1e6,
            "most": memory["maxmemory"] / 1e6,
            "hits": hits,
            "evicted": evicted,
            "expired": window.growth("expired", stats["expired_keys"]),
            "failed": failed,
            "held": held["keys"],
            "lasting": held["keys"] - held["expires"],
            "next write": FAILS if failed else EVICTS if evicted else STORED,
        }

    sentence = (
        "{used:.1f} of {most:.1f} MB are used by {held:,} keys, {lasting:,} of them without a TTL. With {policy}, {hits:.0f} % of the "
        "reads are hits; {evicted:,.0f} keys are evicted and {expired:,.0f} expire a second.",
        "{failed:,.0f} writes a second are refused (OOM).",
    )

    def verdict(self, values):
        what, evicted = f"{self.policy}, {self.with_ttl:.0f} % with a TTL", values["evicted"]
        if values["failed"] >= 1:
            return f"{what}: {values['failed']:,.0f} writes a second fail, for want of memory"
        if evicted >= 1:
            return f"{what}: no leak, the server evicts {evicted:,.0f} keys a second; {values['hits']:.0f} % are hits"
        return f"{what}: {values['used']:.1f} of {values['most']:.1f} MB are in use, and nothing is evicted or refused"
