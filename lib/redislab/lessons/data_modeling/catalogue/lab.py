"""Section 2.2: a catalogue whose products expire, and indexes that do not notice."""

import random
import time
from collections import deque
from statistics import median

from redislab.bench import Experiment, action, choice, dashed, number, on, time_chart
from redislab.lessons.data_modeling.as_in_the_module import ModuleCatalog
from redislab.lessons.data_modeling.catalogue.inventory import CATEGORIES, MOST, TAGS, Inventory
from redislab.lessons.data_modeling.lifetimes import LifeForecast
from redislab.modeling import PrunedCatalog

STAY, PRUNED = "As in the module", "pruned on read"
EVERY = 0.3  # s between two counts


class CatalogueLab(Experiment):
    """Products are written at random and expire; readers look up the newest of a category, or what has two given tags.

    The dashed line is computed: the chance that the last write of a product is no older than the TTL. What the server
    needs for an intersection is read from its SLOWLOG, which here takes down every command. It is a server of its own.
    """

    title = "Catalogue"
    claim = "Find products with multiple tags (intersection)"

    entries = choice(PRUNED, [STAY, PRUNED], label="Entries of expired products")
    ttl = number(5.0, 1, 60, label="TTL", unit="s", log=True)
    lookups = number(20.0, 0, 100, label="Look-ups", unit="/s", step=5)
    products = number(2000, 100, MOST, label="Products", integer=True, log=True, help="that are ever written")
    rate = number(200.0, 10, 400, label="Writes", unit="/s", log=True)
    tags = number(4, 2, 6, label="Tags of a product", integer=True)

    charts = (
        time_chart("Leads to nothing", "%", 0, 100, dangling="of the index entries", served="of what readers got"),
        time_chart("Products", "products", listed="in the indexes", living="living", expected=dashed("living, predicted")),
        time_chart("Time of an intersection", "µs", log=True, client_us="client", server_us="server"),
        time_chart("Memory", "KB", indexes="indexes", records="what pruning keeps"),
    )  # fmt: skip
    presets = {
        "As in the module": {"entries": STAY},
        "Pruned": {},
        "A short life, unpruned": {"entries": STAY, "ttl": 1.0},
        "No look-ups": {"ttl": 2.0, "lookups": 0.0},
    }
    span = 3.0

    def setup(self, lab):
        self.server = lab.private_server(slowlog_log_slower_than=0, slowlog_max_len=256)
        self.client, self.keys = self.server.client(), lab.keys
        self.catalog = PrunedCatalog(self.client, self.keys)
        self.tags_of = {id: random.Random(id).sample(TAGS, 6) for id in range(MOST)}
        self.forecast = LifeForecast(longest_ttl=60)
        self.inventory, self.counts, self.counted = Inventory(self.client, self.keys), {}, 0.0

    @on("entries")
    def choose(self):
        self.reader = self.catalog if self.entries == PRUNED else ModuleCatalog(self.client, self.keys)
        self.times = {"client_us": deque(maxlen=100), "server_us": deque(maxlen=100)}

    def mix(self):
        return {self.write: self.rate, self.look_up: self.lookups}

    def write(self):
        id = random.randrange(self.products)
        fields = {"name": f"Product {id}", "price": id % 100}
        category, tags = CATEGORIES[id % len(CATEGORIES)], self.tags_of[id][: self.tags]
        self.catalog.add(id, fields, category=category, tags=tags, ttl=self.ttl)
        return "write"

    def look_up(self):
        if random.random() < 0.5:
            ids = self.reader.recent(random.choice(CATEGORIES), 20)
        else:
            began = time.perf_counter()
            ids = self.reader.tagged(*random.sample(TAGS, 2))
            self.times["client_us"].append(1e6 * (time.perf_counter() - began))
        keys = [self.keys.catalog("product", id) for id in ids[:200]]
        gone = len(keys) - (self.client.exists(*keys) if keys else 0)
        return "look-up", *["served"] * len(keys), *["gone"] * gone

    @action("Evict half")
    def evict(self):
        """As a server does that is short of memory: the product goes, and its index entries stay."""
        gone = random.sample(range(self.products), self.products // 2)
        self.client.unlink(*(self.keys.catalog("product", id) for id in gone))

    @action("Sweep")
    def sweep(self):
        self.catalog.prune(MOST)

    def sample(self, window):
        self.times["server_us"].extend(self.inventory.intersections())
        if time.perf_counter() - self.counted > EVERY:
            self.counts, self.counted = self.inventory.count(), time.perf_counter()
        times = {end: median(times) if times else None for end, times in self.times.items()}
        expected = self.products * self.forecast.follow(self.rate / self.products, self.ttl)
        return {**self.counts, **times, "expected": expected, "served": window.share("gone", of="served")}

    sentence = (
        "The indexes name {listed:,} products, of which {living:,} are alive ({expected:,.0f} predicted).",
        "Of what readers were given, {served:.0f} % is gone.",
        "An intersection takes {server_us:,.0f} µs on the server, {client_us:,.0f} µs for the client.",
    )

    def verdict(self, values):
        served, dangling = values.get("served"), values["dangling"]
        if served is None:
            told = (
                "Without look-ups {:.0f} % of the entries lead to nothing, until a reader looks or a sweep removes them"
            )
            return told.format(dangling) if dangling else None
        if served >= 1:
            return f"It also finds products that are gone: {served:.0f} % of what readers were given"
        if not values["expired"]:
            return None  # no product has expired yet, so that nothing could be wrong
        return f"True, and no reader gets a product that is gone; {dangling:.0f} % of the entries wait to be pruned"
