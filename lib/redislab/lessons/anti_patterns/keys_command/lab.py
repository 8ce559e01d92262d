"""Section 5.1: what KEYS does to other clients, and why so few notice."""

import time
from collections import deque

from redislab.bench import action, choice, commandstats, dotted, number, on, solid, time_chart, xy_chart
from redislab.lessons.anti_patterns.neighbour import CLOSED, DUE, Crowded

KEYS, SCAN = "KEYS", "SCAN"
HALF, ALL, NOBODY = "user:*", "*", "nobody:*"
KINDS = ((50, "user:#", 20, 0), (50, "session:#", 20, 0))
COUNTS = (100, 1000, 10_000, 100_000)
DRAWN = 40  # PINGs of a stall, at most
ANSWERED = 0.1  # s; by then the PINGs of a stall that is over have been answered


class KeysLab(Crowded):
    """All keys of a pattern, asked for over and over on a private server, and a neighbour whose PINGs have a process of their own.

    The neighbour has two clocks, see `Pinger`: each sends 200 PINGs a second. One is timed from when each PING was due; the
    other sends the next when the last has been answered, as most monitoring does. Percentiles are of the last six seconds.
    """

    title = "KEYS"
    claim = "KEYS blocks the server; SCAN is non-blocking"

    way = choice(KEYS, [KEYS, SCAN], label="Asked by")
    count = number(100, 100, 100_000, label="COUNT", log=True, integer=True, help="places that one SCAN looks at")
    pattern = choice(HALF, [HALF, ALL, NOBODY], label="Pattern", help="half of the keys, all of them, none of them")
    rate = number(0.5, 0.2, 5, label="Asked", unit="/s", log=True)

    charts = (
        time_chart("The neighbour’s slowest PING, moment by moment", "ms", log=True, stall="slowest"),
        time_chart("The same PINGs, p99 by two clocks", "ms", log=True,
                   due_p99="from the due time", closed_p99="closed loop"),
        xy_chart("The last time, PING by PING", "ms", x="from its beginning", x_unit="ms",
                 due_pings="from the due time", closed_pings=solid("closed loop", points=True)),
        xy_chart("What SCAN’s COUNT decides", "ms", x="COUNT", x_unit="places", log=True, log_x=True,
                 scan_total="whole sweep", scan_stall="slowest PING", keys_stall=dotted("slowest PING, KEYS")),
    )  # fmt: skip
    presets = {
        "The module’s KEYS": {},
        "A million keys": {"keys": 1_000_000},
        "Found nothing": {"keys": 1_000_000, "pattern": NOBODY},
        "SCAN, a million": {"keys": 1_000_000, "way": SCAN, "count": 1000},
    }

    def setup(self, lab):
        super().setup(lab)
        self.trials, self.writing = deque(), True

    @on("keys", "pattern")
    def fill(self):
        self.filler.want(self.keys, KINDS)
        self.unseen, self.by_count, self.keys_worst = deque(), {}, None
        self.last = dict.fromkeys(("way_asked", "server", "found", "worst", "due_pings", "closed_pings"))

    @on("way", "count", "rate")
    def forget(self):
        self.neighbour.forget()

    @action("Every COUNT, and KEYS")
    def try_all(self):
        """One of each, one after the other; then on as the knobs say."""
        self.trials = deque([*((SCAN, count) for count in COUNTS), (KEYS, 0)])

    def gap(self, random):
        return max(0.2, 2 * self.took) if self.trials else super().gap(random)

    def request(self):
        unseen = self.unseen  # of these keys and this pattern; when one of them changes, there is another list
        if not self.filler.whole:
            self.writing = True
            return "wait"
        if self.writing:  # the neighbour has waited for it, too
            self.writing = False
            self.neighbour.forget()
        unseen.append(self.ask(*(self.trials.popleft() if self.trials else (self.way, self.count))))
        return "asked"

    def ask(self, way: str, count: int) -> dict:
        busy, began = commandstats(self.client, way), time.monotonic()
        names = self.client.keys(self.pattern) if way == KEYS else self.client.scan_iter(self.pattern, count=count)
        found, ended = len(list(names)), time.monotonic()
        self.took, server = ended - began, (commandstats(self.client, way) - busy).usec / 1e3
        return {"way": way, "count": count, "began": began, "ended": ended, "found": found, "server": server}

    def at_work(self):
        return "KEYS keeps all other clients waiting: try it here, and never where others work."

    def see(self, asked: dict) -> None:
        """Read what happened to the neighbour's PINGs meanwhile."""
        pings = {clock: self.neighbour.between(clock, asked["began"], asked["ended"]) for clock in (DUE, CLOSED)}
        worst = max((latency for each in pings.values() for _, latency in each), default=None)
        if worst is not None and asked["way"] == KEYS:
            self.keys_worst = worst
        elif worst is not None:
            self.by_count[asked["count"]] = 1e3 * (asked["ended"] - asked["began"]), worst
        self.last = {
            "way_asked": asked["way"],
            "server": asked["server"],
            "found": asked["found"],
            "worst": worst,
            "due_pings": thinned(pings[DUE], asked["began"]),
            "closed_pings": thinned(pings[CLOSED], asked["began"]),
        }

    def sample(self, window):
        stall = self.neighbour.look()
        while self.unseen and time.monotonic() - self.unseen[0]["ended"] > ANSWERED:
            self.see(self.unseen.popleft())
        counts = sorted(self.by_count.items())
        return self.last | {
            "stall": stall,
            "due_p99": self.neighbour.percentile(DUE, 99),
            "closed_p99": self.neighbour.percentile(CLOSED, 99),
            "scan_total": [(count, total) for count, (total, _) in counts],
            "scan_stall": [(count, worst) for count, (_, worst) in counts],
            "keys_stall": [(count, self.keys_worst) for count in (COUNTS[0], COUNTS[-1])] if self.keys_worst else [],
        }

    sentence = (
        "{way_asked} finds {found:,} of {held:,} keys. The server works on it for {server:,.1f} ms in total, and a neighbour’s "
        "PING waits for up to {worst:,.1f} ms. Its p99 is {due_p99:,.2f} ms from the due time; a closed loop reports "
        "{closed_p99:,.2f} ms."
    )

    def verdict(self, values):
        said = f"{values['way_asked']} on {values['held']:,} keys delays a neighbour by up to {values['worst']:,.1f} ms"
        hidden = values["due_p99"] / values["closed_p99"]
        if hidden > 3:
            said += f"; a closed loop’s p99 is {hidden:,.0f} times smaller than that from the due time"
        return said


def thinned(pings: list[tuple[float, float]], began: float) -> list[tuple[float, float]]:
    """At most `DRAWN` of them, evenly; ms from the beginning, and ms of latency."""
    step = -(-len(pings) // DRAWN) or 1
    return [(round(1e3 * (due - began), 1), round(latency, 3)) for due, latency in pings[::step]]
