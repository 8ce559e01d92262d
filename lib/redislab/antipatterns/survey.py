"""A survey: what one walk has seen, added up by pattern. Every audit reads it, so that the keyspace is walked once."""

import heapq
import math
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import NamedTuple

import redis
from redis.utils import str_if_bytes

from redislab.antipatterns.patterns import Patterns
from redislab.antipatterns.walk import ASKS, COMPACT, Fact, Page, walk
from redislab.keys.naming import shown

EXAMPLES = 8  # names kept of each pattern
INDEXES = 5  # sets and sorted sets kept of each pattern
LARGE, LONG = 100_000, 10_000  # bytes and elements from which on a key is remembered
FINE = 4096  # bytes up to which sizes are counted one by one, for percentiles
LIMITS = {  # where a compact encoding ends, unless CONFIG says otherwise: elements, and bytes of one
    "hash": ("hash-max-listpack-entries", 512, "hash-max-listpack-value", 64),
    "zset": ("zset-max-listpack-entries", 128, "zset-max-listpack-value", 64),
    "set": ("set-max-listpack-entries", 0, "set-max-listpack-value", 64),  # before 7.2 sets of text had none
}
FAILURES = (redis.RedisError, redis.exceptions.RedisClusterException, OSError)  # of a server that is lost
END = "end"  # instead of a cursor: this node has been walked through


class Node(NamedTuple):
    """A server that holds keys: its address, a client of it, and its DBSIZE, None where it does not say."""

    name: str
    client: redis.Redis
    size: int | None


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
    sizes: Counter = field(default_factory=Counter)
    spilled: Counter = field(default_factory=Counter)
    spilled_memory: Counter = field(default_factory=Counter)
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
            self.spilled[fact.kind, "over" if fact.length > most else "wide"] += 1
            self.spilled_memory[fact.kind] += size

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


class Survey:
    """Walks through a server or a cluster, and adds up what there is.

        survey = Survey(client, sample=100_000)
        for seen, total in survey.walk():
            print(f"{seen:,} of {total:,}")

    Nothing is written; see `walk` for what it costs. A walk that is given up leaves what it has seen, and audits can
    make something of it; so does one whose server is lost. SCAN's order comes from hashing the names, so that its beginning
    is a sample of the keyspace: a share p of n sampled keys is p ± 1.96 √(p(1-p)/n · (1-n/N)) in 19 of 20 cases (on a
    cluster, keys that share a hash tag come together, and the sample is worth less).

    Args:
        sample: look at about so many keys, evenly spread over the nodes, instead of all.
        scripts: whether EVAL_RO may be used; where it is refused, pipelines are.
        asks: what a key is asked, of `ASKS`: less takes less long, and then only some audits make sense.
        match: a glob; other keys are left alone, though the server goes past them all.
        limit: stop after about so many keys; `cursors` says how to go on.
        pause: seconds to leave the server alone after each page, which takes it 3 ms.
        top: how many of the largest keys to remember.
        resume: `cursors` of a walk that was given up: only what it had not seen is looked at. A server that was restarted
            since does not know its cursors any more.

    Attributes:
        seen: keys looked at. refused: keys that could not be read, as every question was refused.
        unknown: of how many keys something is unknown, by what was asked; why: the server's words of the first refusal.
        lost: what happened, by the address of each node that was lost on the way.
        finished: whether the walk came to its end, or to that of the sample.
        cursors: where to go on, by the address of each node.
        tallies: a Tally by pattern. top: the largest keys, the largest first.
        config, memory: what CONFIG GET and INFO say, as far as they may be asked.
    """

    def __init__(
        self, client, *, sample: int | None = None, scripts: bool = True, asks=ASKS, match: str = "*",
        limit: int | None = None, pause: float = 0, top: int = 0, resume: dict[str, str] | None = None,
    ):  # fmt: skip
        for name, number in (("sample", sample), ("limit", limit)):
            if number is not None and number < 1:
                raise ValueError(f"{name}={number} looks at nothing. Choose 1 or more, or None for all keys.")
        self.client, self.sample, self.scripts, self.asks = client, sample, scripts, tuple(asks)
        self.match, self.limit, self.pause, self.resume = match, limit, pause, dict(resume or {})
        self.seen, self.refused, self.why, self.finished = 0, 0, "", False
        self.unknown, self.lost, self.cursors = Counter(), {}, dict(self.resume)
        self.config, self.memory, self.limits = {}, {}, {}
        self._held, self._places, self._largest, self._room = None, [], [], top
        self._patterns, self._tallies, self._last = Patterns(), defaultdict(Tally), (None, {}, {})

    def walk(self) -> Iterator[tuple[int, int | None]]:
        """Walk, and say after each page how many keys have been met, and about how many will be, None if that is unknown.

        Raises:
            redis.RedisError: no node could be asked anything.
        """
        self._places = self._nodes()
        sizes = [node.size for node in self._places]
        self._held = None if None in sizes else sum(sizes)
        left = [node for node in self._places if self.cursors.get(node.name) != END]
        for node in left:
            try:
                yield from self._through(node)
            except FAILURES as failure:
                self.lost[node.name] = str(failure)
                if not self.met and len(self.lost) == len(left):
                    raise
            if self.limit and self.met >= self.limit:
                break
        else:
            self.finished = self.sample is not None and not self.lost
        self.finished = self.finished or self.whole

    def _through(self, node: Node) -> Iterator[tuple[int, int | None]]:
        """One node, or as much of it as is wanted."""
        if not self.limits:
            self._ask(node.client)
        enough = min(self.limit or math.inf, self.met + self._quota(node))
        start = self.cursors.setdefault(node.name, "0")
        for page in walk(node.client, self.asks, scripts=self.scripts, match=self.match, cursor=start):
            self._add(page, node.name)
            self.cursors[node.name] = END if page.cursor == "0" else page.cursor
            yield self.met, self._expected()
            if self.met >= enough:
                return
            if self.pause and page.cursor != "0":
                time.sleep(self.pause)

    @property
    def met(self) -> int:
        """Keys that SCAN named, whether or not they could be read."""
        return self.seen + self.refused

    @property
    def whole(self) -> bool:
        """Whether every key has been met."""
        return bool(self._places) and all(self.cursors.get(node.name) == END for node in self._places)

    @property
    def counted(self) -> bool:
        """Whether DBSIZE says how many keys there are to meet."""
        return self._held is not None and self.match == "*" and not self.resume

    @property
    def total(self) -> int | None:
        """Keys to meet in all: counted, as DBSIZE has it, or estimated from how far SCAN has come; None if that is unknown."""
        if self.whole:
            return self.met  # some came, and some went, meanwhile
        if self.counted:
            return max(self._held, self.met)
        if len(self._places) != 1 or self.cluster:
            return None
        (name,) = (node.name for node in self._places)
        start, place = (_position(cursors.get(name, "0")) for cursors in (self.resume, self.cursors))
        return round(self.met * (1 - start) / (place - start)) if place > start else None

    @property
    def cluster(self) -> bool:
        return hasattr(self.client, "get_primaries")

    @property
    def top(self) -> list[Large]:
        return sorted(self._largest, reverse=True)

    @property
    def tallies(self) -> dict[str, Tally]:
        return self._settled()[1]

    def pattern(self, key: bytes) -> str:
        """The pattern that a name belongs to, whether or not there is such a key."""
        pattern = self._patterns.of(key)
        return self._settled()[0].get(pattern, pattern)

    @property
    def margin(self) -> float:
        """Percentage points by which a share may be off, at most, in 19 of 20 cases."""
        left = 1 - self.met / self.total if self.total else 1
        return 0.0 if self.whole else 98 * math.sqrt(max(0, left) / max(1, self.seen))

    def estimate(self, seen: int) -> int:
        """How many there are, if so many were seen."""
        return round(seen * self.total / self.met) if self.met and self.total else seen

    def about(self, seen: int) -> str:
        """The estimate in words."""
        return f"{seen:,}" if self.whole else f"about {self.estimate(seen):,}"

    def _nodes(self) -> list[Node]:
        """Every node that holds keys; one that does not answer is lost."""
        if self.cluster:
            clients = {node.name: self.client.get_redis_connection(node) for node in self.client.get_primaries()}
        else:
            settings = self.client.connection_pool.connection_kwargs
            address = f"{settings.get('host', 'localhost')}:{settings.get('port', 6379)}"
            clients = {settings.get("path") or address: self.client}
        return [Node(name, client, _size(client)) for name, client in clients.items()]

    def _quota(self, node: Node) -> float:
        """How many keys of a node belong to the sample."""
        if not self.sample:
            return math.inf
        share = 1 / len(self._places) if self._held is None else node.size / max(1, self._held)
        return math.ceil(self.sample * share)

    def _expected(self) -> int | None:
        total = self.total
        wanted = [number for number in (total, self.sample, self.limit) if number is not None]
        return max(self.met, min(wanted)) if total is not None else None

    def _add(self, page: Page, node: str) -> None:
        of, tallies, limits = self._patterns.of, self._tallies, self.limits
        floor = self._floor()
        for fact in page:
            key, kind, _, ttl, size, _ = fact
            tally = tallies[of(key)]
            tally.keys += 1
            large = size is not None and size >= LARGE
            if size is not None:
                tally.memory += size
                tally.sizes[size if size < FINE else _rounded(size)] += 1
                if size > floor:
                    self._keep(Large(size, key, kind, node))
                    floor = self._floor()
            if ttl == -1:
                tally.lasting += 1
                tally.lasting_memory += size or 0
            if tally.keys <= EXAMPLES:
                tally.examples.append(key)
            if large or kind not in ("string", ""):
                tally.look(fact, limits)
        self.seen += len(page)
        self.refused += page.refused
        self.unknown.update(page.unknown)
        self.why = self.why or page.why

    def _floor(self) -> float:
        """The bytes that a key must exceed to be one of the largest."""
        if not self._room:
            return math.inf
        return self._largest[0].size if len(self._largest) >= self._room else -1

    def _keep(self, large: Large) -> None:
        heapq.heappush(self._largest, large)
        if len(self._largest) > self._room:
            heapq.heappop(self._largest)

    def _settled(self) -> tuple[dict[str, str], dict[str, Tally]]:
        """The final pattern of each, and its tally; made once for what has been seen so far."""
        if self._last[0] != self.seen:
            names = self._patterns.settled({pattern: tally.keys for pattern, tally in self._tallies.items()})
            merged = defaultdict(Tally)
            for pattern, tally in self._tallies.items():
                merged[names[pattern]].add(tally)
            self._last = self.seen, names, dict(merged)
        return self._last[1:]

    def _ask(self, client) -> None:
        """What is good to know of a server, and may be refused: then the usual limits hold, and nothing is said of eviction."""
        try:
            self.memory = client.info("memory")
        except redis.ResponseError:
            pass
        try:
            limits = client.config_get("*-max-listpack-*")
            self.config = {str_if_bytes(name): str_if_bytes(value) for name, value in limits.items()}
        except redis.ResponseError:
            pass
        for kind, (entries, usual, _, _) in LIMITS.items():
            self.limits[kind] = int(self.config.get(entries, usual))


def name(key: bytes) -> str:
    """A key as it can be shown."""
    return shown(key.decode("utf-8", "surrogateescape"))


def _size(client) -> int | None:
    try:
        return client.dbsize()
    except FAILURES:  # it may not be asked; if it is gone, the walk will say so
        return None


def _rounded(size: int) -> int:
    """Down to one of 32 steps on the way to its double."""
    step = size.bit_length() - 6
    return size >> step << step


def _position(cursor: str) -> float:
    """How far SCAN has come, from 0 to 1: it counts up in the highest bits of its cursor first."""
    return 1.0 if cursor == END else int(f"{int(cursor):064b}"[::-1], 2) / 2**64
