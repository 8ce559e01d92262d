"""Section 1.2: write-through, and whether cache and database hold the same."""

import itertools
import json
import random
import time
from collections import deque

import redis

from redislab.bench import YOURS, Networked, Watch, Yours, choice, number, on, time_chart
from redislab.caching import WriteThrough
from redislab.caching.background import Background
from redislab.caching.write_through import CACHE_FIRST, DB_FIRST, DB_THEN_DELETE, ORDERS
from redislab.errors import DatabaseError
from redislab.lessons.caching_patterns.stoppable import Stoppable
from redislab.lessons.caching_patterns.write_through.ledger import Ledger, Race

ROWS = 5
RACED = (
    "After {differs:.0f} % of the last {races:.0f} races the cache holds one row and the database another; "
    "{uncommitted:.1f} % of the reads see what is not committed. Half of the writes take under {p50:.0f} ms.",
    "{lost:.1f} failed writes a second take the entry with them.",
)


class WriteThroughLab(Stoppable, Networked):
    """Five times a second, all writers write one row at the same moment, each another city; readers read the lab's five rows.

    When the last writer of a race is done, the city in the cache and the city in the database are compared. Versions
    are not: cache first knows none.
    """

    title = "Write-through"
    claim = "Cache always consistent with database"

    order = choice(CACHE_FIRST, list(ORDERS), label="Order of a write",
                   yours=Yours("client, source, keys, id, record", put="id, record"))  # fmt: skip
    writers = number(8, 1, 32, label="Simultaneous writers", integer=True, help="all on the same row")
    failures = number(0.0, 0, 100, label="Added DB failures", unit="%", step=5, help="of the commits")
    commit_ms = number(20.0, 0, 500, label="Added commit time", unit="ms", step=5, help="before each commit")
    rate = number(200.0, 20, 500, label="Reads", unit="/s", log=True)

    charts = (
        time_chart("Cache ≠ database after a race", "%", 0, 100, differs="of the races"),
        time_chart("Reads of what is not committed", "%", uncommitted="of the reads"),
        time_chart("Latency of a write", "ms", log=True, p50="p50", p99="p99"),
        time_chart("Failed writes", "/s", failed="all", lost="that took the entry with them"),
    )
    presets = {
        "As in the module": {},
        "A commit that fails": {"writers": 1, "commit_ms": 200.0, "failures": 50.0},
        "Database first": {"order": DB_FIRST},
        "Ours": {"order": DB_THEN_DELETE, "failures": 20.0},
    }
    workers = 128
    span = 5.0
    waiting = "Waiting for the first race to end."
    period = 0.2  # s from the start of one race to the next

    def setup(self, lab):
        super().setup(lab)
        self.readers, self.commits, self.keys = lab.open_database(), lab.open_database(), lab.keys
        self.users = Ledger(self.readers.users, self.commits.users, "user")
        self.rows = {id: self.readers.users.find(id) for id in self.readers.users.ids[:ROWS]}
        self.numbers = itertools.count(time.time_ns())  # the rows still hold the cities of former rounds
        self.idle = deque(self.rows)  # rows that no one races on
        self.race, self.to_come = None, 0  # the race that begins, and how many of its writers are to come
        self.next_race = 0.0
        self.entrants = deque()  # a race for each of its writers
        self.results = deque()  # whether cache and database differed, race by race
        self.inspector, self.comparing = self.server.client(), self.owned(Background(1))
        self.connect(self.server, max_connections=self.workers)

    @on("client")
    def build(self):
        self.watch = Watch(self.client)
        self.cache = WriteThrough(self.client, self.users, self.keys)

    @on("client", "order")
    def choose_order(self):
        self.put = self.cache.put
        if self.order == YOURS:
            self.put = self.mine(self.client, self.users, self.keys).put
        else:
            self.cache.order = self.order

    @on("commit_ms", "failures")
    def burden(self):
        self.commits.added_latency, self.commits.failing = self.commit_ms / 1e3, self.failures / 100

    def gap(self, random):
        """The writers of a race arrive at the same moment; readers at random moments between the races."""
        if self.to_come:
            self.to_come -= 1
            self.entrants.append(self.race)
            return 0.0
        wait = random.expovariate(self.rate)
        self.next_race -= wait
        if self.next_race <= 0 and self.idle:
            self.race, self.to_come = Race(self.idle.popleft(), self.writers), self.writers
            self.next_race = self.period
        return wait

    def request(self):
        try:
            race = self.entrants.popleft()
        except IndexError:
            return self.read()
        return self.write(race)

    def read(self):
        record = self.cache.get(random.choice(list(self.rows)))
        return ("read", "uncommitted") if self.users.doubts(record["city"]) else "read"

    def write(self, race):
        city = f"city {next(self.numbers)}"
        self.users.begin(city)
        self.watch.take()
        try:
            self.put(race.id, self.rows[race.id] | {"city": city})
            if self.order == YOURS and self.users.doubts(city):
                raise self.mine.wrong("It returned before the record was saved: call source.save(id, record).")
            return "write", "committed"
        except DatabaseError:
            return ("write", "failed", "lost") if self.has_deleted() else ("write", "failed")
        except redis.RedisError:
            return "write", "failed"
        finally:
            if race.finish():
                self.comparing.submit(self.compare, race.id)

    def has_deleted(self) -> bool:
        """Whether this thread's write has deleted an entry; within a transaction, the reply to a DEL is only "QUEUED"."""
        replies = [command.reply for command in self.watch.take() if command.text.startswith("DEL ")]
        return any(reply not in (None, "0", "QUEUED") for reply in replies)

    def compare(self, id):
        try:
            cached, row = self.inspector.get(self.keys.entity(self.users.kind, id)), self.readers.users.find(id)
            self.results.append(cached is not None and json.loads(cached)["city"] != row["city"])
        finally:
            self.idle.append(id)

    def sample(self, window):
        results = [self.results.popleft() for _ in range(len(self.results))]
        window.count("races", len(results))
        window.count("differs", sum(results))
        return window.percentiles("write") | {
            "differs": window.share("differs", of="races"),
            "races": window.recent.tags["races"],
            "uncommitted": window.share("uncommitted", of="read"),
            "failed": window.rate("failed"),
            "committed": window.rate("committed"),
            "down": self.down,
            "lost": window.rate("lost"),
        }

    def sentence(self, values):
        return f"Redis is down: {self.written(values)}." if values["down"] else RACED

    def verdict(self, values):
        if values["down"]:
            return f"Without Redis, with {self.order}: {self.written(values)}"
        differs, uncommitted = values["differs"], values.get("uncommitted")
        wrong = [f"{differs:.0f} % of the rows differ"] if differs else []
        wrong += [f"{uncommitted:.1f} % of the reads are of nothing committed"] if uncommitted else []
        if wrong:
            return f"False with {self.order}: {', '.join(wrong)}"
        if self.order == DB_THEN_DELETE:
            return "True of this order, which the module does not have: it deletes, and the next reader loads"
        return f"Nothing seen against it with {self.order} and {self.writers} writers at the same time. More writers, or failures, test it"

    def written(self, values) -> str:
        return f"{values['committed']:.0f} writes a second are committed, {values['failed']:.0f} fail"
