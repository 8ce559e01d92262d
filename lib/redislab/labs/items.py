"""Some items or a million, in a structure: how they are loaded, and commands on them."""

import itertools
from collections.abc import Callable

from redislab.labs.cost import Cost, cost

CHUNK = 1000  # items in a command, or commands in a pipeline: more of them cost memory, and are not faster
GOLDEN = 0.6180339887  # its multiples visit a range evenly, however many there are


class Items:
    """Items of `size` bytes, counted from 0, under keys of their own, in one structure at a time.

    "string" holds each under a key; "bytes" holds all of them, one behind the other, in one string.

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
        return f"item:{i:07}" if structure == "hash" else f"item:{i:07}".ljust(self.size, ".")

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

    def words(self, template: str, structure: str, turn: int) -> list[str]:
        """A command on one of the items; each turn takes another, evenly spread.

        A template may name the {key}, an {item}, the {next} to it, a {new} one, a {value}, the item's {score}, and the
        places {middle} and {end}, ten items on.
        """
        count = self.counts[structure]
        i = int((count - 1) * (turn * GOLDEN % 1))
        places = {
            "key": self.key(structure),
            "item": self.name(structure, i),
            "next": self.name(structure, min(i + 1, count - 1)),
            "new": self.name(structure, 9_000_000 + turn),
            "value": "." * self.size,
            "score": i,
            "middle": count // 2,
            "end": count // 2 + 9,
        }
        return template.format(**places).split()

    def _load(self, structure: str, numbers: range) -> None:
        key, value, name = self.key(structure), "." * self.size, self.name
        names = (name(structure, i) for i in numbers)
        command = {
            "string": lambda: ("MSET", *itertools.chain(*((name, value) for name in names))),
            "bytes": lambda: ("APPEND", key, "".join(names)),
            "list": lambda: ("RPUSH", key, *names),
            "set": lambda: ("SADD", key, *names),
            "sorted set": lambda: ("ZADD", key, *itertools.chain(*zip(numbers, names, strict=True))),
            "hash": lambda: ("HSET", key, *itertools.chain(*((name, value) for name in names))),
        }[structure]
        self.client.execute_command(*command())
