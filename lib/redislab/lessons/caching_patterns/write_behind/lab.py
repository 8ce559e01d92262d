"""Section 1.3: write-behind, and what it takes to lose a write."""

import functools
import itertools
import json
import random
import threading
import time
from collections import Counter, deque

from traitlets import observe

from redislab.bench import Chart, Experiment, Line, action, choice, number, switch
from redislab.bench.application import Application
from redislab.caching import ModuleWriteBehind, WriteBehind, WriteBehindWorker
from redislab.keys import KeyNamespace
from redislab.lessons.caching_patterns.write_behind.receipts import Receipts
from redislab.world import Lab

MODULES, STREAM = "in process (module)", "Redis Stream"
SHORT = {MODULES: "module", STREAM: "stream"}
LIMIT = 5000  # writes that may wait


class Shop:
    """The application that is killed: it accepts writes, and what saves them lives inside it."""

    def __init__(self, address, prefix: str, queue: str, settings: dict):
        lab = Lab.attach(address)
        self.redis, self.database, self.dropped = lab.client(), lab.open_database(), deque()
        self.users, keys = self.database.users, KeyNamespace(prefix)
        self.kind, self.find = self.users.kind, self.users.find
        if queue == STREAM:
            self.cache = WriteBehind(self.redis, self.users, keys, limit=LIMIT, patience=0.2)
            self.worker = WriteBehindWorker(self.cache, attempts=4, backoff=0.1, min_idle=1.0)
            self.worker.start()
        else:
            self.cache, self.worker = ModuleWriteBehind(self.redis, self, keys), None
        self.put = self.cache.put
        self.tune(settings)

    def tune(self, settings: dict) -> None:
        self.database.added_latency, self.database.failing = settings["db_ms"] / 1e3, settings["down"]
        if self.worker:
            self.worker.batch, self.worker.linger = settings["batch"], settings["flush_ms"] / 1e3
            self.worker.coalesce = settings["coalescing"]
        else:
            self.cache.batch, self.cache.every = settings["batch"], settings["flush_ms"] / 1e3

    def save_many(self, records) -> None:
        """The module's way to the table; what it drops is noted, as nothing in it does."""
        try:
            self.users.save_many(records)
        except Exception:
            self.dropped.extend((record["id"], record["version"]) for record in records)
            raise

    def state(self) -> dict:
        return {
            "statements": self.database.statements["save"],
            "transactions": self.database.transactions,
            "dead": self.cache.backlog.letters if self.worker else 0,
            "dropped": [self.dropped.popleft() for _ in range(len(self.dropped))],
        }

    def queued(self) -> int:
        return self.cache.backlog.waiting if self.worker else self.cache.queue.qsize()

    def kept(self) -> dict:
        """The newest versions by id that the stream and the dead letters hold."""
        streams = (self.cache.backlog.stream, self.cache.backlog.dead) if self.worker else ()
        entries = [fields for stream in streams for _, fields in self.redis.xrange(stream)]
        records = sorted((json.loads(fields["record"]) for fields in entries), key=lambda record: record["version"])
        return {record["id"]: record["version"] for record in records}

    def replay(self) -> int:
        return self.worker.replay() if self.worker else 0


class WriteBehindLab(Experiment):
    """Clients write to an application, which acknowledges at once and saves later.

    The application is a process of its own. What it acknowledged is kept here, with the version of each write, and is
    compared with the rows. The latency of a write includes the way to the application, some 0.1 ms.
    """

    title = "Write-behind"
    claim = "Data loss risk (cache failure before DB write)"

    queue = choice(STREAM, [MODULES, STREAM], label="Queue")
    batch = number(100, 1, 1000, label="Batch", unit="writes", log=True, integer=True)
    flush_ms = number(
        500.0, 10, 5000, label="Flush", unit="ms", log=True, help="after the first write; module: after the last flush"
    )
    rate = number(200.0, 10, 1000, label="Writes", unit="/s", log=True)
    hot = number(1000, 10, 10_000, label="Hot set", unit="rows", log=True, integer=True, help="those that are written")
    db_ms = number(5.0, 0, 100, label="Added DB latency", unit="ms", step=1, help="of each transaction")
    coalescing = switch(True, label="Coalescing", help="of each batch only the newest write to a row; not the module's")

    charts = (
        Chart("Writes", (Line("acknowledged", "acknowledged"), Line("persisted", "in the database")), unit="/s", low=0),
        Chart("Acknowledged and not in the database", (Line("waiting", "backlog"),), unit="writes", low=0),
        Chart(
            "Database",
            (Line("statements", "rows sent"), Line("transactions", "transactions")),
            unit="/s",
            log_y=True,
        ),
        Chart("Latency of a write", (Line("p50", "p50"), Line("p99", "p99")), unit="ms", log_y=True),
        Chart(
            "Set aside, and lost",
            (Line("dead", "dead letters", shape="hv"), Line("lost", "lost writes", shape="hv")),
            unit="writes",
            low=0,
        ),
    )
    presets = {
        "As in the module": {"queue": MODULES, "batch": 100, "flush_ms": 5000.0, "rate": 200.0, "hot": 1000},
        "One by one": {"queue": STREAM, "batch": 1, "rate": 200.0, "db_ms": 20.0},
        "Batches": {"queue": STREAM, "batch": 100, "flush_ms": 500.0, "hot": 10_000, "db_ms": 20.0},
        "A few hot rows": {"queue": STREAM, "batch": 1000, "flush_ms": 1000.0, "hot": 20, "coalescing": True},
    }
    workers = 64
    span = 3.0
    application = None
    LOOK = 0.3  # s between two looks into the table
    RECOVERY = 6.0  # s that it has to save what was left, before what is missing is counted

    def setup(self, lab):
        self.lab, self.database, self.redis = lab, lab.open_database(), lab.client()
        self.ids, self.records, self.turns = self.database.users.ids, {}, itertools.count()
        self.down, self.doors = False, threading.RLock()
        self.risked, self.gone = Counter(), Counter()  # rows, by the queue that was killed while some waited in it
        self.open()

    def teardown(self):
        if self.application:
            self.application.close()
            self.sweep()
        self.application = None
        self.database.close()

    @observe("queue")
    def open(self, _=None):
        """An application with keys of its own: what the other one leaves behind is nobody's loss."""
        if self.server:
            with self.doors:
                self.away = True
                if self.application:
                    self.application.close()
                    self.sweep()
                self.receipts, self.totals, self.looked = Receipts(self.database.users), Counter(), 0.0
                self.keys = KeyNamespace(f"{self.lab.prefix}:{{writes{next(self.turns)}}}")
                self.launch()
                self.away = False

    def launch(self):
        factory = functools.partial(Shop, self.lab.address, self.keys.prefix, self.queue, self.tuning())
        if self.application:
            self.application.restart(factory)
        else:
            self.application = Application(factory)
        self.state = {"statements": 0, "transactions": 0, "dead": 0}

    def sweep(self):
        """The entries have no TTL until they are saved, and some never are."""
        stream = self.keys.stream("user")
        keys = [stream, self.keys.beside(stream, "dead"), *map(self.keys.user, self.records)]
        for first in range(0, len(keys), 1000):
            self.redis.unlink(*keys[first : first + 1000])

    def tuning(self) -> dict:
        return {**self.settings(), "down": self.down}

    @observe("batch", "flush_ms", "coalescing", "db_ms")
    def tune(self, _=None):
        if self.server:
            self.tell("tune", self.tuning())

    def tell(self, *call):
        try:
            self.application.call(*call)
        except ConnectionError:
            pass  # the next one is told when it starts

    def request(self):
        if self.away:
            raise ConnectionError("The application is not back yet.")
        id, receipts = self.ids[random.randrange(self.hot)], self.receipts
        if id not in self.records:
            self.records[id] = self.database.users.find(id)
        version = self.application.call("put", id, self.records[id] | {"city": f"city {random.random()}"})
        receipts.give(id, version)
        return "write"

    @action("Kill the application")
    def kill(self):
        """SIGKILL, with Redis up all the while. It is started again, recovers what it can, and then the rows are counted."""
        with self.doors:
            self.away = True
            self.application.kill()
            self.receipts.compare()
            self.risked[self.queue] += self.receipts.rows
            self.launch()
            deadline = time.monotonic() + self.RECOVERY
            while self.application.call("queued") and time.monotonic() < deadline:
                time.sleep(0.05)
            gone = self.receipts.audit(self.application.call("kept"))
            if self.risked[self.queue]:
                self.gone[self.queue] += gone
            self.away = False

    @action("Database down")
    def take_down(self):
        self.down = True
        self.tune()

    @action("Database up")
    def bring_up(self):
        self.down = False
        self.tune()

    @action("Replay dead letters")
    def replay(self):
        self.tell("replay")

    def look(self):
        """What the application says of itself; a new one counts from 0 again."""
        before = self.state
        try:
            self.state = self.application.call("state")
        except ConnectionError:
            return
        for id, version in self.state["dropped"]:
            self.receipts.lose(id, version)
        for name in ("statements", "transactions"):
            self.totals[name] += max(0, self.state[name] - before[name])

    def sample(self, window):
        self.look()
        if time.monotonic() - self.looked > self.LOOK:
            self.receipts.compare()
            self.looked = time.monotonic()
        return {
            "acknowledged": window.growth("acknowledged", self.receipts.acknowledged),
            "persisted": window.growth("persisted", self.receipts.persisted),
            "waiting": self.receipts.waiting,
            "statements": window.growth("statements", self.totals["statements"]),
            "transactions": window.growth("transactions", self.totals["transactions"]),
            "p50": window.percentile("write", 50),
            "p99": window.percentile("write", 99),
            "dead": self.state["dead"],
            "lost": self.receipts.lost,
            "away": self.away,
            **{f"risked_{short}": self.risked[queue] for queue, short in SHORT.items()},
            **{f"gone_{short}": self.gone.get(queue) for queue, short in SHORT.items()},
        }

    def sentence(self, values):
        if values["away"]:
            return "The application is dead or starting again. What it had acknowledged is being looked for."
        if values["p50"] is None or values["persisted"] is None:
            return "Waiting for the first writes."
        said = (
            f"{values['acknowledged']:.0f} writes a second are acknowledged and {values['persisted']:.0f} reach the database, "
            f"as {values['statements']:.0f} rows in {values['transactions']:.1f} transactions; {values['waiting']:,} wait. "
            f"Half of the writes take under {values['p50']:.1f} ms."
        )
        if values["dead"]:
            said += f" {values['dead']:,} are dead letters."
        if values["lost"]:
            said += f" {values['lost']:,} are lost."
        return said

    def verdict(self, values):
        queues = {"module": "its own queue", "stream": "the Stream"}
        found = [
            f"{values[f'gone_{short}']:,} of {values[f'risked_{short}']:,} rows that waited in {queue}"
            for short, queue in queues.items()
            if values[f"gone_{short}"] is not None
        ]
        if not found:
            return "Redis is up. Kill the application, with either queue, and see whether that loses nothing"
        cause = "The wrong cause: Redis was up. " if values["gone_module"] else ""
        return f"{cause}Killing the application lost {', and '.join(found)}"
