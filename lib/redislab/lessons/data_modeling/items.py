"""Some items or a million, in a structure: how they are loaded, and commands on them."""

import itertools
import json
from collections.abc import Callable

from redislab.lessons.data_modeling.cost import Cost, cost

CHUNK = 1000  # items in a command, or commands in a pipeline: more of them cost memory, and are not faster
GOLDEN = 0.6180339887  # its multiples visit a range evenly, however many there are
FIELDS = 10  # of an object


class Items:
    """Items of `size` bytes, counted from 0, under keys of their own, in one structure at a time.

    "string" holds each under a key; "bytes" holds all of them, one behind the other, in one string. Of "hashes" and "JSON",
    each holds ten items, as the fields of an object.

    Args:
        watch: told how many there are while they are loaded; True means that no more are wanted.
    """

    def __init__(self, client, keys, size: int = 16, watch: Callable = lambda count: False):
        self.client, self.keys, self.size, self.watch = client, keys, size, watch
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
        while have < count and not self.watch(have):
            upto = min(have + CHUNK, count)
            self._load(structure, range(have, upto))
            self.counts[structure] = have = upto

    def drop(self) -> None:
        """Have none: the server is ours alone."""
        self.client.flushall(asynchronous=True)
        self.counts.clear()

    def measure(self, template: str, structure: str, undo: str = "", **options) -> Cost:
        """What the command of a template costs, such as "HGET {key} {item}"; see `words`."""
        return cost(
            self.client,
            template.split()[0].lower(),
            lambda i: self.client.execute_command(*self.words(template, structure, i)),
            (lambda i: self.client.execute_command(*self.words(undo, structure, i))) if undo else None,
            **options,
        )

    def bytes(self, structure: str) -> float:
        """Memory of an item in bytes, its share of the key and of what Redis keeps beside it included (MEMORY USAGE)."""
        count = self.counts[structure]
        if structure in ("hashes", "JSON", "string"):
            name, share = (self.name, 1) if structure == "string" else (lambda _, i: self.object(i), FIELDS)
            sizes = [self.client.memory_usage(name(structure, self.spread(count, turn))) for turn in range(200)]
            return sum(sizes) / len(sizes) / share
        return self.client.memory_usage(self.key(structure), samples=0) / count

    @staticmethod
    def spread(count: int, turn: int) -> int:
        """One of `count` places; turn after turn they are evenly spread."""
        return int((count - 1) * (turn * GOLDEN % 1))

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

    def document(self) -> str:
        """An object with all its fields, as JSON."""
        return json.dumps({f"field{i}": "." * self.size for i in range(FIELDS)}, separators=(",", ":"))

    def _load(self, structure: str, numbers: range) -> None:
        if structure == "hashes":
            return self._load_hashes(numbers)
        key, value, name = self.key(structure), "." * self.size, self.name
        names = (name(structure, i) for i in numbers)
        command = {
            "string": lambda: ("MSET", *itertools.chain(*((name, value) for name in names))),
            "JSON": lambda: ("MSET", *itertools.chain(*((self.object(i), self.document()) for i in numbers[::FIELDS]))),
            "bytes": lambda: ("APPEND", key, "".join(names)),
            "list": lambda: ("RPUSH", key, *names),
            "set": lambda: ("SADD", key, *names),
            "sorted set": lambda: ("ZADD", key, *itertools.chain(*zip(numbers, names, strict=True))),
            "hash": lambda: ("HSET", key, *itertools.chain(*((name, value) for name in names))),
        }[structure]
        self.client.execute_command(*command())

    def _load_hashes(self, numbers: range) -> None:
        record = {f"field{i}": "." * self.size for i in range(FIELDS)}
        with self.client.pipeline(transaction=False) as pipeline:
            for i in numbers[::FIELDS]:
                pipeline.hset(self.object(i), mapping=record)
            pipeline.execute()
