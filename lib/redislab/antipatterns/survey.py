"""A survey: what one walk has seen, added up by pattern. Every audit reads it, so that the keyspace is walked once."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import redis
from redis.utils import str_if_bytes

from redislab.antipatterns.patterns import Patterns
from redislab.antipatterns.walk import ASKS, COMPACT, Fact, nodes, walk

EXAMPLES = 8  # names kept of each pattern
INDEXES = 5  # sets and sorted sets kept of each pattern
LARGE, LONG = 100_000, 10_000  # bytes and elements from which on a key is remembered
LIMITS = {  # where a compact encoding ends, unless CONFIG says otherwise: elements, and bytes of one
    "hash": ("hash-max-listpack-entries", 512, "hash-max-listpack-value", 64),
    "zset": ("zset-max-listpack-entries", 128, "zset-max-listpack-value", 64),
    "set": ("set-max-listpack-entries", 0, "set-max-listpack-value", 64),  # before 7.2 sets of text had none
}


@dataclass
class Tally:
    """What the keys of one pattern come to.

    Attributes:
        memory: their bytes, all together.
        lasting, lasting_memory: those without a TTL.
        kinds: how many are of each type; strings are those that are left.
        large, long: how many have `LARGE` bytes, and `LONG` elements, or more; the heaviest and the longest one.
        spilled: how many collections have become tables, by type and reason: "over" (up to four times the elements of the
            compact encoding) or "wide" (too long an element); spilled_memory: their bytes by type.
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
    spilled: Counter = field(default_factory=Counter)
    spilled_memory: Counter = field(default_factory=Counter)
    examples: list[bytes] = field(default_factory=list)
    indexes: list[Fact] = field(default_factory=list)

    def look(self, fact: Fact, limits: dict) -> None:
        """At a key that is a collection, or large."""
        self.kinds[fact.kind] += 1
        if fact.size >= LARGE:
            self.large += 1
            self.heaviest = max(self.heaviest or fact, fact, key=lambda each: each.size)
        if fact.length >= LONG:
            self.long += 1
            self.longest = max(self.longest or fact, fact, key=lambda each: each.length)
        if fact.kind in ("set", "zset") and len(self.indexes) < INDEXES:
            self.indexes.append(fact)
        most = limits.get(fact.kind, 0)
        if most and fact.encoding not in COMPACT and fact.length <= 4 * most:
            self.spilled[fact.kind, "over" if fact.length > most else "wide"] += 1
            self.spilled_memory[fact.kind] += fact.size

    def add(self, other: "Tally") -> None:
        """Take in another pattern's."""
        for name in (
            "keys",
            "memory",
            "lasting",
            "lasting_memory",
            "large",
            "long",
            "kinds",
            "spilled",
            "spilled_memory",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.heaviest = max(filter(None, (self.heaviest, other.heaviest)), key=lambda each: each.size, default=None)
        self.longest = max(filter(None, (self.longest, other.longest)), key=lambda each: each.length, default=None)
        self.examples = (self.examples + other.examples)[:EXAMPLES]
        self.indexes = (self.indexes + other.indexes)[:INDEXES]


class Survey:
    """Walks through a server or a cluster, and adds up what there is.

        survey = Survey(client, sample=100_000)
        for seen, total in survey.walk():
            print(f"{seen / total:.0%}")

    Nothing is written; see `walk` for what it costs. A walk that is given up leaves what it has seen, and audits can
    make something of it. SCAN's order comes from hashing the names, so that its beginning is a sample of the keyspace: a
    share p of n sampled keys is p ± 1.96 √(p(1-p)/n · (1-n/N)) in 19 of 20 cases (on a cluster, keys that share a hash
    tag come together, and the sample is worth less).

    Args:
        sample: look at about so many keys, instead of all.
        scripts: whether EVAL_RO may be used; where it is refused, pipelines are.
        asks: what a key is asked, of `ASKS`: less takes less long, and then only some audits make sense.

    Attributes:
        seen, total: keys looked at, and keys that there are.
        tallies: a Tally by pattern.
        config, memory: what CONFIG GET and INFO say, as far as they may be asked.
    """

    def __init__(self, client, *, sample: int | None = None, scripts: bool = True, asks=ASKS):
        if sample is not None and sample < 1:
            raise ValueError(f"sample={sample} looks at nothing. Choose 1 or more, or None for all keys.")
        self.client, self.sample, self.scripts, self.asks = client, sample, scripts, tuple(asks)
        self.seen, self.total, self.complete = 0, 0, False
        self.config, self.memory, self.limits = {}, {}, {}
        self._patterns, self._tallies, self._last = Patterns(), defaultdict(Tally), (0, {}, {})

    def walk(self) -> Iterator[tuple[int, int]]:
        """Walk, and say after each page how many keys have been seen, and about how many will be."""
        places = nodes(self.client)
        self.total = sum(size for _, size in places)
        self._ask(places[0][0])
        wanted = min(self.sample or self.total, self.total)
        for node, size in places:
            enough = self.seen + math.ceil(wanted * size / self.total) if self.sample and size else math.inf
            for page in walk(node, self.asks, scripts=self.scripts):
                self._add(page)
                yield self.seen, max(wanted, self.seen)
                if self.seen >= enough:
                    break
        self.complete = True
        self.total = max(self.total, self.seen) if self.sample else self.seen  # some came, and some went, meanwhile

    @property
    def tallies(self) -> dict[str, Tally]:
        return self._settled()[1]

    def pattern(self, key: bytes) -> str:
        """The pattern that a name belongs to, whether or not there is such a key."""
        pattern = self._patterns.of(key)
        return self._settled()[0].get(pattern, pattern)

    @property
    def whole(self) -> bool:
        """Whether all keys have been seen."""
        return self.seen >= self.total

    @property
    def margin(self) -> float:
        """Percentage points by which a share may be off, at most, in 19 of 20 cases."""
        return 0.0 if self.whole else 98 * math.sqrt((1 - self.seen / self.total) / max(1, self.seen))

    def estimate(self, seen: int) -> int:
        """How many there are, if so many were seen."""
        return seen if self.whole else round(seen * self.total / self.seen)

    def about(self, seen: int) -> str:
        """The estimate in words."""
        return f"{seen:,}" if self.whole else f"about {self.estimate(seen):,}"

    def _add(self, page: list[Fact]) -> None:
        of, tallies, limits = self._patterns.of, self._tallies, self.limits
        for fact in page:
            key, kind, _, ttl, size, _ = fact
            tally = tallies[of(key)]
            tally.keys += 1
            tally.memory += size
            if ttl == -1:
                tally.lasting += 1
                tally.lasting_memory += size
            if tally.keys <= EXAMPLES:
                tally.examples.append(key)
            if kind not in ("string", "") or size >= LARGE:
                tally.look(fact, limits)
        self.seen += len(page)

    def _settled(self) -> tuple[dict[str, str], dict[str, Tally]]:
        """The final pattern of each, and its tally; made once for what has been seen so far."""
        if self._last[0] != self.seen:
            names = self._patterns.settled({pattern: tally.keys for pattern, tally in self._tallies.items()})
            merged = defaultdict(Tally)
            for pattern, tally in self._tallies.items():
                merged[names[pattern]].add(tally)
            self._last = self.seen, names, dict(merged)
        return self._last[1:]

    def _ask(self, node) -> None:
        try:
            self.memory = node.info("memory")
            limits = node.config_get("*-max-listpack-*")
            self.config = {str_if_bytes(name): str_if_bytes(value) for name, value in limits.items()}
        except redis.ResponseError:
            pass  # not allowed: the usual limits, then, and nothing about eviction
        for kind, (entries, usual, _, _) in LIMITS.items():
            self.limits[kind] = int(self.config.get(entries, usual))
