"""Section 1.3: write-behind, and what it takes to lose a write."""

import functools
import itertools
import random
import time
from collections import Counter

from redislab.bench import action, choice, number, on, solid, switch, time_chart
from redislab.keys import KeyNamespace
from redislab.lessons.caching_patterns.killable import Killable
from redislab.lessons.caching_patterns.write_behind.receipts import Receipts
from redislab.lessons.caching_patterns.write_behind.shops import ModuleShop, StreamShop

MODULES, STREAM = "in process (module)", "Redis Stream"
SHOPS = {MODULES: ModuleShop, STREAM: StreamShop}
SHORT = {MODULES: "module", STREAM: "stream"}
COMPARE_EVERY = 0.3  # s; each comparison scans the table


class WriteBehindLab(Killable):
    """Clients write to an application, which acknowledges immediately and saves later.

    The application is a process of its own. What it acknowledged is noted here, with the version of each write, and is
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
        time_chart("Acknowledged and not in the database", "writes", waiting="backlog"),
        time_chart("Set aside, and lost", "writes",
                   dead=solid("dead letters", shape="hv"), lost=solid("lost writes", shape="hv")),
        time_chart("Writes", "/s", acknowledged="acknowledged", persisted="in the database"),
        time_chart("Database", "/s", log=True, statements="rows sent", transactions="transactions"),
        time_chart("Latency of a write", "ms", log=True, p50="p50", p99="p99"),
    )  # fmt: skip
    presets = {
        "As in the module": {"queue": MODULES, "flush_ms": 5000.0},
        "One by one": {"batch": 1, "db_ms": 20.0},
        "Batches": {"hot": 10_000, "db_ms": 20.0},
        "A few hot rows": {"batch": 1000, "flush_ms": 1000.0, "hot": 20},
    }
    workers = 64
    span = 3.0
    waiting = "Waiting for the first writes."

    def setup(self, lab):
        super().setup(lab)
        self.lab, self.users = lab, lab.database.users
        self.record = functools.cache(self.users.find)
        self.numbers, self.database_down = itertools.count(), False
        self.risked, self.gone = Counter(), Counter()  # rows, by the queue that was killed while some waited in it

    @on("queue")
    def open(self):
        """An application with keys of its own: what the other one leaves behind is not a loss."""
        with self.out_of_service():
            self.receipts, self.compared = Receipts(self.users), 0.0
            self.keys = KeyNamespace(f"{self.lab.prefix}:{{writes{next(self.numbers)}}}")
            self.launch_shop()

    def launch_shop(self):
        self.launch(functools.partial(SHOPS[self.queue], self.lab.address, self.keys.prefix, self.tuning()))
        self.tune()  # a knob may have been set while it started

    def tuning(self) -> dict:
        return self.settings() | {"down": self.database_down}

    @on("batch", "flush_ms", "coalescing", "db_ms")
    def tune(self):
        self.tell("tune", self.tuning())

    def request(self):
        if self.away:
            raise ConnectionError("The application is not back yet.")
        id, receipts = self.users.ids[random.randrange(self.hot)], self.receipts
        version = self.application.call("put", id, self.record(id) | {"city": f"city {random.random()}"})
        receipts.add(id, version)
        return "write"

    @action("Kill the application")
    def kill(self):
        """SIGKILL, with Redis up all the while. It is started again, recovers what it can, and then the rows are counted."""
        with self.out_of_service():
            self.receipts.compare()
            self.risked[self.queue] += self.receipts.rows
            self.launch_shop()
            self.let_it_recover()
            self.gone[self.queue] += self.receipts.audit(self.application.call("kept"))

    @action("Database down")
    def take_down(self):
        self.database_down = True
        self.tune()

    @action("Database up")
    def bring_up(self):
        self.database_down = False
        self.tune()

    @action("Replay dead letters")
    def replay(self):
        self.tell("replay")

    def look(self):
        """What the application says of itself, and what the table holds now."""
        if self.ask():
            for id, version in self.state["dropped"]:
                self.receipts.lose(id, version)
        if time.monotonic() - self.compared > COMPARE_EVERY:
            self.receipts.compare()
            self.compared = time.monotonic()

    def sample(self, window):
        self.look()
        counted, process = self.keys.prefix, self.state["process"]  # each counts from 0
        return window.percentiles("write") | {
            "acknowledged": window.growth(f"acknowledged {counted}", self.receipts.acknowledged),
            "persisted": window.growth(f"persisted {counted}", self.receipts.persisted),
            "waiting": self.receipts.waiting,
            "statements": window.growth(f"statements {process}", self.state["statements"]),
            "transactions": window.growth(f"transactions {process}", self.state["transactions"]),
            "dead": self.state["dead"],
            "lost": self.receipts.lost,
            "taken": self.receipts.acknowledged,
            "away": self.away,
            **{f"risked_{short}": self.risked[queue] for queue, short in SHORT.items()},
            **{f"gone_{short}": self.gone[queue] if self.risked[queue] else None for queue, short in SHORT.items()},
        }

    def sentence(self, values):
        if values["away"]:
            return "The application is dead or starting again. What it had acknowledged is being looked for."
        return (
            "{acknowledged:.0f} writes a second are acknowledged and {persisted:.0f} reach the database, as "
            "{statements:.0f} rows in {transactions:.1f} transactions; {waiting:,} wait. "
            "Half of the writes take under {p50:.1f} ms.",
            "{dead:,} are dead letters.",
            "{lost:,} are lost.",
        )

    def verdict(self, values):
        queues = {"module": "its own queue", "stream": "the Stream"}
        found = [
            f"{values[f'gone_{short}']:,} of {values[f'risked_{short}']:,} rows that waited in {queue}"
            for short, queue in queues.items()
            if values.get(f"gone_{short}") is not None
        ]
        if not found:
            return "Redis is up. Kill the application, with either queue: is anything lost?"
        cause = "The wrong cause: Redis was up. " if values.get("gone_module") else ""
        return f"{cause}Killing the application lost {', and '.join(found)}"
