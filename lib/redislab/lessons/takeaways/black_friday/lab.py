"""Section 6.0: one shop, one day, and the incidents of the week."""

import dataclasses
import functools
import itertools
import threading
import time
from collections import deque

from redislab.bench import WatchedTable, choice, number, on, time_chart
from redislab.keys import KeyNamespace
from redislab.lessons.caching_patterns.write_behind.receipts import Receipts
from redislab.lessons.caching_patterns.write_through.ledger import Ledger
from redislab.lessons.takeaways.black_friday.bill import ROWS, Bill, Day, table, worth
from redislab.lessons.takeaways.black_friday.day import clock, planned
from redislab.lessons.takeaways.black_friday.parts import PARTS, Lineup, written
from redislab.lessons.takeaways.black_friday.requests import CUSTOMERS, PRODUCTS, Requests
from redislab.study import progress
from redislab.world.waiting import eventually

BEST, SIMPLE = "yours, or the library's", "the simple version"
SHOWN = 3  # bills side by side
SETTLING = 15.0  # s that the last orders have to reach the database
SHOP = {"db_ms": 2.0, "down": False, "batch": 100, "flush_ms": 1000.0, "coalescing": True}


def part(name: str):
    """The knob of a part."""
    return choice(BEST, [BEST, SIMPLE], label=PARTS[name].label.capitalize())


class BlackFridayLab(Requests):
    """A day of the shop: pages, prices, orders and profiles on a Redis of its own, which writes every command to its disk,
    and a database that answers eight queries at a time, each after 20 ms (added).

    The requests and the incidents follow from the seed; what they meet is measured. A page's latency counts from when
    the request was due. Orders go to an application in a process of its own, are acknowledged, and saved behind.

    Args:
        mine: `solutions()`: texts by exercise, which take the places of the library's code.
    """

    title = "Black Friday"

    pages, prices, limits, stock = part("pages"), part("prices"), part("limits"), part("stock")
    tabs, night, orders = part("tabs"), part("night"), part("orders")
    seconds = number(120.0, 20, 240, label="Length of the day", unit="s", step=10)
    rate = number(80.0, 20, 200, label="Requests", unit="/s", step=10, help="three times as many in the sale")
    seed = number(1, 1, 99, label="Seed", integer=True, help="the same seed is the same day")

    charts = (
        time_chart("Requests", "/s", served="served", errors="failed"),
        time_chart("Latency of a page", "ms", log=True, p50="p50", p99="p99"),
        time_chart("Database", "calls/s", calls="calls"),
        time_chart("Wrong answers", "/s", stale="old prices", uncommitted="prices never saved"),
    )
    presets = {"Every protection": {}, "Every part simple": dict.fromkeys(PARTS, SIMPLE)}
    workers, patience = 64, 5.0  # s that a customer waits
    repeats = True
    span = 3.0
    window = 120.0
    waiting = "The shop opens in a moment."

    def __init__(self, *, mine: dict | None = None, **knobs):
        super().__init__(**knobs)
        self.solutions = written(mine or {})

    def learners(self):
        return list(self.solutions.values())

    def setup(self, lab):
        super().setup(lab)
        self.server = lab.private_server(appendonly="yes")
        self.lab, self.numbers, self.bills, self.days = lab, itertools.count(), [], threading.Lock()
        self.readers, self.writers, users = lab.open_database(), lab.open_database(), lab.database.users
        self.readers.width, self.ids, self.record = 8, users.ids, functools.cache(users.find)
        self.client, self.inspector = self.server.client(), self.server.client()
        self.due, self.bill, self.heavy_until = deque(), None, 0.0

    @on("seconds", "rate", "seed", *PARTS)
    def open_shop(self):
        """Another day, with nothing left of the one before."""
        with self.days:
            self.plan, self.coming, self.at, self.closing, self.over = iter(()), None, 0.0, False, False
            self.due.clear()
            self.readers.added_latency = self.writers.added_latency = 0.02
            self.writers.failing, self.happening = 0, "the shop opens"
            self.lineup = Lineup(self.solutions, {name for name in PARTS if getattr(self, name) == SIMPLE})
            self.bill, self.day = Bill(self.lineup.label), [self.seed, self.seconds, self.rate]
            if self.application:
                self.application.kill()  # it would miss its stream
            self.inspector.flushall()
            self.keys = KeyNamespace(f"{self.lab.prefix}:{{day{next(self.numbers)}}}")
            self.source = WatchedTable(Ledger(self.readers.users, self.writers.users, "user"))
            self.source.before_find = self.before_find
            self.fill()
            self.shop = {name: self.lineup.function(name, self) for name in PARTS if name != "orders"}
            self.receipts = Receipts(self.lab.database.users)
            self.restart_application()
            self.plan = iter(planned(self.seed, self.seconds, self.rate, PRODUCTS, CUSTOMERS))
            self.coming = next(self.plan)

    def restart_application(self):
        address = dataclasses.replace(self.lab.address, redis_url=self.server.url)
        with self.out_of_service():
            self.launch(functools.partial(self.lineup.application(), address, f"{self.keys.prefix}:orders", SHOP))

    def again(self):
        self.open_shop()

    def gap(self, random):
        """From the event that is due now, which a request takes, to the next one that is planned."""
        event, self.coming = self.coming, next(self.plan, None)
        if event is None:
            return 0.002 if self.due else 0.05  # what no one has come to yet
        self.due.append((time.monotonic(), event))
        self.at = event.at
        return self.coming.at - event.at if self.coming else 0.05

    def request(self):
        try:
            (since, event), bill = self.due.popleft(), self.bill
        except IndexError:
            return "rest"
        if event.what == "incident":
            return self.happen(event.about)
        bill.add("begun")
        try:
            if time.monotonic() - since > self.patience:
                raise TimeoutError("The customer has gone.")
            tags = getattr(self, f"do_{event.what}")(event.about, bill)
            bill.add("served", *tags)
            return event.what, "served", *tags
        except Exception:
            bill.add("failed")
            raise

    def close_shop(self):
        """What is only known at the end: what was acknowledged, and is not there."""
        with self.days:
            bill = self.bill
            eventually(lambda: bill["begun"] == bill["served"] + bill["failed"], SETTLING)
            eventually(lambda: not self.application.call("queued"), SETTLING)
            self.receipts.audit({})
            bill.settle(
                lost=self.receipts.lost,
                sold=int(self.inspector.get(self.keys.counter("sold")) or 0),
                points=int(self.inspector.hget(self.keys.profile(0), "points")),
                calls=self.source.finds + self.source.saves,
            )
            self.bills.append(self.account())
            self.over = True

    def account(self, label: str = "{}") -> Day:
        return Day(label.format(self.bill.label), self.day, self.lineup.simple, self.bill.rows())

    def sample(self, window):
        if "page" in window.interval.latencies:
            self.bill.latencies.update(window.interval.latencies["page"])
        if self.at and not (self.coming or self.due or self.closing):
            self.closing = True
            threading.Thread(target=self.close_shop, daemon=True).start()
        self.ask()
        days = self.bills if self.over else [*self.bills, self.account("{}, until now")]
        return window.percentiles("page") | {
            "served": window.rate("served"),
            "calls": window.growth(f"calls of {self.keys.prefix}", self.source.finds + self.source.saves),
            "stale": window.rate("stale"),
            "uncommitted": window.rate("uncommitted"),
            "clock": clock(self.at, self.seconds),
            "happening": self.happening,
            "over": self.over,
            "failed_share": 100 * self.bill["failed"] / self.bill["begun"] if self.bill["begun"] else None,
            "bills": days if len(days) <= SHOWN else [days[0], *days[1 - SHOWN :]],
            "day": self.lineup.versions | {"day": self.day},
            "worth": worth(self.bills) if self.over else "",
            "mine": self.state.get("trouble", ""),  # of the application, which has a copy
        }

    def done(self, values):
        return values.get("over", False)

    def conclude(self, values):
        label, _, _, rows = values["bills"][-1]
        told = {ROWS[name]: value for name, value in rows.items() if value is not None}
        progress.note("bill", label, rows=told, **values["day"])

    def findings(self, values):
        return table(values["bills"])

    def sentence(self, values):
        if values["over"]:
            return f"The shop is closed. {values['worth']}"
        return (
            "It is {clock}; last: {happening}. {served:.0f} requests a second are served.",
            "{errors:.0f} a second fail.",
        )
