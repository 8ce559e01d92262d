"""Section 3.1, going deeper: a keyspace as a map, drawn from a sample."""

import time

from redislab.antipatterns import walk
from redislab.bench import Experiment, choice, number, on, time_chart, treemap
from redislab.lessons.anti_patterns.filler import Filler
from redislab.lessons.key_naming.keyspace.generated import KINDS, worst_error
from redislab.lessons.key_naming.keyspace.tally import Tally, margin

KEYS, BYTES, TTL = "keys", "bytes", "keys, split by TTL"
PAUSE = 0.01  # s between two steps of a walk
AGAIN = 3.0  # s from one whole walk to the next


class KeyspaceLab(Experiment):
    """A generated keyspace on a server of its own, and a walk through it, read-only, a few ms at a time.

    SCAN returns keys in the order of their hashes, which knows nothing of their names: the first n keys are a fair sample.
    """

    title = "Keyspace map"

    looks = number(5000, 100, 1_000_000, label="Sample", unit="keys", log=True, integer=True, help="at most")
    depth = number(3, 1, 5, label="Depth", unit="parts", integer=True)
    area = choice(KEYS, [KEYS, BYTES, TTL], label="Area is")
    keys = number(100_000, 1000, 1_000_000, label="Keys", log=True, integer=True, help="written by a script, in chunks")

    charts = (
        treemap("Keyspace by prefix", map="prefixes"),
        time_chart("Keys", "keys", log=True, held="on the server", seen="looked at"),
        time_chart("One step of the walk", "ms", log=True, p50="p50", p99="p99"),
    )
    presets = {
        "A first look": {"looks": 500, "depth": 2},
        "Where the memory is": {"looks": 20_000, "depth": 4, "area": BYTES},
        "What never goes": {"looks": 20_000, "area": TTL},
        "A million keys": {"keys": 1_000_000, "looks": 10_000, "area": BYTES},
    }
    waiting = "The first keys are being written."
    workers = 1

    def setup(self, lab):
        self.server = lab.private_server()
        self.client, self.filler, self.step_took = self.server.client(), self.owned(Filler(self.server.client())), 0.0

    @on("keys", "looks")
    def begin(self):
        self.filler.want(self.keys, KINDS)
        self.whole, self.rests_until, self.walk = None, 0.0, self.new_walk()

    def new_walk(self) -> tuple:
        """The pages of a walk, none of which is asked for yet, and their tally."""
        return walk(self.client, ("ttl", "size")), Tally()

    def gap(self, random):
        """At least as long a pause as the last step took."""
        return max(PAUSE, 2 * self.step_took)

    def request(self):
        """One step of a walk; when enough was seen, a rest."""
        began = time.monotonic()
        if began < self.rests_until:
            return "rest"
        pages, tally = self.walk
        page = next(pages, None)
        self.step_took = time.monotonic() - began
        tally.add(page or ())
        if tally is self.walk[1] and (page is None or tally.seen >= self.looks):
            self.end_walk(tally)
        return "step"

    def end_walk(self, tally):
        """What was seen is a map, unless it began before there was anything; while keys are written, the next one follows."""
        self.whole, self.walk = tally if tally.seen else self.whole, self.new_walk()
        self.rests_until = time.monotonic() + AGAIN if self.filler.whole else 0.0

    def sample(self, window):
        held, tally = self.client.dbsize(), self.whole or self.walk[1]
        goal = max(1, min(self.looks, held))
        return window.percentiles("step") | {
            "map": tally.tiles(self.depth, held, in_bytes=self.area == BYTES, by_lifetime=self.area == TTL) or None,
            "held": held,
            "seen": tally.seen,
            "off": worst_error(tally) if self.whole and self.filler.whole else None,
            "margin": margin(min(tally.seen, held), held),
            "lasting": tally.share(lambda _, lifetime: lifetime == "no TTL"),
            "prod": tally.share(lambda prefix, _: prefix[0] == "prod"),
            "progress": 1.0 if self.whole else min(1.0, tally.seen / goal),
            "progress_text": f"{tally.seen:,} of {goal:,} keys looked at",
        }

    def sentence(self, values):
        margin, unit = values["margin"], "bytes" if self.area == BYTES else "keys"
        exact = f"a share is right to ±{margin:.1f} points, 19 times in 20" if margin else "all of them"
        around = {path.rpartition(":")[0] for path, _ in values["map"]}
        path, amount = max((tile for tile in values["map"] if tile[0] not in around), key=lambda tile: tile[1])
        return (
            f"Drawn from {values['seen']:,} of {values['held']:,} keys: {exact}. The largest tile is {path}, "
            f"{amount:,} {unit}."
        )

    def verdict(self, values):
        if values["seen"] < 100:
            return None
        error = f" ± {values['margin']:.1f}" if values["margin"] else ""
        return (
            f"One part of the name says that {values['prod']:.1f}{error} % of the keys are of prod; "
            f"{values['lasting']:.1f}{error} % have no TTL"
        )
