"""Section 1.2: write-through, and whether its two copies are one."""

import itertools
import json
import random
import threading
from collections import OrderedDict, deque

from traitlets import observe

from redislab.bench import Chart, Line, Networked, Watch, choice, number
from redislab.caching import WriteThrough
from redislab.caching.background import Background
from redislab.caching.write_through import CACHE_FIRST, DB_FIRST, DB_THEN_DELETE
from redislab.errors import DatabaseError


class Ledger:
    """A table that knows which cities were written and are not committed: not yet, or never to be.

    Its reads and its writes go through two handles on the database, so that what is added to a commit does not hold
    up, or fail, a read.
    """

    MOST = 2000  # of those that failed; the cache has long forgotten them

    def __init__(self, readers, writers, kind: str):
        self._readers, self._writers, self.kind = readers, writers, kind
        self._doubtful, self._lock = OrderedDict(), threading.Lock()

    def begin(self, city: str) -> None:
        with self._lock:
            self._doubtful[city] = None
            if len(self._doubtful) > self.MOST:
                self._doubtful.popitem(last=False)

    def doubts(self, city: str) -> bool:
        return city in self._doubtful

    def find(self, id):
        record = self._readers.find(id)
        self._doubtful.pop(record["city"], None)  # the database shows nothing else than what is committed
        return record

    def save(self, id, record) -> int:
        version = self._writers.save(id, record)
        self._doubtful.pop(record["city"], None)
        return version


class Race:
    """Some writers at once on one row; `done` is true once, for the last of them."""

    def __init__(self, id, writers: int):
        self.id, self._left, self._lock = id, writers, threading.Lock()

    def done(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left == 0


class WriteThroughLab(Networked):
    """Five times a second, all writers write the same row at once, each another city; readers read the five rows of the lab.

    When the last writer of a race is done, the city in the cache and the city in the database are compared. Versions
    are not: cache first knows none.
    """

    title = "Write-through"
    claim = "Cache always consistent with database"

    order = choice(CACHE_FIRST, [CACHE_FIRST, DB_FIRST, DB_THEN_DELETE], label="Order of a write")
    writers = number(8, 1, 32, label="Writers at once", integer=True, help="all on the same row")
    commit_ms = number(20.0, 0, 500, label="Added commit time", unit="ms", step=5, help="before each commit")
    failures = number(0.0, 0, 100, label="Added DB failures", unit="%", step=5, help="of the commits")
    rate = number(200.0, 20, 500, label="Reads", unit="/s", log=True)

    charts = (
        Chart("Cache ≠ database after a race", (Line("differs", "of the races"),), unit="%", low=0, high=100),
        Chart("Reads of what is not committed", (Line("uncommitted", "of the reads"),), unit="%", low=0),
        Chart("Latency of a write", (Line("p50", "p50"), Line("p99", "p99")), unit="ms", log_y=True),
        Chart(
            "Failed writes",
            (Line("failed", "all"), Line("lost", "that took the entry with them")),
            unit="/s",
            low=0,
        ),
    )
    presets = {
        "As in the module": {"order": CACHE_FIRST, "writers": 8, "commit_ms": 20.0, "failures": 0.0},
        "A commit that fails": {"order": CACHE_FIRST, "writers": 1, "commit_ms": 200.0, "failures": 50.0},
        "Database first": {"order": DB_FIRST, "writers": 8, "commit_ms": 20.0, "failures": 0.0},
        "Ours": {"order": DB_THEN_DELETE, "writers": 8, "commit_ms": 20.0, "failures": 20.0},
    }
    workers = 128
    span = 5.0
    ROWS, PERIOD = 5, 0.2  # s

    def setup(self, lab):
        self.readers, self.commits, self.keys = lab.open_database(), lab.open_database(), lab.keys
        self.users = Ledger(self.readers.users, self.commits.users, "raced_user")
        self.rows = {id: self.readers.users.find(id) for id in self.readers.users.ids[: self.ROWS]}
        self.idle, self.tickets, self.results = deque(self.rows), deque(), deque()
        self.race, self.entering, self.next_race, self.serial = None, 0, 0.0, itertools.count()
        self.inspector, self.comparing = lab.client(), Background(1)
        self.inspector.delete(*map(self.key, self.rows))
        self.connect(lab.server, max_connections=self.workers)
        self.burden()

    def teardown(self):
        super().teardown()
        self.comparing.close()
        self.readers.close()
        self.commits.close()

    def connected(self):
        self.watch = Watch(self.client)
        self.cache = WriteThrough(self.client, self.users, self.keys, order=self.order)

    @observe("order")
    def choose(self, _=None):
        if self.server:
            self.cache.order = self.order

    @observe("commit_ms", "failures")
    def burden(self, _=None):
        if self.server:
            self.commits.added_latency, self.commits.failing = self.commit_ms / 1e3, self.failures / 100

    def key(self, id):
        return self.keys.entity(self.users.kind, id)

    def gap(self, random):
        """Each race's writers at once; readers at random moments between the races."""
        if self.entering:
            self.entering -= 1
            self.tickets.append(self.race)
            return 0.0
        wait = random.expovariate(self.rate)
        self.tickets.append(None)
        self.next_race -= wait
        if self.next_race <= 0 and self.idle:
            self.race, self.entering = Race(self.idle.popleft(), self.writers), self.writers
            self.next_race = self.PERIOD
        return wait

    def request(self):
        self.watch.take()
        race = self.tickets.popleft() if self.tickets else None
        return self.write(race) if race else self.read()

    def read(self):
        record = self.cache.get(random.choice(list(self.rows)))
        return ("read", "uncommitted") if self.users.doubts(record["city"]) else "read"

    def write(self, race):
        city = f"city {next(self.serial)}"
        self.users.begin(city)
        try:
            self.cache.put(race.id, self.rows[race.id] | {"city": city})
            return "write"
        except DatabaseError:
            lost = any(self.deleted(command) for command in self.watch.take())
            return ("write", "failed", "lost") if lost else ("write", "failed")
        finally:
            if race.done():
                self.comparing.submit(self.compare, race.id)

    @staticmethod
    def deleted(command) -> bool:
        return command.text.startswith("DEL ") and command.reply not in (None, "0")

    def compare(self, id):
        try:
            cached, row = self.inspector.get(self.key(id)), self.readers.users.find(id)
            self.results.append(cached is not None and json.loads(cached)["city"] != row["city"])
        finally:
            self.idle.append(id)

    def sample(self, window):
        results = [self.results.popleft() for _ in range(len(self.results))]
        window.count("races", len(results))
        window.count("differs", sum(results))
        return {
            "differs": window.share("differs", of="races"),
            "races": window.recent.tags["races"],
            "uncommitted": window.share("uncommitted", of="read"),
            "p50": window.percentile("write", 50),
            "p99": window.percentile("write", 99),
            "failed": window.rate("failed"),
            "lost": window.rate("lost"),
        }

    def sentence(self, values):
        if values["differs"] is None or values["p50"] is None:
            return "Waiting for the first writers to be done."
        said = (
            f"After {values['differs']:.0f} % of the last {values['races']:.0f} races the cache holds one row and the database "
            f"another; {values['uncommitted'] or 0:.1f} % of the reads see what is not committed. "
            f"Half of the writes take under {values['p50']:.0f} ms."
        )
        if values["lost"]:
            said += f" {values['lost']:.1f} failed writes a second take the entry with them."
        return said

    def verdict(self, values):
        if values["differs"] is None:
            return None
        wrong = [f"{values['differs']:.0f} % of the rows differ"] if values["differs"] else []
        wrong += (
            [f"{values['uncommitted']:.1f} % of the reads are of nothing committed"] if values["uncommitted"] else []
        )
        if wrong:
            return f"False with {self.order}: {', '.join(wrong)}"
        if self.order == DB_THEN_DELETE:
            return "True of this order, which the module has not: it deletes, and the next reader loads"
        return (
            f"Nothing seen against it with {self.order} and {self.writers} at once. More writers, or failures, test it"
        )
