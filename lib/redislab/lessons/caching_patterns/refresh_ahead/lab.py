"""Section 1.4: refresh-ahead, and what it does to the database when nobody guards it."""

import itertools
import threading
import time

from traitlets import observe

from redislab.bench import Chart, Line, Networked, choice, number, switch
from redislab.caching import ChanceRefresh, ModuleRefreshAhead, PredictedRefresh, RefreshAhead, Resilient
from redislab.caching.predicted_refresh import WORTH
from redislab.lessons.caching_patterns.theory import fewest_loads
from redislab.lessons.caching_patterns.workload import Popularity

OURS, MODULES, NONE = "ours", "As in the module", "no refresh (cache-aside)"
FIXED, PREDICTED, XFETCH = "fixed", "per-key predicted", "XFetch"
MODES = {FIXED: RefreshAhead, PREDICTED: PredictedRefresh, XFETCH: ChanceRefresh}


class Loads:
    """A table that numbers its loads, so that those can be told whose value nobody ever read.

    Attributes:
        calls: how many loads were begun.
        wasted: how many were superseded, or grew too old, without having been read.
    """

    def __init__(self, table, kind: str, timer=time.monotonic):
        self._table, self.kind, self._timer = table, kind, timer
        self._unread, self._numbers, self._lock = {}, itertools.count(), threading.Lock()
        self.calls = self.wasted = 0

    def find(self, id):
        with self._lock:
            self.calls += 1
        record = self._table.find(id)
        with self._lock:
            number = next(self._numbers)
            self._unread.setdefault(id, {})[number] = self._timer()
        return record | {"load": number}

    def read(self, id, number: int) -> None:
        """Somebody was given the value of this load: the earlier ones that are unread will stay so."""
        with self._lock:
            unread = self._unread.get(id, {})
            self._drop(unread, [earlier for earlier in unread if earlier < number])
            unread.pop(number, None)

    def age(self, seconds: float) -> None:
        """What is unread after `seconds` has expired."""
        with self._lock:
            for unread in self._unread.values():
                self._drop(unread, [load for load, at in unread.items() if self._timer() - at > seconds])

    def _drop(self, unread: dict, loads: list[int]) -> None:
        self.wasted += len(loads)
        for load in loads:
            del unread[load]


class RefreshAheadLab(Networked):
    """Readers of some users, a few of them far more popular than the others (1/rank), on a database that takes its time.

    The dashed line is computed, not measured: one load for each life of each key that is read (`fewest_loads`). A key is
    called hot while it is read five times in a TTL or more.
    """

    title = "Refresh-ahead"
    claim = "Reduces DB load, and no cache miss penalty for hot keys"

    pattern = choice(OURS, [OURS, MODULES, NONE], label="Refresh")
    guard = switch(True, label="Guard", help="one reader refreshes, not all who see the entry due; the module has none")
    mode = choice(FIXED, list(MODES), label="When", help="the threshold is of the fixed one, β of XFetch")
    ttl = number(4.0, 0.5, 30, label="TTL", unit="s", log=True)
    threshold = number(20.0, 5, 90, label="Threshold", unit="% of the TTL", step=5)
    beta = number(1.0, 0.1, 10, label="β of XFetch", step=0.1, help="above 1 refreshes earlier")
    recompute_ms = number(
        200.0, 10, 1000, label="Recompute", unit="ms", step=10, help="added to the database's own time"
    )
    rate = number(300.0, 20, 600, label="Reads", unit="/s", log=True)
    hot = number(10, 1, 500, label="Keys", log=True, integer=True)

    charts = (
        Chart(
            "Database calls",
            (Line("calls", "measured"), Line("ideal", "enough", "dash", "predicted")),
            unit="/s",
            low=0,
        ),
        Chart("Reads that had to wait", (Line("slow", "of all"), Line("hot_slow", "of hot keys")), unit="%", low=0),
        Chart("Latency of a read", (Line("p50", "p50"), Line("p99", "p99")), unit="ms", log_y=True),
        Chart("Wasted", (Line("wasted", "loads that nobody read"),), unit="/s", low=0),
    )
    presets = {
        "As in the module": {"pattern": MODULES, "ttl": 8.0, "threshold": 20.0},
        "Unguarded": {"pattern": OURS, "guard": False, "mode": FIXED, "ttl": 4.0, "threshold": 20.0},
        "No refresh": {"pattern": NONE, "ttl": 4.0},
        "Guarded": {"pattern": OURS, "guard": True, "mode": FIXED, "ttl": 4.0, "threshold": 20.0, "hot": 10},
        "A long tail": {"pattern": OURS, "guard": True, "mode": PREDICTED, "ttl": 4.0, "hot": 500},
        "By chance": {"pattern": OURS, "guard": True, "mode": XFETCH, "beta": 4.0, "ttl": 4.0, "hot": 10},
    }
    workers = 160
    span = 5.0
    cache = None

    def setup(self, lab):
        self.database, self.keys = lab.open_database(), lab.keys
        self.turns = itertools.count()
        self.populate()
        self.connect(lab.server, max_connections=2 * self.workers)

    def teardown(self):
        super().teardown()
        self.let_go()
        self.database.close()

    def let_go(self):
        if isinstance(self.cache, RefreshAhead):
            self.cache.close()
        self.cache = None

    def connected(self):
        self.choose()

    @observe("pattern")
    def choose(self, _=None):
        if self.client:
            # each begins with nothing cached
            self.users = Loads(self.database.users, f"refreshed_{next(self.turns)}")
            self.replace()

    @observe("mode")
    def replace(self, _=None):
        if self.client:
            former, common = self.cache, (self.client, self.users, self.keys)
            self.cache = {
                OURS: lambda: MODES[self.mode](*common, threads=self.workers),
                MODULES: lambda: ModuleRefreshAhead(*common),
                NONE: lambda: Resilient(*common),
            }[self.pattern]()
            self.tune()
            if isinstance(former, RefreshAhead):
                former.close(timeout=0)

    @observe("ttl", "threshold", "guard", "beta", "recompute_ms")
    def tune(self, _=None):
        if self.cache:
            self.database.added_latency = self.recompute_ms / 1e3
            for name in ("ttl", "guard", "beta"):
                setattr(self.cache, name, getattr(self, name))
            self.cache.threshold = self.threshold / 100

    @observe("hot")
    def populate(self, _=None):
        if self.server:
            self.popularity = Popularity(self.database.users.ids[: self.hot], 1.0)
            self.shares = dict(zip(self.popularity.ids, self.popularity.shares, strict=True))

    def request(self):
        id, users, cache, began = self.popularity.pick(), self.users, self.cache, time.perf_counter()
        users.read(id, cache.get(id)["load"])
        slow = time.perf_counter() - began > self.recompute_ms / 2e3  # longer than half a load: it waited for one
        tags = ("read", "hot") if self.rate * self.shares.get(id, 0) * self.ttl >= WORTH else ("read",)
        return (*tags, *(f"{tag} slow" for tag in tags)) if slow else tags

    def sample(self, window):
        self.users.age(1.2 * self.ttl + self.recompute_ms / 1e3)
        return {
            "calls": window.growth(f"calls of {self.users.kind}", self.users.calls),
            "ideal": fewest_loads(self.popularity.shares, self.rate, self.ttl),
            "slow": window.share("read slow", of="read"),
            "hot_slow": window.share("hot slow", of="hot"),
            "p50": window.percentile("read", 50),
            "p99": window.percentile("read", 99),
            "wasted": window.growth(f"wasted by {self.users.kind}", self.users.wasted),
        }

    def sentence(self, values):
        if values["calls"] is None or values["slow"] is None:
            return "Waiting for the first reads."
        said = (
            f"The database is called {values['calls']:.1f} times a second, where {values['ideal']:.1f} would be enough; "
            f"{values['slow']:.1f} % of the reads wait for it; {values['wasted'] or 0:.1f} loads a second are read by nobody."
        )
        if self.pattern == MODULES and self.ttl * self.threshold <= 100:
            said += " Nothing is refreshed: the threshold is at 1 s or less, and the module counts in whole seconds."
        return said

    def verdict(self, values):
        if values["calls"] is None or values["hot_slow"] is None:
            return None
        times, slow = values["calls"] / values["ideal"], values["hot_slow"]
        found = f"{times:.1f} times the calls that are enough, and {slow:.1f} % of the reads of hot keys wait"
        if self.pattern == NONE:
            return f"This is what it has to beat: {found}"
        if times > 2 or slow > 1:
            return f"False {'as in the module' if self.pattern == MODULES else 'with these knobs'}: {found}"
        return f"True of this code: {found}"
