"""Some items or a million, in a structure: how they are loaded, and commands on them."""

import json
from collections.abc import Callable

from redislab.lessons.data_modeling.cost import Cost, cost

CHUNK = 1000  # items in a command, or commands in a pipeline: more take more memory, and are not faster
GOLDEN = 0.6180339887  # its multiples visit a range evenly, however many there are
FIELDS = 10  # of an object
SAMPLED = 200  # keys whose memory is measured


class Items:
    """Items of `size` bytes, counted from 0, under keys of their own, in one structure at a time.

    "string" holds each under a key; "bytes" holds all of them, one behind the other, in one string. Of "hashes" and "JSON",
    each holds ten items, as the fields of an object.

    Args:
        stopped: told how many items there are while they are loaded; True ends the loading.
    """

    def __init__(self, client, keys, size: int = 16, stopped: Callable = lambda count: False):
        self.client, self.keys, self.size, self.stopped = client, keys, size, stopped
        self.counts: dict[str, int] = {}

    def key(self, structure: str) -> str:
        return self.keys.entity("items", structure.replace(" ", "_"))

    def name(self, structure: str, i: int) -> str:
        """What item `i` is called: a key, a field, or the member itself."""
        if structure == "string":
            return self.keys.entity("item", i)
        if structure in ("hashes", "JSON"):
            return f"{self.object(i)} field{i % FIELDS}"
        return f"item:{i:07}" if structure == "hash" else f"item:{i:07}".ljust(self.size, ".")

    def object(self, i: int) -> str:
        """The key of the object that item `i` is a field of."""
        return self.keys.entity("object", i // FIELDS)

    def grow(self, structure: str, count: int) -> None:
        """Load items until there are `count`."""
        have = self.counts.get(structure, 0)
        while have < count and not self.stopped(have):
            upto = min(have + CHUNK, count)
            self._load(structure, range(have, upto))
            self.counts[structure] = have = upto

    def drop(self) -> None:
        """Remove everything: the server is ours alone."""
        self.client.flushall(asynchronous=True)
        self.counts.clear()

    def measure(self, template: str, structure: str, undo: str = "", **options) -> Cost:
        """What the command of a template costs, such as "HGET {key} {item}"; see `words`."""
        return cost(
            self.client,
            template.split()[0],
            lambda turn: self.send(template, structure, turn),
            (lambda turn: self.send(undo, structure, turn)) if undo else None,
            **options,
        )

    def send(self, template: str, structure: str, turn: int):
        return self.client.execute_command(*self.words(template, structure, turn))

    def words(self, template: str, structure: str, turn: int) -> list[str]:
        """A command on one of the items; each turn takes another, evenly spread.

        A template may name the {key}, an {item}, the {next} to it, a {new} one, a {value}, the item's {score} and {object},
        and the places {middle} and {end}, ten items on.
        """
        count = self.counts[structure]
        i = self.spread(count, turn)
        places = {
            "key": self.key(structure),
            "item": self.name(structure, i),
            "next": self.name(structure, min(i + 1, count - 1)),
            "new": self.name(structure, 9_000_000 + turn),
            "value": self.document() if structure == "JSON" else "." * self.size,
            "score": i,
            "object": self.object(i),
            "middle": count // 2,
            "end": count // 2 + 9,
        }
        return template.format(**places).split()

    def bytes(self, structure: str) -> float:
        """Memory of an item in bytes, with its share of the key and of Redis's bookkeeping (MEMORY USAGE)."""
        count = self.counts[structure]
        sampled = [self.spread(count, turn) for turn in range(SAMPLED)]
        if structure == "string":
            return self._usage(*(self.name(structure, i) for i in sampled)) / SAMPLED
        if structure in ("hashes", "JSON"):
            return self._usage(*map(self.object, sampled)) / SAMPLED / FIELDS
        return self._usage(self.key(structure)) / count

    @staticmethod
    def spread(count: int, turn: int) -> int:
        """One of `count` places; turn after turn they are evenly spread."""
        return int((count - 1) * (turn * GOLDEN % 1))

    def document(self) -> str:
        """An object with all its fields, as JSON."""
        return json.dumps(self._record(), separators=(",", ":"))

    def _record(self) -> dict:
        return {f"field{i}": "." * self.size for i in range(FIELDS)}

    def _usage(self, *keys: str) -> int:
        return sum(self.client.memory_usage(key, samples=0) for key in keys)

    def _load(self, structure: str, numbers: range) -> None:
        client, key, value = self.client, self.key(structure), "." * self.size
        names, objects = [self.name(structure, i) for i in numbers], [self.object(i) for i in numbers[::FIELDS]]
        load = {
            "string": lambda: client.mset(dict.fromkeys(names, value)),
            "bytes": lambda: client.append(key, "".join(names)),
            "list": lambda: client.rpush(key, *names),
            "set": lambda: client.sadd(key, *names),
            "sorted set": lambda: client.zadd(key, dict(zip(names, numbers, strict=True))),
            "hash": lambda: client.hset(key, mapping=dict.fromkeys(names, value)),
            "JSON": lambda: client.mset(dict.fromkeys(objects, self.document())),
            "hashes": lambda: self._load_hashes(objects),
        }
        load[structure]()

    def _load_hashes(self, objects: list[str]) -> None:
        with self.client.pipeline(transaction=False) as pipeline:
            for key in objects:
                pipeline.hset(key, mapping=self._record())
            pipeline.execute()
