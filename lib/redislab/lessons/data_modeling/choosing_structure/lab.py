"""Section 2.1: which structure, and what the choice costs for N items."""

import time
from typing import NamedTuple

from redislab.bench import Chart, Line, Sweep, decision, number
from redislab.caching import BitmapFilter, BloomFilter
from redislab.lessons.data_modeling.cost import Cost, cost
from redislab.lessons.data_modeling.items import CHUNK, Items
from redislab.modeling.choosing import LEAVES, TREE

FILTERS = {"bloom": (BloomFilter, "Bloom filter", "bf.mexists"), "": (BitmapFilter, "bitmap filter", "bitfield_ro")}
LOG = {"kind": "ranking", "log_x": True, "wide": True, "places": 7}
FEW = 100  # members of the set that a large one is intersected with


class Way(NamedTuple):
    """One way of holding the items, and commands for what the leaf is about, as `Items.words` has them."""

    name: str
    structure: str
    commands: tuple[str, ...] = ()


WAYS = {
    "STRING": (
        Way("strings", "string", ("SET {item} {value}", "GET {item}")),
        Way("one hash", "hash", ("HSET {key} {item} {value}", "HGET {key} {item}")),
    ),
    "SORTED SET": (
        Way("sorted set", "sorted set", ("ZADD {key} {score} {item}", "ZRANK {key} {item}", "ZRANGE {key} 0 9 REV")),
        Way("list", "list", ("LPOS {key} {item}", "LRANGE {key} 0 9")),
        Way("hash", "hash", ("HSET {key} {item} {score}", "HGETALL {key}")),
    ),
    "LIST": (
        Way("list", "list", ("LPUSH {key} {new}", "RPOP {key}", "LRANGE {key} 0 9")),
        Way("sorted set", "sorted set", ("ZADD {key} {score} {new}", "ZPOPMIN {key}", "ZRANGE {key} 0 9")),
    ),
    "SET": (
        Way("set", "set", ("SADD {key} {new}", "SINTER {key} few")),
        Way("sorted set", "sorted set", ("ZADD {key} {score} {new}", "ZINTER 2 {key} few")),
        Way("list", "list", ("RPUSH {key} {new}", "LPOS {key} {item}")),
    ),
    "SET or BLOOM FILTER": (
        Way("set", "set", ("SISMEMBER {key} {item}",)),
        Way("filter", ""),
        Way("list", "list", ("LPOS {key} {item}",)),
    ),
    "HASH": (
        Way("hashes", "hashes", ("HGET {item}", "HSET {item} {value}", "HGETALL {object}")),
        Way("JSON", "JSON", ("GET {object}", "SET {object} {value}")),
        Way("a key a field", "string", ("GET {item}", "SET {item} {value}")),
    ),
}


class ChooserLab(Sweep):
    """Holds N items in the structure that the tree leads to, and in others that would also do, on a server of its own.

    Of an object each of its ten fields is an item. JSON has to be read and written whole, whatever is wanted of it.
    """

    title = "Choosing a structure"
    claim = "Simple value: STRING. Ranking: SORTED SET. FIFO: LIST. Set operations: SET. Membership: SET or BLOOM FILTER. Fields: HASH"

    leaf = decision("SORTED SET", TREE, label="What are you storing?")
    count = number(10_000, 100, 1_000_000, label="Items", log=True, integer=True)
    size = number(16, 12, 200, label="An item", unit="B", log=True, integer=True)

    charts = (
        Chart("Memory of an item", (Line("bytes", "memory"),), unit="B", kind="ranking", places=3),
        Chart("Loading an item, of a thousand", (Line("loading", "loading"),), unit="µs", kind="ranking", places=3),
        Chart("One command, on the server", (Line("server", "server"),), unit="µs", **LOG),
        Chart("One command, as the client sees it", (Line("client", "client"),), unit="µs", **LOG),
    )
    presets = {
        "Small counters": {"leaf": "STRING", "count": 100_000, "size": 12},
        "A leaderboard": {"leaf": "SORTED SET", "count": 100_000, "size": 16},
        "Ids already seen": {"leaf": "SET or BLOOM FILTER", "count": 100_000, "size": 16},
        "A million fields": {"leaf": "HASH", "count": 1_000_000, "size": 16},
    }

    def setup(self, lab):
        self.server, self.keys = lab.private_server(), lab.keys
        self.client = self.server.client(socket_timeout=60)
        self.filter = FILTERS["bloom" if "bloom" in self.server.capabilities else ""]

    def teardown(self):
        self.server.close()
        self.server = None

    def watch(self, count):
        self.report(0.7 * count / self.count, f"loading, {count:,}")
        return self.stopping

    def begin(self):
        self.items = Items(self.client, self.keys, self.size, self.watch)

    def points(self):
        return list(WAYS[self.leaf])

    def name(self, x):
        return self.filter[1] if not x.structure else x.name

    def point(self, x):
        self.items.drop()
        began = time.perf_counter()
        measure = self.hold(x) if x.structure else self.hold_filter()
        if self.stopping:
            return {}
        loading = 1e6 * (time.perf_counter() - began) / self.count
        memory, costs = measure()
        return {"x": self.name(x), "bytes": memory, "loading": loading, "costs": costs}

    def hold(self, way: Way):
        items = self.items
        items.grow(way.structure, self.count)

        def measure() -> tuple[float, dict[str, Cost]]:
            memory, costs = items.bytes(way.structure), {}
            self.client.sadd("few", *(items.name("set", items.spread(self.count, i)) for i in range(FEW)))
            for done, template in enumerate(way.commands):
                command = template.split()[0]
                self.report(0.7 + 0.3 * done / len(way.commands), command)
                costs[command] = items.measure(template, way.structure, stopping=lambda: self.stopping)
            return memory, costs

        return measure

    def hold_filter(self):
        kind, _, command = self.filter
        known = kind(self.client, self.keys, "items", capacity=self.count, error_rate=0.01)
        known.fill(self.ids())

        def measure() -> tuple[float, dict[str, Cost]]:
            call = lambda i: known.may_hold(self.items.name("set", self.items.spread(self.count, i)))  # noqa: E731
            found = cost(self.client, command, call, stopping=lambda: self.stopping)
            return self.client.memory_usage(known.key) / self.count, {command.upper(): found}

        return measure

    def ids(self):
        for i in range(self.count):
            if i % CHUNK == 0 and self.watch(i):
                raise InterruptedError("Another choice was made.")
            yield self.items.name("set", i)

    def sample(self, window):
        costs = [
            (f"{point['x']}: {command}", found) for point in self.curve for command, found in point["costs"].items()
        ]
        return {
            "bytes": [(point["x"], figure(point["bytes"])) for point in self.curve],
            "loading": [(point["x"], figure(point["loading"])) for point in self.curve],
            "server": [(label, figure(found.server_us)) for label, found in costs],
            "client": [(label, figure(found.client_us)) for label, found in costs],
            "each": figure(self.curve[0]["bytes"]) if self.curve else None,
            "bloom": self.filter[0] is BloomFilter,
        }

    def sentence(self, values):
        if not values["server"]:
            return f"Loading {self.count:,} items."
        said = [f"{self.count:,} items of {self.size} B."]
        for name, memory in values["bytes"]:
            costs = [(label.split(": ")[1], us) for label, us in values["server"] if label.startswith(f"{name}: ")]
            said.append(f"{name}: {memory:,} B each, {', '.join(f'{command} {us:,} µs' for command, us in costs)}.")
        if self.leaf == "SET or BLOOM FILTER" and not values["bloom"]:
            said.append("This server has no Bloom type: the filter is a plain string whose bits are set.")
        return " ".join(said)

    def verdict(self, values):
        if len(values["bytes"]) < len(WAYS[self.leaf]):
            return None
        memory = dict(values["bytes"])
        dearest = {label.split(": ")[0]: us for label, us in sorted(values["server"], key=lambda pair: pair[1])}
        first, smallest = next(iter(memory)), min(memory, key=memory.get)
        said = [
            f"{name}: {memory[name]:,} B an item, its dearest command {dearest[name]:,} µs"
            for name in (first, smallest)
        ]
        return said[0] + (f". Least memory: {said[1]}" if smallest != first else ". Nothing here takes less memory")

    def findings(self, values):
        leaf = LEAVES[self.leaf]
        commands = "; ".join(f"{command}: {said}" for command, said in leaf.commands.items())
        return [
            [self.leaf, leaf.structure],
            ["Commands", commands],
            ["For", leaf.examples],
            ["Not for", leaf.instead],
        ]


def figure(value: float) -> float:
    """With the digits that a measurement deserves."""
    return round(value) if value >= 100 else round(value, 1)
