"""The day as it is planned: the same seed gives the same requests and the same incidents, at the same times."""

import random
from typing import NamedTuple

from redislab.lessons.caching_patterns.workload import zipf

OPENS, HOURS = 8, 12  # o'clock, and how long the shop is open
SALE = (9.0, 11.0)  # o'clock, with three times the requests
# o'clock, what happens
INCIDENTS = {
    9.0: "the sale begins",
    9.5: "the hottest entry expires",
    10.25: "a bot orders",
    11.5: "the second tab",
    12.5: "a slow database",
    13.75: "the database is well again",
    14.5: "the application is killed",
    15.25: "the nightly job, late",
    17.5: "Redis restarts",
    18.75: "commits fail",
    19.5: "commits succeed again",
}
BOT, TABS = 150, 16  # requests at one moment


class Event(NamedTuple):
    """Due `at` so many seconds after opening: `what`, and about whom or what."""

    at: float
    what: str
    about: object = None


def clock(at: float, seconds: float) -> str:
    """The time of day, `at` so many seconds of a day that takes `seconds`."""
    hour = OPENS + HOURS * at / seconds
    return f"{int(hour)}:{int(60 * (hour % 1)):02}"


def planned(seed: int, seconds: float, rate: float, products: int, customers: int) -> list[Event]:
    """The events of a day that takes so many seconds, in their order; `rate` requests a second outside of the sale."""
    lot, now, events = random.Random(seed), 0.0, []
    shares = zipf(products, 1.0)
    while now < seconds:
        hour = OPENS + HOURS * now / seconds
        now += lot.expovariate(3 * rate if SALE[0] <= hour < SALE[1] else rate)
        what = lot.choices(("page", "order", "price", "profile"), (80, 15, 3, 2))[0]
        about = lot.randrange(customers) if what == "order" else lot.choices(range(products), shares)[0]
        about = max(about, 1) if what == "price" else about  # the hottest product's price is fixed for the day
        events += [Event(now, what, about)] * (4 if what == "price" else 2 if what == "profile" else 1)
    for hour, what in INCIDENTS.items():
        at = seconds * (hour - OPENS) / HOURS
        events.append(Event(at, "incident", what))
        events += [Event(at, "order", "bot")] * BOT if what == "a bot orders" else []
        events += [Event(at, "profile", 0)] * TABS if what == "the second tab" else []
    return sorted((event for event in events if event.at <= seconds), key=lambda event: event.at)
