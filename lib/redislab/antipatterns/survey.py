"""A survey: what one walk has seen, added up by pattern. Every audit reads it, so that the keyspace is walked once."""

import contextlib
import heapq
import math
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import redis
from redis.client import NEVER_DECODE
from redis.utils import str_if_bytes

from redislab.antipatterns.patterns import Patterns
from redislab.antipatterns.tally import EXAMPLES, LARGE, Large, Tally, plain, raw
from redislab.antipatterns.walk import ASKS, Page, walk
from redislab.errors import ResumeError
from redislab.keys.numbers import whole, within
from redislab.keys.replies import UNANSWERED, UNREACHABLE, suited, text

FINE = 4096  # bytes up to which sizes are counted one by one, for percentiles
LIMITS = {  # where a compact encoding ends, unless CONFIG says otherwise: elements, and bytes of one
    "hash": ("hash-max-listpack-entries", 512, "hash-max-listpack-value", 64),
    "zset": ("zset-max-listpack-entries", 128, "zset-max-listpack-value", 64),
    "set": ("set-max-listpack-entries", 0, "set-max-listpack-value", 64),  # before 7.2 sets of text had none
}
TRIPS = 5  # questions by which the round trip is measured
END = "end"  # instead of a cursor: this node has been walked through
KEPT = ("seen", "refused", "why", "unknown", "cursors", "runs", "config", "slots", "moved")


class Node(NamedTuple):
    """A server that holds keys: its address, a client of it, its DBSIZE and its run's id, None and "" where it does not say."""

    name: str
    client: redis.Redis
    size: int | None
    run: str


class Survey:
    """Walks through a server or a cluster, and adds up what there is.

        survey = Survey(client, sample=100_000)
        for seen, total in survey.walk():
            print(f"{seen:,} of {total:,}")

    Nothing is written; see `walk` for what it costs. A walk that is given up leaves what it has seen, and audits can
    make something of it; so does one whose server is lost. Keys that move to another node of a cluster meanwhile may be
    missed, or met twice; `moved` says that it may be so. SCAN's order comes from hashing the names, so that its
    beginning is a sample of the keyspace: a share p of n sampled keys is p ± 1.96 √(p(1-p)/n · (1-n/N)) in 19 of 20
    cases (on a cluster, keys that share a hash tag come together, and the sample is worth less).

    Args:
        sample: look at about so many keys, evenly spread over the nodes, instead of all.
        scripts: whether EVAL_RO may be used; where it is refused, pipelines are.
        asks: what a key is asked, of `ASKS`: less takes less long, and then only some audits make sense.
        match: a glob; other keys are left alone, though the server goes past them all.
        limit: stop after about so many keys more.
        pause: seconds to leave the server alone after each page, which takes it 3 ms.
        top: how many of the largest keys to remember.
        resume: `saved()` of a walk that was given up, with the same `match`, `asks` and `top`: this one goes on from there,
            and what that one had seen counts as seen.

    Attributes:
        seen: keys looked at. refused: keys that could not be read, as every question was refused.
        unknown: of how many keys something is unknown, by what was asked; why: the server's words of the first refusal.
        moved: whether slots of a cluster have moved between its nodes meanwhile.
        lost: what happened, by the address of each node that was lost on the way.
        finished: whether the walk came to its end, or to that of the sample.
        cursors: where to go on, by the address of each node. runs: the id of each one's run, where it says that.
        tallies: a Tally by pattern. top: the largest keys, the largest first.
        config, memory: what CONFIG GET and INFO say, as far as they may be asked.
        round_trip_ms: from a question to its answer, the quickest of some; None before the walk.
    """

    def __init__(
        self, client, *, sample: int | None = None, scripts: bool = True, asks=ASKS, match: str = "*",
        limit: int | None = None, pause: float = 0, top: int = 0, resume: dict | None = None,
    ):  # fmt: skip
        if sample is not None:
            sample = whole("sample", sample)
        if limit is not None:
            limit = whole("limit", limit)
        self.client, self.sample, self.scripts, self.asks = client, sample, scripts, tuple(asks)
        self.match, self.pause, self.resumed = (
            text(match),
            within("pause", pause, "seconds", 0, 3600),
            resume is not None,
        )
        self.seen, self.refused, self.why, self.finished = 0, 0, "", False
        self.unknown, self.lost, self.cursors, self.runs = Counter(), {}, {}, {}
        self.config, self.memory, self.round_trip_ms = {}, {}, None
        self.slots, self.moved = [], False
        self._held, self._places, self._largest, self._room = None, [], [], whole("top", top, 0)
        self._patterns, self._tallies, self._last = Patterns(), defaultdict(Tally), (None, {}, {})
        if resume is not None:
            self._restore(resume)
        self._end = math.inf if limit is None else self.met + limit

    def walk(self) -> Iterator[tuple[int, int | None]]:
        """Walk, and say after each page how many keys have been met, and about how many will be, None if that is unknown.

        Raises:
            redis.RedisError: no node could be asked anything, and nothing was seen before.
            ResumeError: the walk before was on other nodes, or on earlier runs of these.
        """
        self._places = self._nodes()
        self._recognise()
        self.slots = self.slots or self._slots()
        sizes = [node.size for node in self._places]
        self._held = None if None in sizes else sum(sizes)
        left = [node for node in self._places if self.cursors.get(node.name) != END]
        for node in left:
            try:
                yield from self._through(node)
            except UNREACHABLE as failure:
                self.lost[node.name] = str(failure)
                if not self.met and len(self.lost) == len(left):
                    raise
            if self.met >= self._end:
                break
        else:
            self.finished = self.sample is not None and not self.lost
        self.finished = self.finished or self.whole
        self.moved = self.moved or self.slots != (self._slots() or self.slots)

    def _through(self, node: Node) -> Iterator[tuple[int, int | None]]:
        """One node, or as much of it as is wanted."""
        if not self.memory and not self.config:
            self._ask(node.client)
        self.round_trip_ms = self.round_trip_ms or _round_trip_ms(node.client)
        enough = min(self._end, self.met + self._quota(node))
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
        return self._held is not None and self.match == "*"

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
        place = _position(self.cursors.get(name, "0"))
        return round(self.met / place) if place else None

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
        suited(self.client)
        if self.cluster:
            clients = {node.name: self.client.get_redis_connection(node) for node in self.client.get_primaries()}
        else:
            settings = self.client.connection_pool.connection_kwargs
            host = settings.get("host", "localhost")
            address = f"{f'[{host}]' if ':' in host else host}:{settings.get('port', 6379)}"
            clients = {settings.get("path") or address: self.client}
        return [_node(name, client) for name, client in clients.items()]

    def _slots(self) -> list:
        """Which node of a cluster has which slots, by its own word; nothing where that may not be asked."""
        if not self.cluster:
            return []
        try:
            node = min(
                self.client.get_primaries(), key=lambda each: each.name
            )  # each may have other names for the rest
            found = self.client.execute_command("CLUSTER SLOTS", target_nodes=node)
        except UNANSWERED:
            return []
        return sorted([*slots, *of["primary"]] for slots, of in found.items())

    def _quota(self, node: Node) -> float:
        """How many keys of a node belong to the sample."""
        if not self.sample:
            return math.inf
        share = 1 / len(self._places) if self._held is None else node.size / max(1, self._held)
        return math.ceil(self.sample * share)

    def _expected(self) -> int | None:
        total = self.total
        return None if total is None else max(self.met, min(total, self.sample or total, self._end))

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
        with contextlib.suppress(redis.ResponseError):
            self.memory = client.info("memory")
        with contextlib.suppress(redis.ResponseError):
            limits = client.config_get("*-max-listpack-*")
            self.config = {str_if_bytes(name): str_if_bytes(value) for name, value in limits.items()}

    @property
    def limits(self) -> dict[str, int]:
        """Elements up to which each type is compact."""
        return {kind: int(self.config.get(entries, usual)) for kind, (entries, usual, _, _) in LIMITS.items()}

    def saved(self) -> dict:
        """Where to go on, and what has been seen, as JSON can hold it; for `resume`."""
        return {
            **self._asked(),
            **{each: getattr(self, each) for each in KEPT},
            "memory": {each: self.memory[each] for each in ("maxmemory_policy", "maxmemory") if each in self.memory},
            "largest": plain(self._largest),
            "tallies": {pattern: tally.saved() for pattern, tally in self._tallies.items()},
        }

    def _asked(self) -> dict:
        """What has to be the same for a walk to go on."""
        return {"match": self.match, "asks": [*self.asks], "top": self._room}

    def _restore(self, saved: dict) -> None:
        try:
            asked = {each: saved[each] for each in self._asked()}
            for each in (*KEPT, "memory"):
                setattr(self, each, type(getattr(self, each))(saved[each]))
            self.cursors = {
                node: cursor if cursor == END else str(int(cursor)) for node, cursor in self.cursors.items()
            }
            self._largest = [Large(size, raw(key), kind, node) for size, key, kind, node in saved["largest"]]
            for pattern, tally in saved["tallies"].items():
                self._tallies[pattern] = Tally.restored(tally)
                self._patterns.recall(pattern)
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
            raise ResumeError("This is no walk that was given up, or one that another version has saved.") from None
        if asked != self._asked():
            options = ", ".join(f"{name} {value!r}" for name, value in asked.items())
            raise ResumeError(f"That walk was made with {options}. Go on with the same.")

    def _recognise(self) -> None:
        """What SCAN's cursors mean depends on the run of a server: after a restart its keys come in another order."""
        runs = {node.name: node.run for node in self._places}
        if gone := self.cursors.keys() - runs:
            raise ResumeError(f"That walk was on {', '.join(sorted(gone))}, which is not here. Begin again.")
        for node, run in runs.items():
            former = self.runs.get(node)
            if run and former and run != former and self.cursors.get(node, END) not in (END, "0"):
                raise ResumeError(f"{node} was restarted since, and has its keys in another order. Begin again.")
        self.runs |= {node: run for node, run in runs.items() if run}  # one that is away is still known


def _round_trip_ms(client) -> float:
    """By SCAN of one place, which every audit needs anyway."""
    trips = []
    for _ in range(TRIPS):
        began = time.perf_counter()
        client.execute_command("SCAN", 0, "COUNT", 1, **{NEVER_DECODE: True})
        trips.append(1e3 * (time.perf_counter() - began))
    return min(trips)


def _node(name: str, client: redis.Redis) -> Node:
    """What may not be asked is unknown; if the node is gone, the walk will say so."""
    size, run = None, ""
    with contextlib.suppress(UNREACHABLE):
        size = client.dbsize()
    with contextlib.suppress(UNREACHABLE):
        run = client.info("server").get("run_id", "")
    return Node(name, client, size if isinstance(size, int) else None, run)


def _rounded(size: int) -> int:
    """Down to one of 32 steps on the way to its double."""
    step = size.bit_length() - 6
    return size >> step << step


def _position(cursor: str) -> float:
    """How far SCAN has come, from 0 to 1: it counts up in the highest bits of its cursor first."""
    return 1.0 if cursor == END else int(f"{int(cursor):064b}"[::-1], 2) / 2**64
