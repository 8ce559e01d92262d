"""Section 3.3: finding keys by their names, whatever stands between the words, and deleting them."""

import itertools
import threading
import time

from redislab.bench import action, bars, choice, number, on, time_chart
from redislab.keys import KeyNamespace
from redislab.lessons.anti_patterns.neighbour import DUE, Crowded

COLON, UNDERSCORE = "colon, user:123", "underscore, user_123"
SIGNS = {COLON: ":", UNDERSCORE: "_"}
SWEEPS = {COLON: "colon_ms", UNDERSCORE: "underscore_ms"}  # bars
MOST = 10_000  # keys that one press of a button deletes
BATCH = 500


class ScanLab(Crowded):
    """Users among other keys, found by a sweep of SCAN MATCH, and by a set that holds their keys; on a private server.

    The two take turns, and a neighbour's PINGs count from when they were due. The set is read by SSCAN with the same COUNT. The
    buttons delete up to 10,000 of the users, which are then written again.
    """

    title = "SCAN"
    claim = "Use a prefix for bulk operations: user:* can be scanned, user_123_profile is hard to find"

    share = number(10, 0, 100, label="Users among them", unit="%", integer=True, help="0 %: just one")
    sign = choice(COLON, SIGNS, label="Separator")
    count = number(100, 100, 100_000, label="COUNT", log=True, integer=True, help="places that one call looks at")
    rate = number(1.0, 0.2, 5, label="Looked for", unit="/s", log=True)

    charts = (
        bars("A whole sweep, by separator", "ms", colon_ms="user:123", underscore_ms="user_123"),
        time_chart("Finding all users", "ms", log=True, sweep="SCAN MATCH", index="the index set"),
        bars("Deletions", "keys/s", del_rate="DEL each", unlink_rate="UNLINK, batches"),
        time_chart("The neighbour’s PING", "ms", log=True, stall="slowest", p99="p99"),
    )
    presets = {
        "One user in 100,000": {"share": 0},
        "Underscores": {"share": 0, "sign": UNDERSCORE},
        "Half of a million": {"keys": 1_000_000, "share": 50, "count": 1000},
        "To be deleted": {"count": 1000},
    }

    def setup(self, lab):
        super().setup(lab)
        self.entry = KeyNamespace("shop").index("user", "kind", "user")  # the set of all users' keys
        self.alone = threading.Lock()  # one thing at a time: look, or delete
        self.deleted = dict.fromkeys(("del_rate", "unlink_rate"))

    @on("keys", "share", "sign")
    def fill(self):
        user, session = (f"{word}{SIGNS[self.sign]}#" for word in ("user", "session"))
        self.filler.want(self.keys, ((self.share, user, 20, 0), (100 - self.share, session, 20, 0)))
        self.pattern, self.indexed = user.replace("#", "*"), False

    @on("keys", "share", "sign", "count")
    def forget(self):
        self.looked = dict.fromkeys(("sweep", "index", "found", "found_by_index"))
        self.neighbour.forget()

    @on("keys", "share", "count")
    def forget_other_sign(self):
        self.by_sign = dict.fromkeys(SWEEPS.values())

    @action("Delete, one DEL each")
    def delete_each(self):
        """As the module does it."""
        self.delete("del_rate", self.client.delete, 1)

    @action("Delete, UNLINK in batches")
    def unlink_batches(self):
        self.delete("unlink_rate", self.client.unlink, BATCH)

    def delete(self, bar, remove, batch):
        """Up to `MOST` of the users; finding them is not part of the time."""
        if not self.filler.wait():
            return
        with self.alone:
            doomed = list(itertools.islice(self.client.scan_iter(self.pattern, count=1000), MOST))
            began = time.perf_counter()
            for start in range(0, len(doomed), batch):
                remove(*doomed[start : start + batch])
            if doomed:
                self.deleted[bar] = len(doomed) / (time.perf_counter() - began)
            self.filler.again()
            self.indexed = False

    def request(self):
        # read before the knobs: when these change, the figures of the former ones go where they are no longer shown
        looked, by_sign = self.looked, self.by_sign
        with self.alone:
            if not self.filler.whole:
                return "wait"
            if not self.indexed:
                self.index()
            sign, count, pattern = self.sign, self.count, self.pattern
            found, sweep = timed(self.client.scan_iter(pattern, count=count))
            found_by_index, index = timed(self.client.sscan_iter(self.entry, count=count))
        self.took = sweep / 1e3
        looked.update(sweep=sweep, index=index, found=found, found_by_index=found_by_index)
        by_sign[SWEEPS[sign]] = sweep
        return "look"

    def at_work(self):
        return "A sweep follows SCAN’s cursor from answer to answer, which redis-benchmark cannot."

    def index(self):
        """Store the set of all users' keys; where there is no user, write one first."""
        self.indexed = True
        if not self.share:
            self.client.set(self.pattern.replace("*", "one"), "x" * 20)
        self.client.unlink(self.entry)
        found = self.client.scan_iter(self.pattern, count=1000)
        while batch := list(itertools.islice(found, BATCH)):
            self.client.sadd(self.entry, *batch)
        self.neighbour.forget()

    def sample(self, window):
        colon, underscore = self.by_sign.values()
        return {
            **self.looked,
            **self.by_sign,
            **self.deleted,
            "underscores": 100 * underscore / colon if colon and underscore else None,
            "stall": self.neighbour.look(),
            "p99": self.neighbour.percentile(DUE, 99),
        }

    def sentence(self, values):
        calls = -(-values["held"] // self.count)
        said = [
            f"{values['found']:,} of {values['held']:,} keys match. The sweep takes {values['sweep']:,.1f} ms and about {calls:,} "
            f"calls, the index set {values['index']:,.1f} ms."
        ]
        for bar, how in (("del_rate", "with a DEL each"), ("unlink_rate", "with UNLINK in batches")):
            if values.get(bar):
                said.append(f"{values[bar]:,.0f} keys a second are deleted {how}.")
        return " ".join(said)

    def verdict(self, values):
        said = f"The index finds the same {values['sweep'] / values['index']:,.1f} times as fast as the sweep"
        colon, underscore = (values.get(bar) for bar in SWEEPS.values())
        if colon and underscore:
            return f"A sweep takes {colon:,.0f} ms with colons and {underscore:,.0f} ms with underscores. {said}"
        return f"{said}; try the other separator"


def timed(keys) -> tuple[int, float]:
    """How many there are, and ms to go through them."""
    began = time.perf_counter()
    return sum(1 for _ in keys), 1e3 * (time.perf_counter() - began)
