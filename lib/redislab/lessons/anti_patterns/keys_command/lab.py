"""Section 5.1: what KEYS does to everybody else, and why so few notice."""

import time
from collections import deque

from traitlets import observe

from redislab.bench import Chart, Line, action, choice, number
from redislab.lessons.anti_patterns.neighbour import CLOSED, DUE, Crowded

KEYS, SCAN = "KEYS", "SCAN"
HALF, ALL, NOBODY = "user:*", "*", "nobody:*"
KINDS = ((50, "user:#", 20, 0), (50, "session:#", 20, 0))
COUNTS = (100, 1000, 10_000, 100_000)
THIN = 40  # PINGs of a stall that are drawn


class KeysLab(Crowded):
    """All keys of a pattern, asked for over and over on a private server, and a neighbour whose PINGs have a process of their own.

    The neighbour has two clocks, see `Pinger`: each sends 200 PINGs a second. One is timed from when each PING was due; the
    other sends the next when the last has been answered, as most monitoring does. Percentiles are of the last six seconds.
    """

    title = "KEYS"
    claim = "KEYS blocks the server; SCAN is non-blocking"

    keys = number(100_000, 1000, 1_000_000, label="Keys", log=True, integer=True, help="written by a script, in chunks")
    way = choice(KEYS, [KEYS, SCAN], label="Asked by")
    count = number(
        100, 100, 100_000, label="COUNT", log=True, integer=True, help="of SCAN: places it looks at in one call"
    )
    pattern = choice(HALF, [HALF, ALL, NOBODY], label="Pattern", help="half of the keys, all of them, none of them")
    rate = number(0.5, 0.2, 5, label="Asked", unit="/s", log=True)

    charts = (
        Chart("The neighbour’s slowest PING, moment by moment", (Line("stall", "slowest"),), unit="ms", log_y=True),
        Chart(
            "The same PINGs, p99 by two clocks",
            (Line("due_p99", "from the due time"), Line("closed_p99", "closed loop")),
            unit="ms",
            log_y=True,
        ),
        Chart(
            "The last time, PING by PING",
            (Line("due_pings", "from the due time"), Line("closed_pings", "closed loop")),
            unit="ms",
            kind="xy",
            low=0,
            x_title="from its beginning",
            x_unit="ms",
        ),
        Chart(
            "What SCAN’s COUNT decides",
            (
                Line("scan_total", "whole sweep"),
                Line("scan_stall", "slowest PING"),
                Line("keys_stall", "slowest PING, KEYS", "dot", "limit"),
            ),
            unit="ms",
            kind="xy",
            log_x=True,
            log_y=True,
            x_title="COUNT",
            x_unit="places",
        ),
    )
    presets = {
        "The module’s KEYS": {"way": KEYS, "keys": 100_000, "pattern": HALF, "rate": 0.5},
        "A million keys": {"way": KEYS, "keys": 1_000_000, "pattern": HALF, "rate": 0.5},
        "Found nothing": {"way": KEYS, "keys": 1_000_000, "pattern": NOBODY, "rate": 0.5},
        "SCAN, a million": {"way": SCAN, "keys": 1_000_000, "count": 1000, "pattern": HALF, "rate": 0.5},
    }

    def setup(self, lab):
        super().setup(lab)
        self.turns, self.took = [], 0.0
        self.fill()

    @observe("keys", "pattern")
    def fill(self, _=None):
        if self.filler:
            self.unseen, self.last, self.by_count, self.by_keys = deque(), None, {}, None
            self.filler.want(self.keys, KINDS)
            self.began = False

    @observe("way", "count", "rate")
    def forget(self, _=None):
        if self.neighbour:
            self.neighbour.forget()

    @action("Every COUNT, and KEYS")
    def try_all(self):
        """One of each, one after the other; then on as the knobs say."""
        self.turns = [(SCAN, count) for count in COUNTS] + [(KEYS, 0)]

    def gap(self, random):
        """As often as asked, but half of the time is the neighbour's."""
        return max(0.2 if self.turns else 1 / self.rate, 2 * self.took)

    def request(self):
        if not self.filler.whole:
            return "wait"
        if not self.began:  # the neighbour has waited for the writing, too
            self.began = True
            self.forget()
        way, count = self.turns.pop(0) if self.turns else (self.way, self.count)
        asked, pattern, busy, began = (self.keys, self.pattern), self.pattern, self.busy(way), time.monotonic()
        found = len(self.client.keys(pattern)) if way == KEYS else self.sweep(pattern, count)
        ended = time.monotonic()
        self.took, busy = ended - began, self.busy(way) - busy
        if asked == (self.keys, self.pattern):
            answer = {"way": way, "count": count, "began": began, "ended": ended, "found": found, "server": busy}
            self.unseen.append(answer)
        return "asked"

    def sweep(self, pattern: str, count: int) -> int:
        return sum(1 for _ in self.client.scan_iter(pattern, count=count))

    def busy(self, way: str) -> float:
        """ms that the server has worked on this command so far."""
        return self.client.info("commandstats").get(f"cmdstat_{way.lower()}", {"usec": 0})["usec"] / 1e3

    def sample(self, window):
        stall = self.neighbour.look()
        while self.unseen and time.monotonic() - self.unseen[0]["ended"] > 0.1:  # its PINGs have been answered
            self.last = self.seen(self.unseen.popleft())
        nothing = dict.fromkeys(("way_asked", "server", "found", "worst", "due_pings", "closed_pings"))
        counts = sorted(self.by_count.items())
        return (self.last or nothing) | {
            "stall": stall,
            "due_p99": self.neighbour.percentile(DUE, 99),
            "closed_p99": self.neighbour.percentile(CLOSED, 99),
            "scan_total": [(count, total) for count, (total, _) in counts],
            "scan_stall": [(count, worst) for count, (_, worst) in counts],
            "keys_stall": [(count, self.by_keys) for count in (COUNTS[0], COUNTS[-1])] if self.by_keys else [],
            "held": self.filler.made,
            "progress": self.filler.share,
            "progress_text": f"{self.filler.made:,} of {self.keys:,} keys written",
        }

    def seen(self, asked: dict) -> dict:
        """What the neighbour has met with meanwhile, and what is drawn of it."""
        pings = {clock: self.neighbour.between(clock, asked["began"], asked["ended"]) for clock in (DUE, CLOSED)}
        worst = max((latency for each in pings.values() for _, latency in each), default=None)
        if worst is not None and asked["way"] == KEYS:
            self.by_keys = worst
        elif worst is not None:
            self.by_count = self.by_count | {asked["count"]: (1e3 * (asked["ended"] - asked["began"]), worst)}
        drawn = {f"{clock}_pings": thinned(pings[clock], asked["began"]) for clock in pings}
        return {"way_asked": asked["way"], "server": asked["server"], "found": asked["found"], "worst": worst} | drawn

    def sentence(self, values):
        if values["worst"] is None:
            return f"{values['held']:,} of {self.keys:,} keys are written. Then it begins."
        return (
            f"{values['way_asked']} finds {values['found']:,} of {values['held']:,} keys. The server works on it for "
            f"{values['server']:,.1f} ms, all in all, and a neighbour’s PING waits for up to {values['worst']:,.1f} ms. Its p99 is "
            f"{values['due_p99'] or 0:,.2f} ms from the due time; a closed loop reports {values['closed_p99'] or 0:,.2f} ms."
        )

    def verdict(self, values):
        if values["worst"] is None or not values["closed_p99"]:
            return None
        said = f"{values['way_asked']} on {values['held']:,} keys delays a neighbour by up to {values['worst']:,.1f} ms"
        hidden = values["due_p99"] / values["closed_p99"]
        return (
            f"{said}; a closed loop’s p99 is {hidden:,.0f} times smaller than that from the due time"
            if hidden > 3
            else said
        )


def thinned(pings: list[tuple[float, float]], began: float) -> list[tuple[float, float]]:
    """At most `THIN` of them, evenly; ms from the beginning, and ms of latency."""
    step = -(-len(pings) // THIN) or 1
    return [(round(1e3 * (due - began), 1), round(latency, 3)) for due, latency in pings[::step]]
