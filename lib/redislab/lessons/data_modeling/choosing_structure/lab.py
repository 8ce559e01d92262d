"""Section 2.1: which structure, and what the choice costs for N items."""

import time

from redislab.bench import Sweep, decision, number, ranking
from redislab.caching import BitmapFilter, BloomFilter
from redislab.lessons.data_modeling.choosing_structure.tree import LEAVES, TREE
from redislab.lessons.data_modeling.choosing_structure.ways import WAYS, Way
from redislab.lessons.data_modeling.cost import Cost, cost
from redislab.lessons.data_modeling.items import CHUNK, Items

LOADING = 0.7  # of a way's progress
FEW = 100  # members of the set that a large one is intersected with


class ChooserLab(Sweep):
    """Holds N items in the structure that the tree leads to, and in others that would also do, on a server of its own.

    Of an object each of its ten fields is an item. JSON has to be read and written whole, whatever is wanted of it.
    """

    title = "Choosing a structure"

    leaf = decision("SORTED SET", TREE, label="What are you storing?")
    count = number(10_000, 100, 1_000_000, label="Items", log=True, integer=True)
    size = number(16, 12, 200, label="An item", unit="B", log=True, integer=True)

    charts = (
        ranking("Memory of an item", "B", places=3, bytes="memory"),
        ranking("One command, on the server", "µs", places=7, log=True, wide=True, server="server"),
        ranking("Loading an item, of a thousand", "µs", places=3, loading="loading"),
        ranking("One command, as the client sees it", "µs", places=7, log=True, wide=True, client="client"),
    )
    presets = {
        "Small counters": {"leaf": "STRING", "count": 100_000, "size": 12},
        "A leaderboard": {"count": 100_000},
        "Ids already seen": {"leaf": "SET or BLOOM FILTER", "count": 100_000},
        "A million fields": {"leaf": "HASH", "count": 1_000_000},
    }

    def setup(self, lab):
        self.server, self.keys = lab.private_server(), lab.keys
        self.client = self.server.client(socket_timeout=60)
        self.bloom = "bloom" in self.server.capabilities

    def loaded(self, count):
        self.report(LOADING * count / self.count, f"loading, {count:,}")
        return self.stopping

    def begin(self):
        self.items = Items(self.client, self.keys, self.size, self.loaded)

    def points(self):
        return list(WAYS[self.leaf])

    def name(self, x):
        return x.name if x.structure else "Bloom filter" if self.bloom else "bitmap filter"

    def point(self, x):
        self.items.drop()
        began = time.perf_counter()
        if x.structure:
            self.items.grow(x.structure, self.count)
        else:
            self.fill_filter()
        if self.stopping:
            return {}
        loading = 1e6 * (time.perf_counter() - began) / self.count
        memory, costs = self.measure(x) if x.structure else self.measure_filter()
        return {"x": self.name(x), "bytes": memory, "loading": loading, "costs": costs}

    def measure(self, way: Way) -> tuple[float, dict[str, Cost]]:
        """Bytes of an item, and what each of the way's commands costs."""
        memory, costs = self.items.bytes(way.structure), {}
        self.client.sadd("few", *(self.member(turn) for turn in range(FEW)))
        for done, template in enumerate(way.commands):
            command = template.split()[0]
            self.report(LOADING + (1 - LOADING) * done / len(way.commands), command)
            costs[command] = self.items.measure(template, way.structure, stopping=lambda: self.stopping)
        return memory, costs

    def fill_filter(self):
        kind = BloomFilter if self.bloom else BitmapFilter
        self.filter = kind(self.client, self.keys, "items", capacity=self.count, error_rate=0.01)
        self.filter.fill(self.ids())

    def measure_filter(self) -> tuple[float, dict[str, Cost]]:
        command = "BF.MEXISTS" if self.bloom else "BITFIELD_RO"
        ask = lambda turn: self.filter.may_hold(self.member(turn))  # noqa: E731
        memory = self.client.memory_usage(self.filter.key) / self.count
        return memory, {command: cost(self.client, command, ask, stopping=lambda: self.stopping)}

    def member(self, turn: int) -> str:
        """One of the items, each turn another."""
        return self.items.name("set", self.items.spread(self.count, turn))

    def ids(self):
        for i in range(self.count):
            if i % CHUNK == 0 and self.loaded(i):
                raise InterruptedError("Another choice was made.")
            yield self.items.name("set", i)

    def sample(self, window):
        curve = self.curve
        costs = [(f"{point['x']}: {command}", found) for point in curve for command, found in point["costs"].items()]
        return {
            "bytes": [(point["x"], figure(point["bytes"])) for point in curve],
            "loading": [(point["x"], figure(point["loading"])) for point in curve],
            "server": [(label, figure(found.server_us)) for label, found in costs],
            "client": [(label, figure(found.client_us)) for label, found in costs],
            "each": figure(curve[0]["bytes"]) if curve else None,
            "bloom": self.bloom,
        }

    def sentence(self, values):
        if not values["server"]:
            return f"Loading {self.count:,} items."
        said = [f"{self.count:,} items of {self.size} B."]
        for name, memory in values["bytes"]:
            costs = ", ".join(f"{command} {us:,} µs" for command, us in commands(values, name))
            said.append(f"{name}: {memory:,} B each, {costs}.")
        if self.leaf == "SET or BLOOM FILTER" and not values["bloom"]:
            said.append("This server has no Bloom type: the filter is a plain string whose bits are set.")
        return " ".join(said)

    def verdict(self, values):
        memory = dict(values["bytes"])
        if len(memory) < len(WAYS[self.leaf]):
            return None
        first, smallest = next(iter(memory)), min(memory, key=memory.get)
        said = {
            name: f"{name}: {memory[name]:,} B an item, its slowest command {max(us for _, us in commands(values, name)):,} µs"
            for name in (first, smallest)
        }
        return said[first] + (
            f". Least memory: {said[smallest]}" if smallest != first else ". Nothing here takes less memory"
        )

    def findings(self, values):
        leaf = LEAVES[self.leaf]
        commands = "; ".join(f"{command}: {said}" for command, said in leaf.commands.items())
        return [
            [self.leaf, leaf.structure],
            ["Commands", commands],
            ["For", leaf.examples],
            ["Not for", leaf.instead],
        ]


def commands(values: dict, name: str) -> list[tuple[str, float]]:
    """A way's commands, with µs on the server."""
    return [(label.removeprefix(f"{name}: "), us) for label, us in values["server"] if label.startswith(f"{name}: ")]


def figure(value: float) -> float:
    """With the digits that a measurement deserves."""
    return round(value) if value >= 100 else round(value, 1)
