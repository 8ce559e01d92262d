"""Section 3.2: finding keys by their names, whatever stands between the words, and deleting them."""

import itertools
import threading
import time
from contextlib import suppress

import redis
from traitlets import observe

from redislab.bench import Chart, Line, action, choice, number
from redislab.keys import KeyNamespace
from redislab.lessons.anti_patterns.neighbour import DUE, Crowded

COLON, UNDERSCORE = "colon, user:123", "underscore, user_123"
SIGNS = {COLON: ":", UNDERSCORE: "_"}
MOST = 10_000  # keys that one press of a button deletes
BATCH = 500
EACH, BATCHES = "DEL each", "UNLINK, batches"


class ScanLab(Crowded):
    """Users among other keys, found by a sweep of SCAN MATCH, and by a set that holds their keys; on a private server.

    The two take turns, and a neighbour's PINGs count from when they were due. The set is read by SSCAN with the same COUNT. The
    buttons delete up to 10,000 of the users, which are then written anew.
    """

    title = "SCAN"
    claim = "Use a prefix for bulk operations: user:* can be scanned, user_123_profile is hard to find"

    keys = number(100_000, 1000, 1_000_000, label="Keys", log=True, integer=True, help="written by a script, in chunks")
    share = number(10, 0, 100, label="Users among them", unit="%", integer=True, help="0 %: just one")
    sign = choice(COLON, SIGNS, label="Separator")
    count = number(100, 100, 100_000, label="COUNT", log=True, integer=True, help="places that one call looks at")
    rate = number(1.0, 0.2, 5, label="Looked for", unit="/s", log=True)

    charts = (
        Chart(
            "Finding all users", (Line("sweep", "SCAN MATCH"), Line("index", "the index set")), unit="ms", log_y=True
        ),
        Chart("The neighbour’s PING", (Line("stall", "slowest"), Line("p99", "p99")), unit="ms", log_y=True),
        Chart(
            "A whole sweep, by separator",
            tuple(Line(f"sweep {sign}", f"user{sign}123") for sign in SIGNS.values()),
            unit="ms",
            kind="bars",
            low=0,
        ),
        Chart(
            "Deleting a key",
            (Line(EACH, EACH), Line(BATCHES, BATCHES)),
            unit="µs",
            kind="bars",
            low=0,
        ),
    )
    presets = {
        "One user in 100,000": {"keys": 100_000, "share": 0, "sign": COLON, "count": 100},
        "Underscores": {"keys": 100_000, "share": 0, "sign": UNDERSCORE, "count": 100},
        "Half of a million": {"keys": 1_000_000, "share": 50, "count": 1000},
        "To be deleted": {"keys": 100_000, "share": 10, "count": 1000},
    }

    def setup(self, lab):
        super().setup(lab)
        self.names, self.alone = KeyNamespace("shop"), threading.Lock()
        self.took, self.deleted, self.indexed, self.by_sign = 0.0, {}, None, {}
        self.fill()

    @property
    def pattern(self) -> str:
        return f"user{SIGNS[self.sign]}*"

    @observe("keys", "share", "sign")
    def fill(self, change=None):
        if self.filler:
            self.looked = None
            sign = SIGNS[self.sign]
            kinds = ((self.share, f"user{sign}#", 20, 0), (100 - self.share, f"session{sign}#", 20, 0))
            self.filler.want(self.keys, kinds)
        if self.filler and change and change.name != "sign":
            self.by_sign = {}

    @observe("count")
    def forget(self, _=None):
        if self.neighbour:
            self.by_sign = {}
            self.neighbour.forget()

    @action("Delete, one DEL each")
    def delete_each(self):
        """As the module does it."""
        self.delete(EACH, lambda key: self.client.delete(*key), 1)

    @action("Delete, UNLINK in batches")
    def unlink_batches(self):
        self.delete(BATCHES, lambda keys: self.client.unlink(*keys), BATCH)

    def delete(self, how, remove, batch):
        """Up to `MOST` of the users; finding them is not part of the time."""
        filler = self.filler
        with suppress(redis.RedisError):  # a reset takes the server away
            if not filler.wait():
                return
            with self.alone:
                doomed = list(itertools.islice(self.client.scan_iter(self.pattern, count=1000), MOST))
                began = time.perf_counter()
                for start in range(0, len(doomed), batch):
                    remove(doomed[start : start + batch])
                if doomed:
                    self.deleted = self.deleted | {how: 1e6 * (time.perf_counter() - began) / len(doomed)}
                self.indexed = None
                filler.again()

    def gap(self, random):
        """As often as asked, but half of the time is the neighbour's."""
        return max(1 / self.rate, 2 * self.took)

    def request(self):
        with self.alone:
            if not self.filler.whole:
                return "wait"
            asked = (self.keys, self.share, self.sign)
            if self.indexed != asked:
                self.index(asked)
            pattern, count = self.pattern, self.count
            swept, sweep = timed(lambda: self.client.scan_iter(pattern, count=count))
            held, index = timed(lambda: self.client.sscan_iter(self.entry, count=count))
        self.took = sweep / 1e3
        if (*asked, count) == (self.keys, self.share, self.sign, self.count):
            self.looked = {"sweep": sweep, "index": index, "found": swept, "held": held}
            self.by_sign = self.by_sign | {f"sweep {SIGNS[self.sign]}": sweep}
        return "look"

    @property
    def entry(self) -> str:
        return self.names.index("user", "kind", "user")

    def index(self, asked):
        """The set of all users' keys; without users, one is written first."""
        if not self.share:
            self.client.set(f"user{SIGNS[self.sign]}one", "x" * 20)
        self.client.unlink(self.entry)
        found = self.client.scan_iter(self.pattern, count=1000)
        while batch := list(itertools.islice(found, BATCH)):
            self.client.sadd(self.entry, *batch)
        self.indexed = asked
        self.neighbour.forget()

    def sample(self, window):
        nothing = dict.fromkeys(("sweep", "index", "found", "held"))
        colon, underscore = (self.by_sign.get(f"sweep {sign}") for sign in SIGNS.values())
        return (self.looked or nothing) | {
            "underscores": 100 * underscore / colon if colon and underscore else None,
            "stall": self.neighbour.look(),
            "p99": self.neighbour.percentile(DUE, 99),
            **{line.key: self.by_sign.get(line.key) for line in self.charts[2].lines},
            **{how: self.deleted.get(how) for how in (EACH, BATCHES)},
            "made": self.filler.made,
            "progress": self.filler.share,
            "progress_text": f"{self.filler.made:,} of {self.keys:,} keys written",
        }

    def sentence(self, values):
        if values["sweep"] is None:
            return f"{values['made']:,} of {self.keys:,} keys are written. Then it begins."
        calls = -(-values["made"] // self.count)
        said = (
            f"{values['found']:,} of {values['made']:,} keys match. The sweep takes {values['sweep']:,.1f} ms and about {calls:,} "
            f"calls, the index set {values['index']:,.1f} ms."
        )
        for how in (EACH, BATCHES):
            if values[how]:
                said += f" {how}: {1e6 / values[how]:,.0f} keys a second."
        return said

    def verdict(self, values):
        if values["sweep"] is None:
            return None
        colon, underscore = (values[f"sweep {sign}"] for sign in SIGNS.values())
        said = f"The index finds the same {values['sweep'] / values['index']:,.1f} times as fast as the sweep"
        if colon and underscore:
            return f"A sweep takes {colon:,.0f} ms with colons and {underscore:,.0f} ms with underscores. {said}"
        return f"{said}; try the other separator"


def timed(iterate) -> tuple[int, float]:
    """How many there are, and ms to go through them."""
    began = time.perf_counter()
    return sum(1 for _ in iterate()), 1e3 * (time.perf_counter() - began)
