"""Section 6.0: one shop, one day, and the incidents of the week."""

import dataclasses
import functools
import itertools
import threading
import time
from collections import deque

from redislab.bench import WatchedTable, choice, number, on, record, time_chart
from redislab.bench.mine import Mine
from redislab.keys import KeyNamespace
from redislab.lessons.caching_patterns.write_behind.receipts import Receipts
from redislab.lessons.caching_patterns.write_through.ledger import Ledger
from redislab.lessons.takeaways.black_friday.bill import ROWS, Bill, Day, worth
from redislab.lessons.takeaways.black_friday.day import HOURS, OPENS, planned
from redislab.lessons.takeaways.black_friday.parts import MOST, PARTS, PATIENCE, YourShop
from redislab.lessons.takeaways.black_friday.requests import CUSTOMERS, PRODUCTS, Requests
from redislab.study import progress
from redislab.world.waiting import eventually

BEST, SIMPLE = "yours, or the library's", "the simple version"
JUNK, OTHERS = 20_000, 60_000  # keys that the nightly job deletes, and that it walks past
SHOWN = 3  # bills side by side
SETTLING = 15.0  # s that the last orders have to reach the database
SHOP = {"db_ms": 2.0, "down": False, "batch": 100, "flush_ms": 1000.0, "coalescing": True}


def amount(figure) -> str:
    return "–" if figure is None else f"{figure:,}"


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
        self.solutions = {
            name: Mine.written(mine[each.exercise]) for name, each in PARTS.items() if each.exercise in (mine or {})
        }

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
            self.bill, self.day = Bill(self.whose()), self.described()
            if self.application:
                self.application.kill()  # it would miss its stream
            self.inspector.flushall()
            self.keys = KeyNamespace(f"{self.lab.prefix}:{{day{next(self.numbers)}}}")
            self.source = WatchedTable(Ledger(self.readers.users, self.writers.users, "user"))
            self.source.before_find = self.before_find
            self.fill()
            self.shop = {name: self.made(name) for name in PARTS if name != "orders"}
            self.receipts = Receipts(self.lab.database.users)
            self.restart_application()
            self.plan = iter(planned(self.seed, self.seconds, self.rate, PRODUCTS, CUSTOMERS))
            self.coming = next(self.plan)

    def whose(self) -> str:
        """Which parts are the learner's, and which are the simple version; the others are the library's."""
        found = self.versions()
        if whole := [whose for whose, names in found.items() if len(names) == len(PARTS)]:
            return f"all {whole[0]}"
        told = [f"{whose}: {', '.join(PARTS[name].label for name in names)}" for whose, names in found.items() if names]
        return "; ".join(told) or "all the library's"

    def versions(self) -> dict[str, list[str]]:
        """The parts that are yours, and those that are the simple version."""
        simple = [name for name in PARTS if getattr(self, name) == SIMPLE]
        return {"yours": [name for name in self.solutions if name not in simple], "simple": simple}

    def described(self) -> dict:
        """What a bill has to say of its day: its parts, and what makes two days the same."""
        parts = {whose: [PARTS[name].label for name in names] for whose, names in self.versions().items()}
        return parts | {"day": [self.seed, self.seconds, self.rate]}

    def fill(self):
        self.inspector.hset(self.keys.profile(0), mapping={"city": "Turin", "points": 0, "theme": "dark"})
        names = [f"{self.keys.prefix}:tmp:{number}" for number in range(JUNK)]
        names += [f"{self.keys.prefix}:cart:{number}" for number in range(OTHERS)]
        for some in range(0, len(names), 5000):
            self.inspector.mset(dict.fromkeys(names[some : some + 5000], "x"))

    def made(self, name: str):
        """The function of a part, as its knob has it."""
        part = PARTS[name]
        given = [getattr(self, each) for each in part.given]
        if getattr(self, name) == SIMPLE:
            return functools.partial(part.simple, *given)
        if name in self.solutions:
            self.solutions[name].patience = PATIENCE
            yours = functools.partial(self.solutions[name].call, *given)
            return (lambda row: self.solutions[name].checked(yours(row), record)) if name == "pages" else yours
        return part.library(*given)

    def restart_application(self):
        with self.out_of_service():
            self.launch(self.application_factory())

    def application_factory(self):
        address = dataclasses.replace(self.lab.address, redis_url=self.server.url)
        if self.orders == BEST and "orders" in self.solutions:
            kind = functools.partial(YourShop, self.solutions["orders"])
        else:
            kind = PARTS["orders"].simple if self.orders == SIMPLE else PARTS["orders"].library
        return functools.partial(kind, address, f"{self.keys.prefix}:orders", SHOP)

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
            sold = int(self.inspector.get(self.keys.counter("sold")) or 0)
            points = int(self.inspector.hget(self.keys.profile(0), "points"))
            bill.add("lost", by=self.receipts.lost)
            bill.add("unsold", by=max(0, bill["sold"] - sold))
            bill.add("points", by=max(0, bill["given"] - points))
            bill.add("over", by=max(0, bill["bot"] - MOST))
            bill.add("calls", by=self.source.finds + self.source.saves)
            self.bills.append(self.account())
            self.over = True

    def account(self, label: str = "{}") -> Day:
        simple = frozenset(name for name in PARTS if getattr(self, name) == SIMPLE)
        plan = self.seed, self.seconds, self.rate
        return Day(label.format(self.bill.label), plan, simple, self.bill.rows())

    def sample(self, window):
        if "page" in window.interval.latencies:
            self.bill.latencies.update(window.interval.latencies["page"])
        if self.at and not (self.coming or self.due or self.closing):
            self.closing = True
            threading.Thread(target=self.close_shop, daemon=True).start()
        self.ask()
        hour = OPENS + HOURS * self.at / self.seconds
        days = self.bills if self.over else [*self.bills, self.account("{}, until now")]
        return window.percentiles("page") | {
            "served": window.rate("served"),
            "calls": window.growth(f"calls of {self.keys.prefix}", self.source.finds + self.source.saves),
            "stale": window.rate("stale"),
            "uncommitted": window.rate("uncommitted"),
            "clock": f"{int(hour)}:{int(60 * (hour % 1)):02}",
            "happening": self.happening,
            "over": self.over,
            "failed_share": 100 * self.bill["failed"] / self.bill["begun"] if self.bill["begun"] else None,
            "bills": days if len(days) <= SHOWN else [days[0], *days[1 - SHOWN :]],
            "day": self.day,
            "worth": worth(self.bills, PARTS) if self.over else "",
            "mine": self.state.get("trouble", ""),  # of the application, which has a copy
        }

    def done(self, values):
        return values.get("over", False)

    def conclude(self, values):
        label, _, _, rows = values["bills"][-1]
        told = {ROWS[name]: value for name, value in rows.items() if value is not None}
        progress.note("bill", label, rows=told, **values["day"])

    def findings(self, values):
        """The bills of the first day and of the last ones, side by side: what a part was worth is the difference of two."""
        bills = values["bills"]
        head = ["the bill", *(day.label for day in bills)]
        return [head, *([told, *(amount(day.rows[name]) for day in bills)] for name, told in ROWS.items())]

    def sentence(self, values):
        if values["over"]:
            worth = (
                values["worth"]
                or "Set a part to the simple version: the same day begins again, and the bill gets a column."
            )
            return f"The shop is closed. {worth}"
        return (
            "It is {clock}; last: {happening}. {served:.0f} requests a second are served.",
            "{errors:.0f} a second fail.",
        )
