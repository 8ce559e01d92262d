"""Section 1.5: each kind of thing by the pattern that suits it."""

import random

from traitlets import observe

from redislab.bench import Chart, Line, Networked, Watch, action, choice, number
from redislab.caching import Hybrid, RefreshAhead, Resilient, WriteThrough
from redislab.caching.write_through import DB_FIRST
from redislab.lessons.caching_patterns.workload import Popularity, Versions

ASIDE, THROUGH, AHEAD = "cache-aside", "write-through (DB first)", "refresh-ahead"
PATTERNS = [ASIDE, THROUGH, AHEAD]
OURS, OTHERS = "through the cache", "past the cache"
KINDS = {"user": "user profiles", "product": "products", "order": "order histories"}


def lines(key: str) -> tuple[Line, ...]:
    """One line for each kind, whose values are called `key` and the kind."""
    return tuple(Line(f"{key}_{kind}", label) for kind, label in KINDS.items())


class HybridLab(Networked):
    """One in three requests is for each of three kinds, 40 rows of each, and goes where the kind's pattern sends it."""

    title = "Hybrid"
    claim = "Combine patterns based on data type"

    user = choice(THROUGH, PATTERNS, label="User profiles", help="DB, then delete would be a cache-aside")
    product = choice(AHEAD, PATTERNS, label="Products")
    order = choice(ASIDE, PATTERNS, label="Order histories")
    ttl = number(3.0, 0.5, 30, label="TTL", unit="s", log=True)
    writes = number(5.0, 0, 50, label="Writes", unit="%", step=1)
    writers = choice(OURS, [OURS, OTHERS], label="Writers", help="past the cache: as another application would")
    db_ms = number(20.0, 0, 100, label="Added DB latency", unit="ms", step=1)
    rate = number(200.0, 50, 600, label="Requests", unit="/s", log=True)

    charts = (
        Chart("Hit ratio", lines("hits"), unit="%", low=0, high=100),
        Chart("Stale reads", lines("stale"), unit="/s", low=0),
        Chart("Latency of a read, p50", lines("p50"), unit="ms", kind="bars", low=0),
        Chart("Latency of a read, p99", lines("p99"), unit="ms", kind="bars", low=0),
    )
    presets = {
        "As the module routes": {"user": THROUGH, "product": AHEAD, "order": ASIDE},
        "All alike": {"user": ASIDE, "product": ASIDE, "order": ASIDE},
        "Many writes": {"writes": 30.0, "writers": OURS},
        "Others write too": {"writes": 20.0, "writers": OTHERS},
    }
    workers = 64
    span = 4.0
    ROWS, SKEW = 40, 0.9
    hybrid = None

    def setup(self, lab):
        self.database, self.keys, self.asked = lab.open_database(), lab.keys, None
        tables = {"user": self.database.users, "product": self.database.products, "order": self.database.orders}
        self.tables = {kind: Versions(table) for kind, table in tables.items()}
        self.popularity = {kind: Popularity(table.ids[: self.ROWS], self.SKEW) for kind, table in tables.items()}
        self.slow_down()
        self.connect(lab.server, max_connections=2 * self.workers)

    def teardown(self):
        super().teardown()
        self.let_go(self.hybrid)
        self.database.close()

    @staticmethod
    def let_go(hybrid):
        for pattern in hybrid.patterns.values() if hybrid else ():
            if isinstance(pattern, RefreshAhead):
                pattern.close(timeout=0)

    def connected(self):
        self.watch = Watch(self.client)
        self.route()

    @observe(*KINDS)
    def route(self, _=None):
        if self.client:
            former = self.hybrid
            self.hybrid = Hybrid({kind: self.pattern(getattr(self, kind), self.tables[kind]) for kind in KINDS})
            self.time_out()
            self.let_go(former)

    def pattern(self, name, table):
        common = (self.client, table, self.keys)
        if name == THROUGH:
            return WriteThrough(*common, order=DB_FIRST)
        return Resilient(*common) if name == ASIDE else RefreshAhead(*common)

    @observe("ttl")
    def time_out(self, _=None):
        if self.hybrid:
            for pattern in self.hybrid.patterns.values():
                pattern.ttl = self.ttl

    @observe("db_ms")
    def slow_down(self, _=None):
        if self.server:
            self.database.added_latency = self.db_ms / 1e3

    @action("Ask for 42 of each kind")
    def ask(self):
        """Three reads, and what the database holds beside them."""
        found = {kind: self.hybrid.get(kind, 42) for kind in KINDS}
        self.asked = {
            kind: bool(row) and row.keys() == self.tables[kind].find(42).keys() for kind, row in found.items()
        }

    def request(self):
        kind = random.choice(list(KINDS))
        id = self.popularity[kind].pick()
        return self.write(kind, id) if random.random() < self.writes / 100 else self.read(kind, id)

    def read(self, kind, id):
        newest = self.tables[kind].newest(id)
        self.watch.take()
        record = self.hybrid.get(kind, id)
        first = next((command for command in self.watch.take() if command.text.startswith("GET ")), None)
        tags = (kind, f"{kind} hit") if first and first.reply is not None else (kind,)
        return (*tags, f"{kind} stale") if record["version"] < newest else tags

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
        if any(values[f"hits_{kind}"] is None for kind in KINDS):
            return "Waiting for the first reads of each kind."
        hits = ", ".join(f"{values[f'hits_{kind}']:.0f} % of the reads of {label}" for kind, label in KINDS.items())
        stale = sum(values[f"stale_{kind}"] for kind in KINDS)
        said = f"Found in the cache: {hits}. {stale:.1f} reads a second are out of date."
        if values["asked"]:
            said += f" {self.answer(values['asked'])}"
        return said

    @staticmethod
    def answer(asked) -> str:
        """What became of the three 42s."""
        if all(asked.values()):
            return "User 42, product 42 and order 42 are three entries, each a row of its own table."
        wrong = ", ".join(f"{kind} 42" for kind, right in asked.items() if not right)
        return f"Not a row of its own table: {wrong}."

    def verdict(self, values):
        hits = {kind: values[f"hits_{kind}"] for kind in KINDS}
        if None in hits.values():
            return None
        best, worst = (pick(hits, key=hits.get) for pick in (max, min))
        return (
            f"Most hits: {KINDS[best]} by {getattr(self, best)}, {hits[best]:.0f} %; fewest: {KINDS[worst]} by "
            f"{getattr(self, worst)}, {hits[worst]:.0f} %. Ids do not collide here; with the module's keys they do"
        )
