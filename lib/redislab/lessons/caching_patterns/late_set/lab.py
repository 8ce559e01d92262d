"""Section 1.1, extra: two clients, step by step, and a SET that comes too late."""

import json
import secrets
import threading
import time

from traitlets import observe

from redislab.bench import Chart, Experiment, Line, Watch, action, choice, number
from redislab.caching import ModuleCacheAside, SingleFlight
from redislab.keys import KeyNamespace

NONE, LEASE = "none (as in the module)", "lease"
PATIENCE = 600.0  # s that a client is left standing until it gives up
ROW = 77  # a product
TOLD = (
    "Press Next step: a reader and a writer are about to use the same row.",
    "The reader looks in the cache and finds nothing.",
    "The reader selects the row, and is held up before it can store it.",
    "The writer commits a new row.",
    "The writer deletes the entry, though there is none yet.",
    "The reader, late, stores the row that it had.",
    "Somebody reads again.",
    "The entry's TTL is over. Next step begins another round.",
)
WITH_LEASE = {
    4: "The writer deletes the entry, though there is none yet, and the reader's lease.",
    5: "The reader, late, may not store what it had: its lease is gone.",
}
STEPS = (
    "<b>reader<br>writer</b>",  # the first line of a label is the reader's, the second the writer's
    "GET<br>",
    "SELECT<br>",
    "<br>commit",
    "<br>DEL",
    "SET<br>",
    "read again<br>",
    "TTL over<br>",
)
PLACES = ("nothing", "the old row", "the new row")


class AbandonedError(Exception):
    """The client was not told to go on."""


class Client:
    """One of the two: a thread that stops before and after its SELECT, and after its commit, until the next `step()`.

    It stands between a caching pattern and the table, so that the pattern is the real one.
    """

    def __init__(self, table, watch: Watch):
        self._table, self.kind, self._watch = table, table.kind, watch
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._failure, self.sent = None, []

    def start(self, work) -> None:
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def step(self) -> list:
        """Let it go on to its next stop, or its end; the commands that it sent to Redis on the way."""
        self._go.release()
        self._stopped.acquire(timeout=30)
        if self._failure:
            raise self._failure
        return self.sent

    def end(self) -> None:
        self._failure = self._failure or AbandonedError()
        self._go.release()
        self._thread.join(10)

    @property
    def gave_up(self) -> bool:
        return isinstance(self._failure, AbandonedError)

    def find(self, id):
        self._stop()
        record = self._table.find(id)
        self._stop()
        return record

    def save(self, id, record) -> int:
        version = self._table.save(id, record)
        self._stop()
        return version

    def _run(self, work) -> None:
        try:
            self._wait()
            work()
        except Exception as failure:
            self._failure = self._failure or failure
        self._tell()

    def _stop(self) -> None:
        self._tell()
        self._wait()

    def _tell(self) -> None:
        self.sent = self._watch.take()
        self._stopped.release()

    def _wait(self) -> None:
        if not self._go.acquire(timeout=PATIENCE) or self._failure:
            raise AbandonedError


class LateSetLab(Experiment):
    """Two real clients of one row, interleaved by a button, while a third one watches both sides 20 times a second.

    The third reads as a reader would, cache first, but stores nothing: the entry is the two clients' alone.
    """

    title = "The late SET"
    claim = "Stale data possible between updates"

    fix = choice(NONE, [NONE, LEASE], label="Fix", help="the lease is SingleFlight's")
    ttl = number(10.0, 2, 60, label="TTL", unit="s", step=1)

    charts = (
        Chart(
            "Who holds what; red: readers get the old row",
            (
                Line("cache", "cache", shape="hv"),
                Line("database", "database", shape="hv"),
                Line("reader", "what a reader gets", "dot", "predicted", "hv", fault=True),
            ),
            kind="xy",
            wide=True,
            x_names=STEPS,
            y_names=PLACES,
        ),
        Chart("Reads of the old row, after the commit", (Line("stale", "of all reads"),), unit="%", low=0, high=100),
        Chart("Time left of the entry", (Line("left", "left"), Line("life", "TTL", "dot", "limit")), unit="s", low=0),
    )
    presets = {"As in the module": {"fix": NONE}, "With a lease": {"fix": LEASE}}
    rate = 20
    workers = 4
    span = 1.0
    BEAT = 1.2  # s between two steps that nobody presses for
    clients = ()

    def setup(self, lab):
        self.client, self.database = lab.client(), lab.open_database()
        self.table, self.keys = self.database.products, KeyNamespace(f"{lab.prefix}:late_{secrets.token_hex(3)}")
        self.pair = [(client, Watch(client)) for client in (lab.client(), lab.client())]
        self.key, self.lock, self.over = self.keys.product(ROW), threading.RLock(), threading.Event()
        SingleFlight(self.client, self.table, self.keys, ttl=1).get(ROW)  # hands the scripts to the server
        self.begin()

    def teardown(self):
        self.over.set()
        with self.lock:
            self.dismiss()
        self.database.close()

    def dismiss(self):
        for client in self.clients:
            client.end()
        self.client.delete(self.key, self.keys.beside(self.key, "lease"))

    @observe("fix")
    def begin(self, _=None):
        """A round: an empty cache, and two clients about to start."""
        if not self.server:
            return
        with self.lock:
            self.dismiss()
            record = self.table.find(ROW)
            self.first, self.stale, self.sent, self.done = record["version"], [], [], 0
            reader, writer = self.clients = [Client(self.table, watch) for _, watch in self.pair]
            sides = [(self.pair[0][0], reader), (self.pair[1][0], writer), (self.client, self.table)]
            self.caches = first, second, _ = [self.pattern(*side) for side in sides]
            reader.start(lambda: first.get(ROW))
            writer.start(lambda: second.put(ROW, record))
            self.steps = [reader.step, reader.step, writer.step, writer.step, reader.step, self.read_again]
            self.seen = [self.look()]

    def pattern(self, client, source):
        if self.fix == NONE:
            return ModuleCacheAside(client, source, self.keys, ttl=self.ttl)
        return SingleFlight(client, source, self.keys, ttl=self.ttl, jitter=0, lease_ttl=PATIENCE)

    @observe("ttl")
    def time_out(self, _=None):
        for cache in self.caches if self.server else ():
            cache.ttl = self.ttl

    @action("Next step")
    def next_step(self):
        with self.lock:
            if self.over.is_set():
                return
            if self.done >= len(self.steps) or any(client.gave_up for client in self.clients):
                self.begin()
            self.sent = self.steps[self.done]()
            self.done += 1
            self.seen.append(self.look())

    @action("Run it through")
    def run_through(self):
        """All the steps that are left, or a round of its own."""
        over = self.over
        self.next_step()
        while self.done < len(self.steps) and not over.wait(self.BEAT):
            self.next_step()

    def read_again(self):
        self.caches[-1].get(ROW)
        return []

    def look(self) -> tuple[int, int]:
        """What cache and database hold, as places in PLACES."""
        cached = self.client.get(self.key)
        newest = self.table.find(ROW)["version"]
        return 0 if cached is None else self.place(json.loads(cached)["version"]), self.place(newest)

    def place(self, version: int) -> int:
        return 1 if version <= self.first else 2

    def gap(self, random):
        return 1 / self.rate

    def request(self):
        cached, newest = self.look()
        if (cached or newest) == newest:
            return "read"
        self.stale.append(time.perf_counter())
        return "read", "stale"

    def sample(self, window):
        with self.lock:
            left = self.client.pttl(self.key)
            if left < 0 and self.done == len(self.steps):
                self.done += 1
                self.seen.append(self.look())
            held = [*enumerate(self.seen), (len(self.seen) - 0.5, self.seen[-1])]  # the last is so until the next step
            now = window.interval.tags
            return {
                "cache": [(step, cached) for step, (cached, _) in held],
                "database": [(step, newest) for step, (_, newest) in held],
                "reader": [(step, cached or newest) for step, (cached, newest) in held],
                "stale": 100 * now["stale"] / now["read"] if now["read"] else None,
                "left": max(0, left) / 1e3,
                "life": self.ttl,
                "step": self.done,
                "stale_reads": len(self.stale),
                "stale_for": self.stale_for,
                "sent": [said(command) for command in self.sent],
            }

    @property
    def stale_for(self) -> float | None:
        """Seconds for which the old row was read; None until the late SET has had its turn."""
        if self.done < 5:
            return None
        return self.stale[-1] - self.stale[0] if self.stale else 0.0

    def sentence(self, values):
        step, (_, cached), (_, newest) = values["step"], values["cache"][-1], values["database"][-1]
        told = WITH_LEASE.get(step, TOLD[step]) if self.fix == LEASE else TOLD[step]
        if values["sent"]:
            told += f" Sent: {', '.join(values['sent'])}."
        told += f" Cache: {PLACES[cached]}; database: {PLACES[newest]}."
        if cached and cached != newest:
            told += f" Whoever reads gets the old row for another {values['left']:.1f} s."
        return told

    def verdict(self, values):
        if values["step"] < 5:
            return None
        if not values["stale_reads"]:
            return "Not here: no read got the old row once the new one was committed"
        return (
            f"True: {values['stale_reads']} reads in {values['stale_for']:.1f} s got the old row; "
            f"the TTL is {values['life']:g} s"
        )


def said(command) -> str:
    """A command and its reply, in a word or two."""
    words = command.text.split()
    name = " ".join(words[:2]) if words[0] == "EVALSHA" else words[0]
    return f"{name} → {'nothing' if command.reply is None else command.reply}"
