"""What the keys of a pattern come to; and the same as JSON can hold it, for a walk that is to go on later."""

from collections import Counter
from dataclasses import dataclass, field, fields
from typing import NamedTuple

from redislab.antipatterns.walk import COMPACT, Fact
from redislab.keys.naming import shown

EXAMPLES = 8  # names kept of each pattern
INDEXES = 5  # sets and sorted sets kept of each pattern
LARGE, LONG = 100_000, 10_000  # bytes and elements from which on a key is remembered


class Large(NamedTuple):
    """One of the largest keys, and the node that it lies on."""

    size: int
    key: bytes
    kind: str
    node: str

    @property
    def name(self) -> str:
        """The key as it can be shown."""
        return name(self.key)


@dataclass
class Tally:
    """What the keys of one pattern come to.

    Attributes:
        memory: their bytes, all together, of those whose bytes are known.
        lasting, lasting_memory: those without a TTL.
        kinds: how many are of each type; strings are those that are left.
        large, long: how many have `LARGE` bytes, and `LONG` elements, or more; the heaviest and the longest one.
        sizes: how many have about so many bytes; see `percentile`.
        spilled: of collections that have become tables, by type: how many are "over" (up to four times the elements of the
            compact encoding) or "wide" (too long an element), and their "memory"; the "keys" among them whose elements are
            counted, their "elements", and their "bytes".
        indexes: some of its sets and sorted sets.
    """

    keys: int = 0
    memory: int = 0
    lasting: int = 0
    lasting_memory: int = 0
    large: int = 0
    long: int = 0
    heaviest: Fact | None = None
    longest: Fact | None = None
    kinds: Counter = field(default_factory=Counter)
    sizes: Counter = field(default_factory=Counter)
    spilled: Counter = field(default_factory=Counter)
    examples: list[bytes] = field(default_factory=list)
    indexes: list[Fact] = field(default_factory=list)

    def look(self, fact: Fact, limits: dict) -> None:
        """At a key that is a collection, or large."""
        self.kinds[fact.kind] += 1
        size = fact.size or 0
        if size >= LARGE:
            self.large += 1
            self.heaviest = max(self.heaviest or fact, fact, key=lambda each: each.size)
        if fact.length >= LONG:
            self.long += 1
            self.longest = max(self.longest or fact, fact, key=lambda each: each.length)
        if fact.kind in ("set", "zset") and len(self.indexes) < INDEXES:
            self.indexes.append(fact)
        most = limits.get(fact.kind, 0)
        if most and fact.encoding and fact.encoding not in COMPACT and fact.length <= 4 * most:
            seen = {"over" if fact.length > most else "wide": 1, "memory": size}
            if fact.length > 0:
                seen |= {"keys": 1, "elements": fact.length, "bytes": size}
            self.spilled.update({(fact.kind, what): count for what, count in seen.items()})

    def percentile(self, percent: float) -> int | None:
        """The bytes that so many percent of the keys do not exceed, to about 3 %; None if no key told its bytes."""
        if percent == 100 and self.heaviest:
            return self.heaviest.size
        rank, met = percent / 100 * self.sizes.total(), 0
        for size, count in sorted(self.sizes.items()):
            met += count
            if met >= rank:
                return size
        return None

    def add(self, other: "Tally") -> None:
        """Take in another pattern's."""
        best = {"heaviest": lambda fact: fact.size, "longest": lambda fact: fact.length}
        most = {"examples": EXAMPLES, "indexes": INDEXES}
        for name in (each.name for each in fields(self)):
            ours, theirs = getattr(self, name), getattr(other, name)
            if name in best:
                both = max(filter(None, (ours, theirs)), key=best[name], default=None)
            else:
                both = (ours + theirs)[: most[name]] if name in most else ours + theirs
            setattr(self, name, both)

    def saved(self) -> dict:
        """As JSON can hold it."""
        return {each.name: plain(getattr(self, each.name)) for each in fields(self)}

    @classmethod
    def restored(cls, saved: dict) -> "Tally":
        """From what `saved` returned.

        Raises:
            LookupError, TypeError, ValueError: that is something else.
        """
        tally = cls(**saved)
        for name in ("heaviest", "longest"):
            setattr(tally, name, fact(saved[name]) if saved[name] else None)
        for name in ("kinds", "sizes", "spilled"):
            setattr(tally, name, Counter({tuple(of) if isinstance(of, list) else of: n for of, n in saved[name]}))
        tally.examples, tally.indexes = [*map(raw, saved["examples"])], [*map(fact, saved["indexes"])]
        return tally


def plain(value):
    """As JSON can hold it: bytes as Latin-1, a map as pairs."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, dict):
        return [[plain(key), plain(each)] for key, each in value.items()]
    return [*map(plain, value)] if isinstance(value, (list, tuple)) else value


def raw(said: str) -> bytes:
    return said.encode("latin-1")


def fact(parts: list) -> Fact:
    return Fact(raw(parts[0]), *parts[1:])


def name(key: bytes) -> str:
    """A key as it can be shown."""
    return shown(key.decode("utf-8", "surrogateescape"))
