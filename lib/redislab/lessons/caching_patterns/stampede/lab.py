"""Section 1.1: what happens when a popular key expires."""

from redislab.bench import YOURS, choice, dotted, number, on, time_chart
from redislab.caching import CacheAside, EarlyRefresh, ServeStale, SingleFlight
from redislab.lessons.caching_patterns.stampede.expiries import Expiries
from redislab.lessons.caching_patterns.stampede.herd import Herd
from redislab.lessons.caching_patterns.workload import recompute
from redislab.lessons.caching_patterns.yours import CACHE, YourCache

NONE, LOCK, EARLY, STALE = "none", "single-flight lock", "early refresh (XFetch)", "serve stale"


class StampedeLab(Herd):
    """Many clients read one key at the same moments; every few seconds it expires."""

    title = "Stampede"
    claim = "Potential cache stampede on popular keys"

    concurrency = number(50, 1, 200, label="Clients", integer=True)
    protection = choice(NONE, [NONE, LOCK, EARLY, STALE], label="Protection", yours=CACHE)
    recompute_ms = recompute(100.0, 10, 500)
    beta = number(1.0, 0.1, 5, label="β of XFetch", step=0.1, help="above 1 refreshes earlier")

    charts = (
        time_chart("Database calls at each expiry", "calls", calls="measured", naive=dotted("one for each client")),
        time_chart("Reads that had to wait", "%", slow="slower than half a recompute"),
        time_chart("Latency of a read", "ms", log=True, p50="p50", p99="p99"),
    )
    presets = {
        "A calm day": {"concurrency": 5},
        "A flash sale": {"concurrency": 200},
        "A slow database": {"recompute_ms": 300.0},
        "The sale, one flight": {"concurrency": 200, "protection": LOCK},
    }

    @on("protection")
    def choose(self):
        self.users = Expiries(self.database.users, self.next_kind(), self.ttl)
        common = (self.client, self.users, self.keys)
        if self.protection == STALE:
            self.cache = self.owned(ServeStale(*common, ttl=self.ttl, stale_for=self.ttl))
        elif self.protection == EARLY:
            self.cache = EarlyRefresh(*common, ttl=self.ttl)
        elif self.protection == YOURS:
            self.cache = YourCache(self.mine, *common, ttl=self.ttl, jitter=0)
        else:
            self.cache = (SingleFlight if self.protection == LOCK else CacheAside)(*common, ttl=self.ttl, jitter=0)

    @on("protection", "beta")
    def tune(self):
        self.cache.beta = self.beta

    sentence = (
        "Database calls at the last expiry: {calls}, for {concurrency} clients; "
        "one read in a hundred takes over {p99:.0f} ms."
    )
    verdict = "Database calls for {concurrency} simultaneous misses: {calls}, with protection: {protection}"
