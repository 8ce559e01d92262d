"""Section 1.1: the stampede, on caching libraries that are installed here, and on ours."""

import time

from redislab.bench import bars, choice, dotted, number, on, time_chart
from redislab.caching import CacheAside, ServeStale, SingleFlight
from redislab.lessons.caching_patterns.libraries.others import installed
from redislab.lessons.caching_patterns.stampede.expiries import Expiries
from redislab.lessons.caching_patterns.stampede.herd import Herd
from redislab.lessons.caching_patterns.workload import recompute

PLAIN, FLIGHT, STALE = "no protection", "ours, SingleFlight", "ours, ServeStale"
OTHERS = installed()
CACHES = (PLAIN, *OTHERS, FLIGHT, STALE)


class LibrariesLab(Herd):
    """The readers of the stampede's panel, in one process, and the cache is a library's, set up as its manual protects a popular key.

    dogpile.cache, cashews and aiocache are there where they are installed. The bars keep the last reading of each cache with
    the present clients and database.
    """

    title = "Libraries at an expiry"

    cache_of = choice(PLAIN, CACHES, label="Cache", help="the three libraries are listed where they are installed")
    concurrency = number(20, 1, 100, label="Clients", integer=True)
    recompute_ms = recompute(300.0, 100, 1000, step=50)

    charts = (
        bars("Database calls at an expiry, by cache", "calls", **{f"calls {name}": name for name in CACHES}),
        bars("Reads that had to wait, by cache", "%", **{f"slow {name}": name for name in CACHES}),
        time_chart("Database calls at each expiry", "calls", calls="measured", naive=dotted("one for each client")),
        time_chart("Latency of a read", "ms", log=True, p50="p50", p99="p99"),
    )
    presets = {name.capitalize() if name == PLAIN else name: {"cache_of": name} for name in CACHES}

    period = 0.5  # s: a read by asyncio's libraries takes some ms of a processor

    def setup(self, lab):
        super().setup(lab)
        self.server = lab.private_server()  # these libraries name keys as they like
        self.client = self.server.client(max_connections=self.workers)

    @on("cache_of")
    def choose(self):
        self.users = users = Expiries(self.database.users, self.next_kind(), self.ttl)
        common = self.client, users, self.keys
        if other := OTHERS.get(self.cache_of):
            self.cache = self.owned(other(self.server, users, self.keys, self.ttl))
        elif self.cache_of == STALE:
            self.cache = self.owned(ServeStale(*common, ttl=self.ttl, stale_for=self.ttl))
        else:
            self.cache = (SingleFlight if self.cache_of == FLIGHT else CacheAside)(*common, ttl=self.ttl, jitter=0)

    @on("cache_of", "concurrency", "recompute_ms", "db_width")
    def wait_for_an_expiry(self):
        """The first load is none: there is nothing old yet."""
        self.since = time.monotonic()

    @on("concurrency", "recompute_ms", "db_width")
    def forget(self):
        self.of_each = dict.fromkeys(f"{what} {name}" for what in ("calls", "slow") for name in CACHES)

    def sample(self, window):
        values = super().sample(window)
        if time.monotonic() - self.since > self.ttl + self.span:
            self.of_each |= {f"calls {self.cache_of}": values["calls"], f"slow {self.cache_of}": values["slow"]}
        return values | self.of_each

    sentence = (
        "{cache_of}: database calls at the last expiry: {calls}, for {concurrency} clients; {slow:.0f} % of the reads had to "
        "wait; one in a hundred took over {p99:.0f} ms."
    )
    verdict = "{cache_of}: {calls} database calls for {concurrency} simultaneous misses"
