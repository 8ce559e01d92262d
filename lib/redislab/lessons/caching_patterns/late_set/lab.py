"""Section 1.1, extra: two clients, step by step, and a SET that comes too late."""

import json
import threading
import time

from redislab.bench import Experiment, Line, Watch, action, choice, dotted, number, on, time_chart, xy_chart
from redislab.caching import ModuleCacheAside, SingleFlight
from redislab.lessons.caching_patterns.late_set.stepped import SteppedClient
from redislab.lessons.caching_patterns.late_set.steps import LABELS, NEW, NOTHING, OLD, PLACES, Held, Step, told

NONE, LEASE = "none (as in the module)", "lease"
ROW = 77  # a product


class LateSetLab(Experiment):
    """Two real clients of one row, interleaved by a button, while a third one watches both sides 20 times a second.

    The third reads as a reader would, cache first, but stores nothing: only the two clients write the entry.
    """

    title = "The late SET"
    claim = "Stale data possible between updates"

    fix = choice(NONE, [NONE, LEASE], label="Fix", help="the lease is SingleFlight's")
    ttl = number(10.0, 2, 60, label="TTL", unit="s", step=1)

    charts = (
        xy_chart("Who holds what; red: readers get the old row", low=None, x="step", wide=True,
                 x_names=tuple(LABELS.values()), y_names=PLACES,
                 cache=Line("", "cache", shape="hv"), database=Line("", "database", shape="hv"),
                 reader=Line("", "what a reader gets", "dot", "predicted", "hv", fault=True)),
        time_chart("Reads of the old row, after the commit", "%", 0, 100, stale="of all reads"),
        time_chart("Time left of the entry", "s", left="left", life=dotted("TTL")),
    )  # fmt: skip
    presets = {"As in the module": {}, "With a lease": {"fix": LEASE}}
    rate = 20
    workers = 4
    span = 1.0
    beat = 1.2  # s between two steps of "Run it through"
    give_up_after = 600.0  # s that a client waits for its next step

    def setup(self, lab):
        self.client, self.database, self.keys = lab.client(), lab.database, lab.keys
        self.table = self.database.products
        self.key = self.keys.product(ROW)
        self.pair = [lab.client(), lab.client()]
        self.watches = [Watch(client) for client in self.pair]
        self.clients, self.lock, self.over = [], threading.RLock(), threading.Event()
        self.at_end(self.dismiss)
        self.at_end(self.over.set)  # first
        SingleFlight(self.client, self.table, self.keys, ttl=1).get(ROW)  # hands the scripts to the server

    def dismiss(self):
        """End the two clients, and empty the cache."""
        with self.lock:
            for client in self.clients:
                client.end()
            self.client.delete(self.key, self.keys.beside(self.key, "lease"))

    @on("fix")
    def begin(self):
        """A round: an empty cache, and two clients about to start."""
        with self.lock:
            self.dismiss()
            record = self.table.find(ROW)
            self.step, self.first_version = Step.START, record["version"]
            self.stale, self.sent = [], []  # when the old row was read, and what the latest step sent
            reader, writer = self.clients = [
                SteppedClient(self.table, watch, self.give_up_after) for watch in self.watches
            ]
            reads, writes = (self.pattern(*side) for side in zip(self.pair, (reader.table, writer.table), strict=True))
            another = self.pattern(self.client, self.table)
            self.caches = [reads, writes, another]
            reader.start(lambda: reads.get(ROW))
            writer.start(lambda: writes.put(ROW, record))
            self.moves = {
                Step.LOOK_UP: reader.step,
                Step.SELECT: reader.step,
                Step.COMMIT: writer.step,
                Step.DELETE: writer.step,
                Step.LATE_SET: reader.step,
                Step.READ_AGAIN: lambda: another.get(ROW) and [],
            }
            self.seen = [self.look()]

    def pattern(self, client, table):
        if self.fix == NONE:
            return ModuleCacheAside(client, table, self.keys, ttl=self.ttl)
        return SingleFlight(client, table, self.keys, ttl=self.ttl, jitter=0, lease_ttl=self.give_up_after)

    @on("ttl")
    def time_out(self):
        for cache in self.caches:
            cache.ttl = self.ttl

    @action("Next step")
    def next_step(self):
        with self.lock:
            if self.over.is_set():
                return
            if self.step >= Step.READ_AGAIN or any(client.gave_up for client in self.clients):
                self.begin()
            step = Step(self.step + 1)
            self.sent = self.moves[step]()
            self.arrive(step)

    def arrive(self, step: Step):
        self.step = step
        self.seen.append(self.look())

    @action("Run it through")
    def run_through(self):
        """All the steps that are left, or a round of its own."""
        self.next_step()
        while self.step < Step.READ_AGAIN and not self.over.wait(self.beat):
            self.next_step()

    def look(self) -> Held:
        cached = self.client.get(self.key)
        in_cache = NOTHING if cached is None else self.which(json.loads(cached))
        return Held(in_cache, self.which(self.table.find(ROW)))

    def which(self, record) -> int:
        return OLD if record["version"] <= self.first_version else NEW

    def gap(self, random):
        return 1 / self.rate

    def request(self):
        held = self.look()
        if held.reader == held.database:
            return "read"
        self.stale.append(time.perf_counter())
        return "read", "stale"

    def sample(self, window):
        with self.lock:
            left = self.client.pttl(self.key)
            if left < 0 and self.step == Step.READ_AGAIN:
                self.arrive(Step.EXPIRED)
            points = [
                *enumerate(self.seen),
                (len(self.seen) - 0.5, self.seen[-1]),
            ]  # the last holds until the next step
            now = window.interval.tags
            return {
                side: [(x, getattr(held, side)) for x, held in points] for side in ("cache", "database", "reader")
            } | {
                "stale": 100 * now["stale"] / now["read"] if now["read"] else None,
                "left": max(0, left) / 1e3,
                "life": self.ttl,
                "step": self.step,
                "stale_reads": len(self.stale),
                "stale_for": self.stale_for,
                "sent": [in_short(command) for command in self.sent],
            }

    @property
    def stale_for(self) -> float | None:
        """Seconds for which the old row was read; None until the late SET has had its turn."""
        if self.step < Step.LATE_SET:
            return None
        return self.stale[-1] - self.stale[0] if self.stale else 0.0

    def sentence(self, values):
        (_, cached), (_, newest) = values["cache"][-1], values["database"][-1]
        said = told(values["step"], self.fix == LEASE)
        if values["sent"]:
            said += f" Sent: {', '.join(values['sent'])}."
        said += f" Cache: {PLACES[cached]}; database: {PLACES[newest]}."
        if cached not in (NOTHING, newest):
            said += f" Readers get the old row for another {values['left']:.1f} s."
        return said

    def verdict(self, values):
        reads, seconds = values["stale_reads"], values["stale_for"]
        if not reads:
            return "Not here: no read got the old row once the new one was committed"
        return f"True: {reads} reads in {seconds:.1f} s got the old row; the TTL is {values['life']:g} s"


def in_short(command) -> str:
    """A command and its reply, in a word or two."""
    words = command.text.split()
    name = " ".join(words[:2]) if words[0] == "EVALSHA" else words[0]
    return f"{name} → {'nothing' if command.reply is None else command.reply}"
