"""Section 5.4: databases by number, what they keep apart, and what they do not."""

import itertools
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from statistics import median

import redis
from traitlets import observe

from redislab.bench import Chart, Experiment, Line, action, choice, number
from redislab.errors import StartError
from redislab.keys import KeyNamespace
from redislab.lessons.anti_patterns.filler import Filler
from redislab.lessons.anti_patterns.neighbour import DUE, Neighbour

ONCE, EACH, DB, PREFIX = "select(), once", "select(), each time", "db=", "prefixes"
WAYS = (ONCE, EACH, DB, PREFIX)
TTL = 10.0  # s, of what the two applications write
REPORTS, LARGE, THIRD = 100_000, 30_000, 2  # keys of the third application, more of 1 KB, and its database
MOST = 16  # threads


class SelectLab(Experiment):
    """Two applications write into a database each, from threads that all write to both; a third one has database 2.

    Each thread writes a key for application 0, one for application 1, and so on. With select() once, application 1 has a client on
    which it was called at the start; each time: both share one, and call it before each write. With prefixes both use database 0,
    as is meant. Where a key has ended up is asked at the end of each round. The private server has 24 MB and evicts at random, so
    that it shows at once whose keys go.
    """

    title = "SELECT"
    claim = "Databases by SELECT are deprecated: use key namespaces"

    way = choice(ONCE, WAYS, label="Kept apart by")
    threads = number(8, 1, MOST, label="Threads", integer=True, help="they share the clients")
    rate = number(10.0, 1, 20, label="Rounds", unit="/s", log=True, help="in each, a thread writes four keys")
    asks = number(0.0, 0, 2, label="KEYS in database 2", unit="/s", step=0.5, help="by the third application")

    charts = (
        Chart(
            "Keys in each database",
            (
                Line("db0", "db 0"),
                Line("db1", "db 1"),
                Line("meant0", "meant for 0", "dash", "predicted"),
                Line("meant1", "meant for 1", "dot", "predicted"),
            ),
            unit="keys",
            low=0,
        ),
        Chart("Keys in a database that was not meant", (Line("misplaced", "misplaced"),), unit="%", low=0),
        Chart("Application 0’s PING", (Line("p50", "p50"), Line("p99", "p99")), unit="ms", log_y=True),
        Chart("One write", tuple(Line(f"ms {way}", way) for way in WAYS), unit="ms", kind="bars", low=0),
    )
    presets = {
        "The module’s bad example": {"way": ONCE, "threads": 8, "asks": 0.0},
        "It worked in the test": {"way": ONCE, "threads": 1, "asks": 0.0},
        "A client for each": {"way": DB, "threads": 8, "asks": 0.0},
        "Prefixes, and a noisy third": {"way": PREFIX, "threads": 8, "asks": 1.0},
    }
    workers = 2
    patience = 60.0
    filler = neighbour = crew = None

    def setup(self, lab):
        self.lab, self.server = lab, lab.private_server(maxmemory="24mb", maxmemory_policy="allkeys-random")
        self.own = [self.server.client(db=db, max_connections=MOST, socket_timeout=10) for db in (0, 1, THIRD)]
        self.serial, self.crew = itertools.count(), ThreadPoolExecutor(MOST)
        self.filler, self.neighbour = Filler(self.own[THIRD]), Neighbour(self.server)
        self.filler.want(REPORTS, [(100, "report:#", 20, 0)])
        self.asking, self.asked, self.answer = threading.Lock(), time.monotonic(), ""
        self.alone = threading.Lock()
        self.taken = {way: deque(maxlen=20) for way in WAYS}
        self.filler.wait()
        self.neighbour.forget()
        self.begin()

    def teardown(self):
        if self.crew:
            self.crew.shutdown()
        for each in (self.filler, self.neighbour, self.server):
            if each:
                each.close()
        self.server = self.filler = self.neighbour = self.crew = None

    @observe("way", "threads")
    def turned(self, _=None):
        self.stale = True  # the round under way still writes as before

    def begin(self):
        """No keys of the two, and a client of application 1 on which select() has been called."""
        self.stale, self.written = False, deque()
        for client in self.own[:2]:
            client.flushdb()
        self.shared = self.server.client(max_connections=MOST)
        self.shared.select(1)  # on one connection of its pool, the first; each later one begins in database 0

    @observe("asks")
    def forget(self, _=None):
        if self.neighbour:
            self.neighbour.forget()

    @action("FLUSHALL, meant for db 1")
    def flush(self):
        self.own[1].flushall()
        self.filler.again()

    @action("30 MB for db 2")
    def fill(self):
        """The third application stores more than there is room for."""
        with suppress(redis.RedisError):  # a reset takes the server away
            for start in range(0, LARGE, 500):
                with self.own[THIRD].pipeline(transaction=False) as pipeline:
                    for number in range(start, start + 500):
                        pipeline.set(f"export:{number}", "x" * 1000, ex=20)
                    pipeline.execute()

    @action("SELECT 1 on a cluster")
    def ask_cluster(self):
        """A cluster of one node is started for the question."""
        try:
            cluster = self.lab.private_cluster(1)
        except StartError as failure:
            self.answer = str(failure)
            return
        try:
            cluster.node_client(0).execute_command("SELECT", 1)
            self.answer = "OK"
        except redis.RedisError as refusal:
            self.answer = str(refusal)
        finally:
            cluster.close()

    def request(self):
        if self.asks and time.monotonic() - self.asked > 1 / self.asks and self.asking.acquire(blocking=False):
            try:
                self.asked = time.monotonic()
                self.own[THIRD].keys("nobody:*")
            finally:
                self.asking.release()
            return "keys"
        with self.alone:
            if self.stale:
                self.begin()
            return self.round()

    def round(self):
        """All threads at once; then each key is looked for where it was meant to be."""
        way, written = self.way, self.written
        found = list(self.crew.map(lambda _: self.write_some(way), range(self.threads)))
        keys = [key for keys, _ in found for key in keys]
        written.append((time.monotonic(), len(keys) // 2))
        self.taken[way].append(sum(ms for _, ms in found) / len(keys))
        missing = 0
        for app in (0, 1):
            with self.own[0 if way == PREFIX else app].pipeline(transaction=False) as pipeline:
                for key in (key for its, key in keys if its == app):
                    pipeline.exists(key)
                missing += pipeline.execute().count(0)
        return "round", *["written"] * len(keys), *["misplaced"] * missing

    def write_some(self, way):
        """Four keys, for the applications in turn: (application, key) of each, and ms for all of them."""
        keys, began = [], time.perf_counter()
        for app in (0, 1, 0, 1):
            keys.append((app, KeyNamespace(f"app{app}" if way == PREFIX else "shop").entity("cart", next(self.serial))))
            self.write(way, *keys[-1])
        return keys, 1e3 * (time.perf_counter() - began)

    def write(self, way, app, key):
        shared = self.shared if app or way == EACH else self.own[0]
        client = {DB: self.own[app], PREFIX: self.own[0]}.get(way, shared)
        if way == EACH:
            client.select(app)  # the next command may have another connection
        client.set(key, "x", px=round(1000 * TTL))

    def sample(self, window):
        self.neighbour.look()
        held, written = self.own[0].info("keyspace"), self.written
        while written and time.monotonic() - written[0][0] > TTL:
            written.popleft()
        each = sum(count for _, count in list(written))
        return {f"ms {way}": median(taken) if taken else None for way, taken in self.taken.items()} | {
            "db0": held.get("db0", {}).get("keys", 0),
            "db1": held.get("db1", {}).get("keys", 0),
            "meant0": 2 * each if self.way == PREFIX else each,
            "meant1": 0 if self.way == PREFIX else each,
            "misplaced": window.share("misplaced", of="written"),
            "p50": self.neighbour.percentile(DUE, 50),
            "p99": self.neighbour.percentile(DUE, 99),
            "answer": self.answer,
        }

    def sentence(self, values):
        if values["misplaced"] is None:
            return "Waiting for the first round."
        held = " and ".join(
            f"{values[f'db{db}']:,} keys in database {db} ({values[f'meant{db}']:,} meant)" for db in (0, 1)
        )
        said = (
            f"{held}: {values['misplaced']:.0f} % are not where they were meant to be. "
            f"One PING of application 0 in a hundred takes over {values['p99'] or 0:,.1f} ms."
        )
        return said + (f" A node of a cluster answers SELECT 1 with: {values['answer']}" if values["answer"] else "")

    def verdict(self, values):
        if values["misplaced"] is None:
            return None
        wrong = f"{self.way}, {self.threads} threads: {values['misplaced']:.0f} % of the keys are in the wrong database"
        return f"{wrong}; one memory and one thread serve all databases (PING p99 {values['p99'] or 0:,.1f} ms)"
