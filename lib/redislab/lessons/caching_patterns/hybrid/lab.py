"""Section 1.5: each kind of thing by the pattern that suits it."""

import functools
import random

from redislab.bench import Networked, Watch, WatchedTable, action, bars, choice, number, on, time_chart
from redislab.caching import Hybrid, RefreshAhead, Resilient, WriteBehind, WriteBehindWorker, WriteThrough
from redislab.caching.write_through import DB_FIRST
from redislab.lessons.caching_patterns.workload import Popularity, observed

PATTERNS = {
    "cache-aside": Resilient,
    "write-through (DB first)": functools.partial(WriteThrough, order=DB_FIRST),
    "refresh-ahead": RefreshAhead,
    "write-behind": WriteBehind,
}
ASIDE, THROUGH, AHEAD, BEHIND = PATTERNS
OURS, OTHERS = "through the cache", "past the cache"
KINDS = {"user": "user profiles", "product": "products", "order": "order histories"}
ROWS, SKEW = 40, 0.9  # of each kind


def each(key: str) -> dict[str, str]:
    """A line for each kind; its values are called `key` and the kind."""
    return {f"{key}_{kind}": label for kind, label in KINDS.items()}


class HybridLab(Networked):
    """One in three requests is for each of three kinds, 40 rows of each, and goes where the kind's pattern sends it."""

    title = "Hybrid"

    user = choice(THROUGH, list(PATTERNS), label="User profiles", help="DB, then delete would be a cache-aside")
    product = choice(AHEAD, list(PATTERNS), label="Products")
    order = choice(ASIDE, list(PATTERNS), label="Order histories")
    ttl = number(3.0, 0.5, 30, label="TTL", unit="s", log=True)
    writes = number(5.0, 0, 50, label="Writes", unit="%", step=1)
    writers = choice(OURS, [OURS, OTHERS], label="Writers", help="past the cache: as another application would")
    db_ms = number(20.0, 0, 100, label="Added DB latency", unit="ms", step=1)
    rate = number(200.0, 50, 600, label="Requests", unit="/s", log=True)

    charts = (
        time_chart("Hit ratio", "%", 0, 100, **each("hits")),
        time_chart("Stale reads", "/s", **each("stale")),
        bars("Latency of a read, p50", "ms", **each("p50")),
        bars("Latency of a read, p99", "ms", **each("p99")),
    )
    presets = {
        "As the module routes": {},
        "All alike": dict.fromkeys(KINDS, ASIDE),
        "Many writes": {"writes": 30.0},
        "Orders saved later": {"order": BEHIND, "writes": 30.0},
        "Others write too": {"writes": 20.0, "writers": OTHERS},
    }
    workers = 64
    span = 4.0
    waiting = "Waiting for the first reads of each kind."
    hybrid, savers = None, ()

    def setup(self, lab):
        self.database, self.keys, self.asked = lab.database, lab.keys, None
        self.tables = {kind: WatchedTable(getattr(self.database, f"{kind}s")) for kind in KINDS}
        self.popularity = {kind: Popularity(table.ids[:ROWS], SKEW) for kind, table in self.tables.items()}
        self.at_end(self.stop_background)
        self.connect(lab.server, max_connections=2 * self.workers)

    @on("client")
    def observe_client(self):
        self.watch = Watch(self.client)

    @on("client", *KINDS)
    def route(self):
        self.stop_background()
        self.hybrid = Hybrid({
            kind: PATTERNS[getattr(self, kind)](self.client, table, self.keys) for kind, table in self.tables.items()
        })  # fmt: skip
        behind = (pattern for pattern in self.hybrid.patterns.values() if isinstance(pattern, WriteBehind))
        self.savers = [WriteBehindWorker(pattern) for pattern in behind]
        for saver in self.savers:
            saver.start()

    def stop_background(self):
        for saver in self.savers:
            saver.stop()
        for pattern in self.hybrid.patterns.values() if self.hybrid else ():
            if isinstance(pattern, RefreshAhead):
                pattern.close(timeout=0)

    @on("client", *KINDS, "ttl", "db_ms")
    def tune(self):
        self.database.added_latency = self.db_ms / 1e3
        for pattern in self.hybrid.patterns.values():
            pattern.ttl = self.ttl

    @action("Ask for 42 of each kind")
    def ask(self):
        """Three reads; whether each has the columns of its own table."""
        found = {kind: self.hybrid.get(kind, 42) for kind in KINDS}
        self.asked = {kind: found[kind].keys() == table.find(42).keys() for kind, table in self.tables.items()}

    def request(self):
        kind = random.choice(list(KINDS))
        id = self.popularity[kind].pick()
        return self.write(kind, id) if random.random() < self.writes / 100 else self.read(kind, id)

    def read(self, kind, id):
        hit, stale = observed(lambda: self.hybrid.get(kind, id), self.watch, self.tables[kind].newest(id))
        tags = (kind, f"{kind} hit") if hit else (kind,)
        return (*tags, f"{kind} stale") if stale else tags

    def write(self, kind, id):
        record = self.tables[kind].find(id)
        if self.writers == OURS:
            self.hybrid.put(kind, id, record)
        else:
            self.tables[kind].save(id, record)
        return "write"

    def sample(self, window):
        values = {"asked": self.asked}
        for kind in KINDS:
            values[f"hits_{kind}"] = window.share(f"{kind} hit", of=kind)
            values[f"stale_{kind}"] = window.rate(f"{kind} stale")
            values[f"p50_{kind}"] = window.percentile(kind, 50)
            values[f"p99_{kind}"] = window.percentile(kind, 99)
        return values

    def sentence(self, values):
        hits = ", ".join(f"{values[f'hits_{kind}']:.0f} % of the reads of {label}" for kind, label in KINDS.items())
        stale = sum(values[f"stale_{kind}"] for kind in KINDS)
        told = f"Found in the cache: {hits}. {stale:.1f} reads a second are out of date."
        if not (asked := values.get("asked")):
            return told
        if all(asked.values()):
            return f"{told} User 42, product 42 and order 42 are three entries, each a row of its own table."
        wrong = ", ".join(f"{kind} 42" for kind, right in asked.items() if not right)
        return f"{told} Not a row of its own table: {wrong}."

    def verdict(self, values):
        hits = {kind: values[f"hits_{kind}"] for kind in KINDS}
        best, worst = max(hits, key=hits.get), min(hits, key=hits.get)
        return (
            f"Most hits: {KINDS[best]} by {getattr(self, best)}, {hits[best]:.0f} %; fewest: {KINDS[worst]} by "
            f"{getattr(self, worst)}, {hits[worst]:.0f} %. Ids do not collide here; with the module's keys they do"
        )
