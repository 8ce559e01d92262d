"""Section 2.2: a catalogue whose products expire, and indexes that do not know it."""

import random
import time
from collections import deque
from statistics import median

from traitlets import observe

from redislab.bench import Chart, Experiment, Line, action, choice, number
from redislab.lessons.caching_patterns.theory import LifeForecast
from redislab.modeling import Catalog, ModuleCatalog

STAY, PRUNED = "As in the module", "pruned on read"
CATEGORIES, TAGS = [f"category-{n}" for n in range(5)], [f"tag-{n}" for n in range(12)]


class CatalogueLab(Experiment):
    """Products are written at random and expire; readers look up the newest of a category, or what has two given tags.

    The dashed line is computed: the chance that the last write of a product is no older than the TTL. What the server
    needs for an intersection is read from its SLOWLOG, which here takes down every command. It is a server of its own.
    """

    title = "Catalogue"
    claim = "Find products with multiple tags (intersection)"

    products = number(2000, 100, 5000, label="Products", integer=True, log=True, help="that are ever written")
    ttl = number(5.0, 1, 60, label="TTL", unit="s", log=True)
    rate = number(200.0, 10, 400, label="Writes", unit="/s", log=True)
    lookups = number(20.0, 0, 100, label="Look-ups", unit="/s", step=5)
    tags = number(4, 2, 6, label="Tags of a product", integer=True)
    entries = choice(PRUNED, [STAY, PRUNED], label="Entries of expired products")

    charts = (
        Chart(
            "Products",
            (
                Line("listed", "in the indexes"),
                Line("living", "living"),
                Line("expected", "living, predicted", "dash", "predicted"),
            ),
            unit="products",
            low=0,
        ),
        Chart(
            "Leads to nothing",
            (Line("dangling", "of the index entries"), Line("served", "of what readers got")),
            "%",
            low=0,
            high=100,
        ),
        Chart("Time of an intersection", (Line("client_us", "client"), Line("server_us", "server")), "µs", log_y=True),
        Chart("Memory", (Line("indexes", "indexes"), Line("books", "what pruning keeps")), "KB", low=0),
    )
    presets = {
        "As in the module": {"entries": STAY, "ttl": 5.0, "lookups": 20.0},
        "Pruned": {"entries": PRUNED, "ttl": 5.0, "lookups": 20.0},
        "A short life, unpruned": {"entries": STAY, "ttl": 1.0, "rate": 200.0, "lookups": 20.0},
        "Nobody looks": {"entries": PRUNED, "ttl": 2.0, "lookups": 0.0},
    }
    span = 3.0
    MOST, AGAIN = 5000, 0.3  # products; s between two counts

    def setup(self, lab):
        self.server = lab.private_server(slowlog_log_slower_than=0, slowlog_max_len=256)
        self.client, self.keys = self.server.client(), lab.keys
        self.catalog = Catalog(self.client, self.keys)
        self.about = {id: random.Random(id).sample(TAGS, 6) for id in range(self.MOST)}
        self.forecast, self.sampled = LifeForecast(longest_ttl=60), time.perf_counter()
        self.counted, self.counts, self.logged = 0.0, {}, 0
        self.named = self.dead = 0
        self.choose()

    def teardown(self):
        self.server.close()
        self.server = None

    @observe("entries")
    def choose(self, _=None):
        if self.server:
            self.reader = self.catalog if self.entries == PRUNED else ModuleCatalog(self.client, self.keys)
            self.taken = {"client": deque(maxlen=100), "server": deque(maxlen=100)}

    def gap(self, random):
        return random.expovariate(self.rate + self.lookups)

    def request(self):
        if random.random() * (self.rate + self.lookups) < self.rate:
            return self.write(random.randrange(self.products))
        return self.look_up()

    def write(self, id):
        fields = {"name": f"Product {id}", "price": id % 100}
        about = {"category": CATEGORIES[id % len(CATEGORIES)], "tags": self.about[id][: self.tags]}
        self.catalog.add(id, fields, **about, ttl=self.ttl)
        return "write"

    def look_up(self):
        if random.random() < 0.5:
            ids = self.reader.recent(random.choice(CATEGORIES), 20)
        else:
            began = time.perf_counter()
            ids = self.reader.tagged(*random.sample(TAGS, 2))
            self.taken["client"].append(1e6 * (time.perf_counter() - began))
        keys = [self.keys.catalog("product", id) for id in ids[:200]]
        self.named += len(keys)
        self.dead += len(keys) - (self.client.exists(*keys) if keys else 0)
        return "look-up"

    @action("Evict half")
    def evict(self):
        """As a server does that is short of memory: the product goes, and its index entries stay."""
        gone = random.sample(range(self.products), self.products // 2)
        self.client.unlink(*(self.keys.catalog("product", id) for id in gone))

    @action("Sweep")
    def sweep(self):
        self.catalog.prune(self.MOST)

    def sample(self, window):
        seconds, self.sampled = time.perf_counter() - self.sampled, time.perf_counter()
        rate = self.rate / self.products if seconds < 1 else 0.0  # after a pause: nobody wrote meanwhile
        expected = self.products * self.forecast.advance(seconds, rate, self.ttl)
        self.read_log()
        if time.perf_counter() - self.counted > self.AGAIN:
            self.counts, self.counted = self.count(), time.perf_counter()
        named, dead = window.growth("named", self.named), window.growth("dead", self.dead)
        times = {f"{end}_us": median(taken) if taken else None for end, taken in self.taken.items()}
        return {**self.counts, **times, "expected": expected, "served": 100 * dead / named if named else None}

    def read_log(self):
        """The intersections among the commands since the last time, with the µs that the server took."""
        first = "EVALSHA" if self.entries == PRUNED else "SINTER"
        for entry in reversed(self.client.slowlog_get(128)):
            words = (
                str(entry["command"], "utf-8", "replace") if isinstance(entry["command"], bytes) else entry["command"]
            )
            if entry["id"] > self.logged and words.startswith(first) and "SINTER" in words:
                self.taken["server"].append(entry["duration"])
            self.logged = max(self.logged, entry["id"])

    def count(self) -> dict:
        """Who is listed, who lives, and what the indexes and the book-keeping take."""
        categories = [self.keys.catalog("category", name) for name in CATEGORIES]
        indexes = [*categories, *(self.keys.catalog("tag", name) for name in TAGS)]
        books = [self.keys.catalog("pruning", name) for name in ("deadlines", "entries")]
        pipeline = self.client.pipeline(transaction=True)
        for key in categories:
            pipeline.zcard(key)
        pipeline.exists(*(self.keys.catalog("product", id) for id in range(self.MOST)))
        for key in [*indexes, *books]:
            pipeline.memory_usage(key)
        *listed, living = (found := pipeline.execute())[: len(CATEGORIES) + 1]
        bytes_ = [size or 0 for size in found[len(CATEGORIES) + 1 :]]
        dangling = 100 * (1 - living / sum(listed)) if sum(listed) else None
        kilobytes = {"indexes": sum(bytes_[: len(indexes)]) / 1e3, "books": sum(bytes_[len(indexes) :]) / 1e3}
        expired = self.client.info("stats")["expired_keys"]
        return {"listed": sum(listed), "living": living, "dangling": dangling, "expired": expired, **kilobytes}

    def sentence(self, values):
        if values["dangling"] is None:
            return "Waiting for the first products."
        said = (
            f"The indexes name {values['listed']:,} products, of which {values['living']:,} are alive "
            f"({values['expected']:,.0f} predicted)."
        )
        if values["served"] is not None:
            said += f" Of what readers were given, {values['served']:.0f} % is gone."
        if values["client_us"] and values["server_us"]:
            said += f" An intersection takes {values['server_us']:,.0f} µs on the server, {values['client_us']:,.0f} µs for the client."
        return said

    def verdict(self, values):
        if values["served"] is None and values["dangling"]:
            return f"Nobody looks: {values['dangling']:.0f} % of the entries lead to nothing, until somebody does, or sweeps"
        if values["served"] is None:
            return None
        if values["served"] >= 1:
            return f"It also finds products that are gone: {values['served']:.0f} % of what readers were given"
        if not values.get("expired"):
            return None  # no product has come to its end yet, so that nothing could be wrong
        return f"True, and no reader gets a product that is gone; {values['dangling']:.0f} % of the entries wait to be pruned"
