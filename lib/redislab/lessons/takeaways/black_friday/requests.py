"""What one request of the shop does, and what an incident does to it."""

import time

from redislab.lessons.caching_patterns.killable import Killable
from redislab.lessons.takeaways.black_friday.parts import MOST, PER

PRODUCTS, CUSTOMERS = 300, 1000
DOWN = 2.0  # s that Redis is away
HEAVY, WHILE = 0.4, 1.5  # s that the hottest page's query takes, and for how long, when its entry has expired
BLOCKS = 1000  # µs, from which on Redis notes a command as slow
JUNK, OTHERS = 20_000, 60_000  # keys that the nightly job deletes, and that it walks past


class Requests(Killable):
    """A method `do_…` for each kind of event that is planned; it returns tags to be counted."""

    def fill(self):
        self.inspector.hset(self.keys.profile(0), mapping={"city": "Turin", "points": 0, "theme": "dark"})
        names = [f"{self.keys.prefix}:tmp:{number}" for number in range(JUNK)]
        names += [f"{self.keys.prefix}:cart:{number}" for number in range(OTHERS)]
        for some in range(0, len(names), 5000):
            self.inspector.mset(dict.fromkeys(names[some : some + 5000], "x"))

    def do_page(self, product, bill) -> tuple[str, ...]:
        id = self.ids[product]
        newest = self.source.newest(id)
        record = self.shop["pages"](id)
        if self.source.doubts(record["city"]):
            return ("uncommitted",)
        return ("stale",) if record["version"] < newest else ()

    def do_price(self, product, bill) -> tuple[str, ...]:
        """The city stands for the price: what counts is which of them is shown."""
        id, city = self.ids[product], f"price {next(self.numbers)}"
        self.source.begin(city)
        self.shop["prices"](id, self.record(id) | {"city": city})
        return ()

    def do_order(self, customer, bill) -> tuple[str, ...]:
        if not self.shop["limits"](customer, MOST, PER):
            return ("refused",)
        if customer == "bot":
            bill.add("bot")
        self.shop["stock"]("sold", 1)
        bill.add("sold")
        if self.away:
            raise ConnectionError("The application is not back yet.")
        id = self.ids[PRODUCTS + (CUSTOMERS if customer == "bot" else customer)]
        record = self.record(id) | {"city": f"order {next(self.numbers)}"}
        self.receipts.add(id, self.application.call("put", id, record))
        return ("ordered",)

    def do_profile(self, id, bill) -> tuple[str, ...]:
        self.shop["tabs"](0, "Lima", 1)
        bill.add("given")
        return ()

    def before_find(self, id) -> None:
        """The hottest page takes long to put together, at the moment at which its entry is gone."""
        if id == self.ids[0] and time.monotonic() < self.heavy_until:
            self.bill.add("herd")
            time.sleep(HEAVY)

    def happen(self, what: str) -> str:
        """An incident; those that take their time do so in a thread of their own."""
        self.happening = what
        if what == "the hottest entry expires":
            self.heavy_until = time.monotonic() + WHILE
            self.inspector.delete(self.keys.user(self.ids[0]))
        elif what == "a slow database":
            self.readers.added_latency = 0.2
        elif what == "the database is well again":
            self.readers.added_latency = 0.02
        elif what == "the application is killed":
            self.restart_application()
        elif what == "the nightly job, late":
            self.inspector.config_set("slowlog-log-slower-than", BLOCKS)
            self.inspector.slowlog_reset()
            try:
                self.shop["night"](f"{self.keys.prefix}:tmp:")
            finally:  # what it waits for too long keeps Redis all the same
                slow = [each["duration"] for each in self.inspector.slowlog_get()]
                self.bill.blocked = max(slow, default=BLOCKS) / 1e3
        elif what == "Redis restarts":
            self.server.kill()
            time.sleep(DOWN)
            self.server.restart()
        elif what in ("commits fail", "commits succeed again"):
            self.writers.failing = 0.5 * (what == "commits fail")
        return "incident"
