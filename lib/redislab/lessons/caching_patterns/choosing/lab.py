"""Section 1.5: the four patterns on one load, and the module's rankings of them."""

import functools
import itertools
import random
from dataclasses import replace

from redislab.bench import Networked, action, bars, choice, number, on, round_trip
from redislab.lessons.caching_patterns.choosing.customers import Customers
from redislab.lessons.caching_patterns.choosing.ranking import Ranking, in_words, measured
from redislab.lessons.caching_patterns.choosing.shop import CONTENDERS, Shop
from redislab.lessons.caching_patterns.killable import Killable
from redislab.lessons.caching_patterns.stoppable import Stoppable

OURS, MODULES = "ours", "As in the module"
ASIDE, THROUGH, BEHIND, AHEAD = PATTERNS = tuple(contender.name for contender in CONTENDERS)
ROWS = 100  # of each pattern
RANKINGS = {
    "Read": Ranking("r50", ((AHEAD,), (THROUGH, BEHIND), (ASIDE,))),
    "Write": Ranking("w50", ((BEHIND,), (ASIDE, AHEAD), (THROUGH,))),
    "Consistency": Ranking("stale", ((THROUGH,), (ASIDE, BEHIND, AHEAD)), unit=0.5),
}


def compared(title: str, key: str, unit: str):
    """A bar for each pattern; its value is called `key` and the pattern."""
    return bars(title, unit, **{f"{key} {name}": name for name in PATTERNS})


class ArenaLab(Killable, Stoppable, Networked):
    """Every request is for one of the four patterns, in turn; they share the load, the application, Redis and the database.

    The application is a process of its own, and what a request takes includes the way there and back. Each pattern has
    rows of its own, and each write its own city: a read is stale if the row had been given a newer one, and that had been
    acknowledged, before it was sent.
    """

    title = "Arena"
    claim = "\n".join(f"{what}: {in_words(ranking.claimed)}" for what, ranking in RANKINGS.items())

    code = choice(OURS, [OURS, MODULES], label="Code", help="the module's: cache first, an in-process queue, no guard")
    writes = number(10.0, 0, 50, label="Writes", unit="%", step=1)
    rtt = round_trip(1.0, help="between application and Redis")
    db_ms = number(5.0, 0, 50, label="Added DB latency", unit="ms", step=1)
    rate = number(240.0, 40, 800, label="Requests", unit="/s", log=True)
    threads = number(
        32, 1, 64, label="Threads", integer=True, help="requests that the application handles simultaneously"
    )
    skew = number(0.9, 0, 1.5, label="Skew", step=0.1, help="popularity falls as 1/rank^skew; 0: all alike")
    ttl = number(10.0, 1, 60, label="TTL", unit="s", log=True)

    charts = (
        compared("A read, half of them (p50)", "r50", "ms"),
        compared("A write, half of them (p50)", "w50", "ms"),
        compared("A read, all but one in a hundred (p99)", "r99", "ms"),
        compared("A write, all but one in a hundred (p99)", "w99", "ms"),
        compared("Lost writes, since the start", "lost", "rows"),
        compared("Stale reads", "stale", "%"),
        compared("Database calls", "calls", "/s"),
        compared("Failed requests", "failed", "/s"),
    )
    presets = {
        "A calm day": {"writes": 2.0},
        "A flash sale": {"writes": 50.0, "skew": 1.2},
        "Hot keys, slow database": {"writes": 2.0, "skew": 1.5, "db_ms": 50.0, "ttl": 2.0},
        "As in the module": {"code": MODULES},
    }
    workers = 64
    span = 8.0
    waiting = "Waiting for the first reads and writes of all four."

    def setup(self, lab):
        super().setup(lab)
        self.address = replace(lab.address, redis_url=self.server.url, backend=self.server.backend)
        users = lab.database.users
        ids = reversed(users.ids)
        self.customers = [Customers(name, list(itertools.islice(ids, ROWS)), users) for name in PATTERNS]
        self.turns = itertools.cycle(self.customers)
        self.connect(self.server)

    @on("code")
    def rewrite(self):
        """Other code is another application, and an empty Redis."""
        with self.out_of_service():
            if not self.down:
                self.client.flushall()
            for customers in self.customers:
                customers.start_over()
            self.launch_shop()

    def launch_shop(self):
        self.launch(functools.partial(Shop, self.address, self.code == OURS))
        self.reach()
        self.tune()

    @on("client")
    def reach(self):
        self.tell("connect", self.via)

    @on("client", "ttl", "db_ms", "threads")
    def tune(self):
        self.tell("tune", self.ttl, self.db_ms, self.threads)

    @on("skew")
    def populate(self):
        for customers in self.customers:
            customers.populate(self.skew)

    def request(self):
        customers = next(self.turns)
        try:
            return self.write(customers) if random.random() < self.writes / 100 else customers.read(self.application)
        except Exception:  # Redis or the application is down, or a pattern refuses: what counts is whose request it was
            return f"failed {customers.name}", "error"

    def write(self, customers):
        """Nothing is written while losses are counted: a newer write would hide that an older one is missing."""
        if self.away:
            raise ConnectionError("The application is being restarted.")
        return customers.write(self.application)

    @action("Kill the application")
    def kill_application(self):
        """SIGKILL; then it is started again, and what it had acknowledged is looked for in the database."""
        with self.out_of_service():
            self.launch_shop()
            self.let_it_recover()
            for customers in self.customers:
                customers.audit()

    def sample(self, window):
        self.ask()
        values = {"waiting": self.state["queued"], "down": self.down}
        for customers in self.customers:
            name = customers.name
            read, write = f"read {name}", f"write {name}"
            calls = f"calls {name} {self.state['process']}"  # each process counts from 0
            values |= {
                f"r50 {name}": window.percentile(read, 50),
                f"r99 {name}": window.percentile(read, 99),
                f"w50 {name}": window.percentile(write, 50),
                f"w99 {name}": window.percentile(write, 99),
                f"calls {name}": window.growth(calls, self.state["calls"][name]),
                f"stale {name}": window.share(f"stale {name}", of=read),
                f"lost {name}": customers.lost,
                f"failed {name}": window.rate(f"failed {name}"),
            }
        return values | {"fastest": self.fastest(figures(values, "r50"))}

    @staticmethod
    def fastest(reads) -> str | None:
        if None in reads.values():
            return None
        best = measured(reads)[0]
        return best[0] if len(best) == 1 else "no clear winner"

    def sentence(self, values):
        reads, writes, failed = (figures(values, key) for key in ("r50", "w50", "failed"))
        quick, slow = min(reads, key=reads.get), max(reads, key=reads.get)
        told = (
            f"Half of the reads take under {reads[quick]:.1f} ms with {quick}, under {reads[slow]:.1f} ms with {slow}; a write "
            f"takes {writes[BEHIND]:.1f} ms with write-behind, {writes[ASIDE]:.1f} ms with cache-aside. "
            f"{values['waiting']:,} acknowledged writes are not in the database yet."
        )
        failing = [name for name, rate in failed.items() if rate >= 1]
        return f"{told} Requests fail with {', '.join(failing)}." if failing else told

    def verdict(self, values):
        return "\n".join(
            f"{what}, {ranking.verdict(figures(values, ranking.key))}" for what, ranking in RANKINGS.items()
        )


def figures(values: dict, key: str) -> dict:
    """One chart's values, by pattern."""
    return {name: values[f"{key} {name}"] for name in PATTERNS}
