"""Section 3.2: a keyspace as a map, drawn from a sample."""

import math
import threading
import time
from collections import Counter

from traitlets import observe

from redislab.antipatterns import walk
from redislab.bench import Chart, Experiment, Line, choice, number
from redislab.keys.naming import ID, split
from redislab.lessons.anti_patterns.filler import Filler

KEYS, BYTES, TTL = "keys", "bytes", "keys, split by TTL"
HOUR, DAY = 3600, 86_400
KINDS = (  # %, name, bytes, TTL in s: what a shop of two tenants has gathered
    (14, "prod:shop:acme:user:#", 120, 0),
    (12, "prod:shop:acme:session:#", 200, 2 * HOUR),
    (6, "prod:shop:acme:cart:#", 300, HOUR / 2),
    (9, "prod:shop:globex:user:#", 120, 0),
    (7, "prod:shop:globex:session:#", 200, 2 * HOUR),
    (16, "prod:shop:cache:product:#", 400, HOUR),
    (8, "prod:shop:product:#", 250, 0),
    (10, "prod:blog:page:#:views:2024-11-19", 8, 30 * DAY),
    (4, "prod:blog:page:#", 500, 0),
    (6, "staging:shop:acme:user:#", 120, 0),
    (5, "staging:shop:cache:product:#", 400, 0),
    (3, "dev:test:#", 60, 0),
)
AGAIN = 3.0  # s from one whole look to the next
TILES = 60


class Sums:
    """Keys and bytes by prefix and TTL, of as many keys as were looked at."""

    def __init__(self):
        self.keys, self.bytes, self.seen, self._lock = Counter(), Counter(), 0, threading.Lock()

    def add(self, facts) -> None:
        with self._lock:
            for fact in facts:
                place = _prefix(fact.key), _lifetime(fact.ttl)
                self.keys[place] += 1
                self.bytes[place] += max(fact.size, 0)
            self.seen += len(facts)

    def tiles(self, of: str, depth: int, whole: int) -> list[tuple[str, int]]:
        """(path, number) for each tile and each tile around it, scaled up to a keyspace of `whole` keys."""
        with self._lock:
            scale, leaves = whole / max(self.seen, 1), Counter()
            for (prefix, lifetime), amount in (self.bytes if of == BYTES else self.keys).items():
                leaves[prefix[:depth] + ((lifetime,) if of == TTL else ())] += amount
        totals = Counter()
        for rank, (path, amount) in enumerate(leaves.most_common()):
            path = path if rank < TILES else (*path[:1], "…")
            for end in range(1, len(path) + 1):
                totals[":".join(path[:end])] += round(amount * scale)  # rounded first: a tile holds its parts exactly
        return [tile for tile in totals.items() if tile[1]]

    def share(self, wanted) -> float:
        """The percentage of the keys whose (prefix, lifetime) is as `wanted`."""
        with self._lock:
            return 100 * sum(n for place, n in self.keys.items() if wanted(*place)) / max(self.seen, 1)

    def off(self) -> float:
        """By how many points the share of a kind of keys is off, at the worst: what was written is known exactly."""
        return max(abs(self.share(lambda prefix, _, of=of: prefix == of) - exact) for of, exact in SHARES.items())


def _prefix(key: bytes) -> tuple[str, ...]:
    """The words of a name: ids and dates left out, six at most."""
    parts = split(key.decode(errors="replace"))
    return tuple(part for part in parts if not ID.fullmatch(part))[:6] or ("(no word)",)


SHARES = {_prefix(name.replace("#", "1").encode()): share for share, name, *_ in KINDS}  # %


def _lifetime(ttl_ms: int) -> str:
    if ttl_ms < 0:
        return "no TTL"
    hours = ttl_ms / 1000 / HOUR
    return "under an hour" if hours < 1 else "under a day" if hours < 24 else "a day or more"


def margin(seen: int, whole: int) -> float:
    """By how many points a share may be off, 19 times in 20, at the worst: that is at 50 %."""
    return 98 * math.sqrt(max(0.0, 1 - seen / whole) / seen) if seen and whole else 100.0


class KeyspaceLab(Experiment):
    """A generated keyspace on a server of its own, and a walk through it, read-only, a few ms at a time.

    SCAN returns keys in the order of their hashes, which knows nothing of their names: the first n keys are a fair sample.
    """

    title = "Keyspace map"
    claim = "Start general → specific (namespace:object:id:field)"

    keys = number(100_000, 1000, 1_000_000, label="Keys", log=True, integer=True, help="written by a script, in chunks")
    looks = number(
        5000, 100, 1_000_000, label="Sample", unit="keys", log=True, integer=True, help="all, if there are fewer"
    )
    depth = number(3, 1, 5, label="Depth", unit="parts", integer=True)
    area = choice(KEYS, [KEYS, BYTES, TTL], label="Area is")

    charts = (
        Chart("Keyspace by prefix", (Line("map", "prefixes"),), kind="treemap", wide=True),
        Chart("Keys", (Line("held", "on the server"), Line("seen", "looked at")), unit="keys", log_y=True),
        Chart("One step of the walk", (Line("p50", "p50"), Line("p99", "p99")), unit="ms", log_y=True),
    )
    presets = {
        "A first look": {"looks": 500, "depth": 2, "area": KEYS},
        "Where the memory is": {"looks": 20_000, "depth": 4, "area": BYTES},
        "What never goes": {"looks": 20_000, "depth": 3, "area": TTL},
        "A million keys": {"keys": 1_000_000, "looks": 10_000, "area": BYTES},
    }
    workers = 1
    filler, restart, took = None, True, 0.0
    PAUSE = 0.01  # s between two steps

    def setup(self, lab):
        self.server = lab.private_server()
        self.client, self.filler = self.server.client(), Filler(self.server.client())
        self.pages, self.sums, self.whole, self.rested = None, Sums(), None, 0.0
        self.filler.want(self.keys, KINDS)

    def teardown(self):
        self.filler.close()
        if self.pages:
            self.pages.close()
        self.server.close()
        self.server = self.filler = None

    @observe("looks", "keys")
    def begin(self, _=None):
        if self.server:
            self.sums, self.whole, self.rested, self.restart = Sums(), None, 0.0, True
            self.filler.want(self.keys, KINDS)

    def gap(self, random):
        """At least as long a pause as the last step took."""
        return max(self.PAUSE, 2 * self.took)

    def request(self):
        """One step of a walk; when enough was seen, a rest."""
        if time.monotonic() < self.rested:
            return "rest"
        if self.restart or self.pages is None:
            self.restart, self.pages, self.sums = False, walk(self.client, ("ttl", "size")), Sums()
        page, sums = self.step(), self.sums
        sums.add(page or ())
        if page is None or sums.seen >= self.looks:
            self.finish(sums)
        return "step"

    def step(self):
        began = time.monotonic()
        page = next(self.pages, None)
        self.took = time.monotonic() - began
        return page

    def finish(self, sums):
        """What was seen is a map, unless it began before there was anything; while keys are written, the next one follows."""
        self.pages.close()
        self.pages, self.whole = None, sums if sums.seen else self.whole
        self.rested = time.monotonic() + AGAIN if self.filler.whole else 0.0

    def sample(self, window):
        held, sums = self.client.dbsize(), self.whole or self.sums
        share = min(1.0, self.sums.seen / max(1, min(self.looks, held)))
        return {
            "map": sums.tiles(self.area, self.depth, held),
            "held": held,
            "seen": sums.seen,
            "p50": window.percentile("step", 50),
            "p99": window.percentile("step", 99),
            "off": sums.off() if self.whole and self.filler.whole else None,
            "margin": margin(min(sums.seen, held), held),
            "stays": sums.share(lambda _, lifetime: lifetime == "no TTL"),
            "prod": sums.share(lambda prefix, _: prefix[0] == "prod"),
            "progress": 1.0 if self.whole else share,
            "progress_text": f"{self.sums.seen:,} of {min(self.looks, held):,} keys looked at",
        }

    def sentence(self, values):
        if not values["seen"]:
            return "The first keys are being written."
        margin, unit = values["margin"], "bytes" if self.area == BYTES else "keys"
        exact = f"a share is right to ±{margin:.1f} points, 19 times in 20" if margin else "all of them"
        around = {path.rpartition(":")[0] for path, _ in values["map"]}
        path, amount = max((tile for tile in values["map"] if tile[0] not in around), key=lambda tile: tile[1])
        return (
            f"Drawn from {values['seen']:,} of {values['held']:,} keys: {exact}. The largest tile is {path}, "
            f"{amount:,.0f} {unit}."
        )

    def verdict(self, values):
        if values["seen"] < 100:
            return None
        off = f" ± {values['margin']:.1f}" if values["margin"] else ""
        return (
            f"One part of the name says that {values['prod']:.1f}{off} % of the keys are of prod; "
            f"{values['stays']:.1f}{off} % have no TTL"
        )
