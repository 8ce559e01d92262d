"""Section 1.5: the four patterns on one load, and the module's rankings of them."""

import functools
import itertools
import random
import threading
import time
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

from traitlets import observe

from redislab.bench import Chart, Line, Networked, action, choice, number
from redislab.bench.application import Application
from redislab.caching import (
    ModuleCacheAside,
    ModuleRefreshAhead,
    ModuleWriteBehind,
    RefreshAhead,
    Resilient,
    WriteBehind,
    WriteBehindWorker,
    WriteThrough,
)
from redislab.caching.write_through import CACHE_FIRST
from redislab.keys import KeyNamespace
from redislab.lessons.caching_patterns.choosing.ranking import holds, measured, said
from redislab.lessons.caching_patterns.workload import Popularity, Versions

OURS, MODULES = "ours", "As in the module"
ASIDE, THROUGH, BEHIND, AHEAD = PATTERNS = "cache-aside", "write-through", "write-behind", "refresh-ahead"
RECOVERY = 6.0  # s at most, after a restart, until what is missing counts as lost
CITY = "city "
CLAIMS = {  # best first; what stands together is said to be equal
    "Read": ((AHEAD,), (THROUGH, BEHIND), (ASIDE,)),
    "Write": ((BEHIND,), (ASIDE, AHEAD), (THROUGH,)),
    "Consistency": ((THROUGH,), (ASIDE, BEHIND, AHEAD)),
}


class Shop:
    """The application: the four patterns, each with keys, rows and a handle on the database of its own."""

    def __init__(self, address, code: str):
        from redislab.world import Lab

        self.lab, self.ours = Lab.attach(address), code == OURS
        self.databases = {name: self.lab.open_database() for name in PATTERNS}
        self.tables = {name: Versions(self.databases[name].users) for name in PATTERNS}
        self.doors, self.worker, self.patterns = threading.BoundedSemaphore(1), None, {}

    def connect(self, host: str, port: int) -> None:
        """Reach Redis by way of `host` and `port`."""
        client = self.lab.client(via=SimpleNamespace(host=host, port=port), max_connections=128)
        self.close()
        self.patterns = {name: self.pattern(name, client) for name in PATTERNS}
        if self.ours:
            self.worker = WriteBehindWorker(self.patterns[BEHIND], min_idle=1.0)
            self.worker.start()

    def pattern(self, name: str, client):
        common = client, self.tables[name], KeyNamespace(f"{self.lab.prefix}:{name}")
        ours = {ASIDE: Resilient, THROUGH: WriteThrough, BEHIND: WriteBehind, AHEAD: RefreshAhead}
        if self.ours:
            return ours[name](*common)
        if name == THROUGH:
            return WriteThrough(*common, order=CACHE_FIRST)
        return {ASIDE: ModuleCacheAside, BEHIND: ModuleWriteBehind, AHEAD: ModuleRefreshAhead}[name](*common)

    def tune(self, ttl: float, db_ms: float, threads: int) -> None:
        self.doors = threading.BoundedSemaphore(threads)
        for database in self.databases.values():
            database.added_latency = db_ms / 1e3
        for pattern in self.patterns.values():
            pattern.ttl = ttl

    def get(self, name: str, id: int) -> str:
        """Read a row by way of the pattern `name`: its city."""
        with self.doors:
            return self.patterns[name].get(id)["city"]

    def put(self, name: str, id: int, city: str) -> int:
        """Write a row; the version that it was given."""
        record = {"id": id, "name": "Ada", "email": "ada@example.com", "city": city, "plan": "free", "version": 0}
        with self.doors:
            return self.patterns[name].put(id, record) or self.tables[name].newest(id)

    def calls(self) -> dict[str, int]:
        """Statements that each pattern has sent to the database, so far."""
        return {name: sum(database.statements.values()) for name, database in self.databases.items()}

    def waiting(self) -> int:
        """Acknowledged writes that the database has not got yet."""
        behind = self.patterns[BEHIND]
        return behind.backlog.waiting if self.ours else behind.queue.qsize()

    def close(self) -> None:
        if self.worker:
            self.worker.stop()
        for pattern in self.patterns.values():
            if isinstance(pattern, (RefreshAhead, ModuleWriteBehind)):
                pattern.close()


def bars(key: str) -> tuple[Line, ...]:
    return tuple(Line(f"{key} {name}", name) for name in PATTERNS)


class ArenaLab(Networked):
    """Every request is for one of the four patterns, in turn; they share the load, the application, Redis and the database.

    The application is a process of its own, and what a request takes includes the way there and back. Each pattern has
    rows of its own, and each write its own city: a read is stale if the row had been given a newer one, and that had been
    acknowledged, before it was sent.
    """

    title = "Arena"
    claim = "\n".join(f"{what}: {said(claim)}" for what, claim in CLAIMS.items())

    code = choice(OURS, [OURS, MODULES], label="Code", help="the module's: cache first, an in-process queue, no guard")
    db_ms = number(5.0, 0, 50, label="Added DB latency", unit="ms", step=1)
    rtt = number(1.0, 0, 10, label="Added round trip", unit="ms", step=0.1, help="between application and Redis")
    rate = number(240.0, 40, 800, label="Requests", unit="/s", log=True)
    writes = number(10.0, 0, 50, label="Writes", unit="%", step=1)
    threads = number(32, 1, 64, label="Threads", integer=True, help="requests that the application handles at once")
    skew = number(0.9, 0, 1.5, label="Skew", step=0.1, help="popularity falls as 1/rank^skew; 0: all alike")
    ttl = number(10.0, 1, 60, label="TTL", unit="s", log=True)

    charts = (
        Chart("A read, half of them (p50)", bars("r50"), unit="ms", kind="bars", low=0),
        Chart("A read, all but one in a hundred (p99)", bars("r99"), unit="ms", kind="bars", low=0),
        Chart("A write, half of them (p50)", bars("w50"), unit="ms", kind="bars", low=0),
        Chart("A write, all but one in a hundred (p99)", bars("w99"), unit="ms", kind="bars", low=0),
        Chart("Database calls", bars("calls"), unit="/s", kind="bars", low=0),
        Chart("Stale reads", bars("stale"), unit="%", kind="bars", low=0),
        Chart("Lost writes, since the start", bars("lost"), unit="writes", kind="bars", low=0),
        Chart("Failed requests", bars("failed"), unit="/s", kind="bars", low=0),
    )
    presets = {
        "A calm day": {"writes": 2.0, "skew": 0.9, "db_ms": 5.0},
        "A flash sale": {"writes": 50.0, "skew": 1.2, "db_ms": 5.0},
        "Hot keys, slow database": {"writes": 2.0, "skew": 1.5, "db_ms": 50.0, "ttl": 2.0},
        "As in the module": {"code": MODULES, "writes": 10.0, "ttl": 10.0},
    }
    workers = 64
    span = 8.0
    ROWS = 100  # of each pattern
    application = None

    def setup(self, lab):
        self.home, self.private = lab, lab.private_server()  # it will be killed
        self.inspector = self.private.client()
        self.database, self.turns = lab.open_database(), itertools.cycle(PATTERNS)
        self.acknowledged, self.lost = {name: {} for name in PATTERNS}, Counter()
        self.newest, self.versions, self.serial = {}, {}, itertools.count()
        self.down, self.recovering, self.lock = False, False, threading.Lock()
        self.asked, self.counted, self.former, self.waiting = 0.0, Counter(), Counter(), 0
        ids = reversed(self.database.users.ids)
        self.rows = {name: list(itertools.islice(ids, self.ROWS)) for name in PATTERNS}
        self.populate()
        self.application = Application(self.factory())
        self.connect(self.private)

    def factory(self):
        here = {"redis_url": self.private.url, "backend": self.private.backend}
        return functools.partial(Shop, replace(self.home.address, **here), self.code)

    def teardown(self):
        super().teardown()
        if self.application:
            self.application.close()
        self.private.close()
        self.database.close()
        self.application = self.server = None

    def connected(self):
        if self.application:
            way = self._delay if self.rtt else self.private
            self.application.call("connect", way.host, way.port)
            self.tune()

    @observe("code")
    def rewrite(self, _=None):
        """Other code is another application, and an empty Redis."""
        if self.application:
            self.inspector.flushall()
            self.newest.clear()
            self.replace_application()

    @observe("ttl", "db_ms", "threads")
    def tune(self, _=None):
        if self.application:
            self.application.call("tune", self.ttl, self.db_ms, self.threads)

    @observe("skew")
    def populate(self, _=None):
        if self.server:
            self.popularity = {name: Popularity(ids, self.skew) for name, ids in self.rows.items()}

    def request(self):
        name = next(self.turns)
        id = self.popularity[name].pick()
        try:
            return self.write(name, id) if random.random() < self.writes / 100 else self.read(name, id)
        except Exception:  # Redis or the application is down, or a pattern refuses: what counts is whose request it was
            return f"failed {name}", "error"

    def read(self, name, id):
        newest = self.newest.get(id, 0)
        city = self.application.call("get", name, id)
        version = self.versions.get(
            city, newest if city.startswith(CITY) else 0
        )  # one that is not acknowledged is newer
        return (f"read {name}", f"stale {name}") if version < newest else f"read {name}"

    def write(self, name, id):
        if self.recovering:
            raise ConnectionError("The application is being restarted.")
        city = f"{CITY}{next(self.serial)}"
        version = self.application.call("put", name, id, city)
        with self.lock:
            self.versions[city] = version
            self.newest[id] = max(version, self.newest.get(id, 0))
            self.acknowledged[name].setdefault(id, []).append(version)
        return f"write {name}"

    @action("Kill the application")
    def kill_application(self):
        """SIGKILL; then it is started again, and what it had acknowledged is looked for in the database.

        Until that is known no write is let in: a newer one would hide that an older one is missing.
        """
        with self.lock:
            before, self.acknowledged = self.acknowledged, {name: {} for name in PATTERNS}
            self.recovering = True
        try:
            self.replace_application()
            deadline = time.monotonic() + RECOVERY
            while self.application.call("waiting") and time.monotonic() < deadline:
                time.sleep(0.05)
            self.lost += self.missing(before)
        finally:
            self.recovering = False

    def replace_application(self):
        self.application.kill()
        self.former.update(self.counted)
        self.counted = Counter()
        self.application.restart(self.factory())
        self.connected()

    def missing(self, acknowledged: dict) -> Counter:
        """How many of these writes the database has not got, nor a newer one of the same row."""
        held = {id: self.database.users.find(id)["version"] for rows in acknowledged.values() for id in rows}
        return Counter({
            name: sum(version > held[id] for id, versions in rows.items() for version in versions)
            for name, rows in acknowledged.items()
        })  # fmt: skip

    @action("Stop Redis")
    def stop_redis(self):
        self.down = True
        self.private.kill()

    @action("Start Redis")
    def start_redis(self):
        self.private.restart()
        self.down = False

    def sample(self, window):
        if time.monotonic() > self.asked + 0.5:
            self.ask()
        values: dict = {"waiting": self.waiting, "down": self.down}
        for name in PATTERNS:
            read, write = f"read {name}", f"write {name}"
            values |= {
                f"r50 {name}": window.percentile(read, 50),
                f"r99 {name}": window.percentile(read, 99),
                f"w50 {name}": window.percentile(write, 50),
                f"w99 {name}": window.percentile(write, 99),
                f"calls {name}": window.growth(f"calls {name}", self.former[name] + self.counted[name]),
                f"stale {name}": window.share(f"stale {name}", of=read),
                f"lost {name}": self.lost[name],
                f"failed {name}": window.rate(f"failed {name}"),
            }
        first = measured(found)[0] if (found := self.figures(values, "r50")) else ()
        return values | {"fastest": first[0] if len(first) == 1 else "no clear winner" if first else None}

    def ask(self):
        """What only the application knows; while it is down, what it said last."""
        self.asked = time.monotonic()
        try:
            self.counted, self.waiting = Counter(self.application.call("calls")), self.application.call("waiting")
        except Exception:
            pass

    def figures(self, values: dict, key: str) -> dict[str, float]:
        """One chart's figures by pattern; empty while one of them is missing."""
        found = {name: values.get(f"{key} {name}") for name in PATTERNS}
        return {} if None in found.values() else found

    def rankings(self, values: dict) -> list[dict]:
        """The module's rankings beside the measured ones: a row each, with "claim", "measured" and whether it "holds"."""
        rows = []
        for what, key, unit in (("Read", "r50", 0.0), ("Write", "w50", 0.0), ("Consistency", "stale", 0.5)):
            if found := self.figures(values, key):
                rows.append({
                    "what": what,
                    "claim": said(CLAIMS[what]),
                    "measured": said(measured(found, unit)),
                    "holds": holds(CLAIMS[what], found, unit),
                })  # fmt: skip
        return rows

    def sentence(self, values):
        reads, writes = self.figures(values, "r50"), self.figures(values, "w50")
        if not reads or not writes:
            return "Waiting for the first reads and writes of all four."
        quick, slow = min(reads, key=reads.get), max(reads, key=reads.get)
        text = (
            f"Half of the reads take under {reads[quick]:.1f} ms with {quick}, under {reads[slow]:.1f} ms with {slow}; a write "
            f"takes {writes[BEHIND]:.1f} ms with write-behind, {writes[ASIDE]:.1f} ms with cache-aside. "
            f"{values['waiting']:,} acknowledged writes are not in the database yet."
        )
        failing = [name for name, rate in self.figures(values, "failed").items() if rate >= 1]
        return text + (f" Requests fail with {', '.join(failing)}." if failing else "")

    def verdict(self, values):
        rows = self.rankings(values)
        if len(rows) < len(CLAIMS):
            return None
        return "\n".join(f"{row['what']}, {'true' if row['holds'] else 'false'}: {row['measured']}" for row in rows)
