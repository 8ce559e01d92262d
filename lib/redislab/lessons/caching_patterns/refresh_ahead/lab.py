"""Section 1.4: refresh-ahead, and what it does to the database without a guard."""

import itertools
import time

from redislab.bench import YOURS, Networked, choice, dashed, number, on, switch, time_chart
from redislab.caching import ChanceRefresh, PredictedRefresh, RefreshAhead, Resilient
from redislab.caching.predicted_refresh import WORTH
from redislab.lessons.caching_patterns.as_in_the_module import ModuleRefreshAhead
from redislab.lessons.caching_patterns.refresh_ahead.loads import Loads
from redislab.lessons.caching_patterns.theory import fewest_loads
from redislab.lessons.caching_patterns.workload import Popularity, recompute
from redislab.lessons.caching_patterns.yours import REFRESHED, YourCache

OURS, MODULES, NONE = "ours", "As in the module", "no refresh (cache-aside)"
FIXED, PREDICTED, XFETCH = "fixed", "per-key predicted", "XFetch"
MODES = {FIXED: RefreshAhead, PREDICTED: PredictedRefresh, XFETCH: ChanceRefresh}


class RefreshAheadLab(Networked):
    """Readers of some users, a few of them far more popular than the others (1/rank), on a database that takes its time.

    The dashed line is computed, not measured: one load for each life of each key that is read (`fewest_loads`). A key is
    called hot while it is read five times in a TTL or more.
    """

    title = "Refresh-ahead"
    claim = "Reduces DB load"

    guard = switch(True, label="Guard", help="one reader refreshes, not all who see the entry due; the module has none")
    threshold = number(20.0, 5, 90, label="Threshold", unit="% of the TTL", step=5)
    recompute_ms = recompute(200.0, 10, 1000)
    pattern = choice(OURS, [OURS, MODULES, NONE], label="Refresh", yours=REFRESHED)
    mode = choice(FIXED, list(MODES), label="When", help="the threshold is of the fixed one, β of XFetch")
    ttl = number(4.0, 0.5, 30, label="TTL", unit="s", log=True)
    beta = number(1.0, 0.1, 10, label="β of XFetch", step=0.1, help="above 1 refreshes earlier")
    rate = number(300.0, 20, 600, label="Reads", unit="/s", log=True)
    hot = number(10, 1, 500, label="Keys", log=True, integer=True)

    charts = (
        time_chart("Database calls", "/s", calls="measured", ideal=dashed("enough")),
        time_chart("Reads that had to wait", "%", slow="of all", hot_slow="of hot keys"),
        time_chart("Latency of a read", "ms", log=True, p50="p50", p99="p99"),
        time_chart("Wasted", "/s", wasted="loads that were never read"),
    )
    presets = {
        "As in the module": {"pattern": MODULES, "ttl": 8.0},
        "Unguarded": {"guard": False},
        "No refresh": {"pattern": NONE},
        "Guarded": {},
        "A long tail": {"mode": PREDICTED, "hot": 500},
        "By chance": {"mode": XFETCH, "beta": 4.0},
    }
    workers = 160
    span = 5.0
    waiting = "Waiting for the first reads."
    cache = None

    def setup(self, lab):
        self.database, self.keys, self.numbers = lab.database, lab.keys, itertools.count()
        self.at_end(self.stop_refreshing)
        self.connect(lab.server, max_connections=2 * self.workers)

    @on("client", "pattern", "mode")
    def choose(self):
        """Each pattern begins with nothing cached, under a kind of its own."""
        self.stop_refreshing(timeout=0)
        self.users = Loads(self.database.users, f"refreshed_{next(self.numbers)}")
        common = (self.client, self.users, self.keys)
        if self.pattern == OURS:
            self.cache = MODES[self.mode](*common, threads=self.workers)
        elif self.pattern == YOURS:
            self.cache = YourCache(self.mine, *common, jitter=0)
        else:
            self.cache = (ModuleRefreshAhead if self.pattern == MODULES else Resilient)(*common)

    def stop_refreshing(self, timeout: float = 5.0):
        if isinstance(self.cache, RefreshAhead):
            self.cache.close(timeout)

    @on("client", "pattern", "mode", "ttl", "threshold", "guard", "beta", "recompute_ms")
    def tune(self):
        self.database.added_latency = self.recompute_ms / 1e3
        self.cache.ttl, self.cache.threshold = self.ttl, self.threshold / 100
        self.cache.guard, self.cache.beta = self.guard, self.beta

    @on("hot")
    def populate(self):
        self.popularity = Popularity(self.database.users.ids[: self.hot], 1.0)

    @on("hot", "rate", "ttl")
    def find_hot_keys(self):
        shares = zip(self.popularity.ids, self.popularity.shares, strict=True)
        self.hot_ids = {id for id, share in shares if self.rate * share * self.ttl >= WORTH}

    def request(self):
        id, users, cache, began = self.popularity.pick(), self.users, self.cache, time.perf_counter()
        users.read(id, cache.get(id)["load"])
        slow = time.perf_counter() - began > self.recompute_ms / 2e3  # longer than half a load: it waited for one
        tags = ("read", "hot") if id in self.hot_ids else ("read",)
        return (*tags, *(f"{tag} slow" for tag in tags)) if slow else tags

    def sample(self, window):
        users = self.users
        users.expire(1.2 * self.ttl + self.recompute_ms / 1e3)
        return window.percentiles("read") | {
            "calls": window.growth(f"calls of {users.kind}", users.finds),
            "ideal": fewest_loads(self.popularity.shares, self.rate, self.ttl),
            "slow": window.share("read slow", of="read"),
            "hot_slow": window.share("hot slow", of="hot"),
            "wasted": window.growth(f"wasted by {users.kind}", users.wasted),
        }

    def sentence(self, values):
        told = (
            f"The database is called {values['calls']:.1f} times a second, where {values['ideal']:.1f} would be enough; "
            f"{values['slow']:.1f} % of the reads wait for it; {values['wasted']:.1f} loads a second are never read."
        )
        if self.pattern == MODULES and self.ttl * self.threshold <= 100:
            told += " Nothing is refreshed: the threshold is at 1 s or less, and the module counts in whole seconds."
        return told

    def verdict(self, values):
        times, slow = values["calls"] / values["ideal"], values["hot_slow"]
        found = f"{times:.1f} times the calls that are enough, and {slow:.1f} % of the reads of hot keys wait"
        if self.pattern == NONE:
            return f"Without a refresh, to compare: {found}"
        if times > 2 or slow > 1:
            return f"False {'as in the module' if self.pattern == MODULES else 'with these knobs'}: {found}"
        return f"True of this code: {found}"
