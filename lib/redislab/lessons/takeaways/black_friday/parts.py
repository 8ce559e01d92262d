"""What the shop is made of: each part in the simple version, as the library has it, and as an exercise asks for it."""

import functools
import itertools
import json
import os
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from redislab.bench.mine import Mine
from redislab.bench.yours import record
from redislab.caching import Resilient, WriteBehind
from redislab.lessons.caching_patterns.write_behind.shops import LIMIT, ModuleShop, Shop, StreamShop
from redislab.modeling import Profile, SlidingLog
from redislab.tuning import ScriptCounter

PATIENCE = 10.0  # s for a learner's function, which waits for the database here
MOST, PER = 20, 10  # orders of one customer, in so many seconds
TABLE, KEYS = ("client", "source", "keys"), ("client", "keys")


class Part(NamedTuple):
    """One part of the shop.

    label: what the bill calls it.
    exercise: whose solution may stand here.
    given: what such a function is given first, by name.
    simple: such a function.
    library: makes a function of the rest, from what is given.
    rows: of the bill, that are worse without it.
    """

    label: str
    exercise: str
    given: tuple[str, ...]
    simple: Callable
    library: Callable
    rows: tuple[str, ...]


def page(client, source, keys, id):
    key = keys.user(id)
    if (cached := client.get(key)) is not None:
        return json.loads(cached)
    record = source.find(id)
    client.set(key, json.dumps(record), ex=60)
    return record


def write(client, source, keys, id, record):
    client.set(keys.user(id), json.dumps(record), ex=60)
    source.save(id, record)


def allow(client, keys, subject, limit, window):
    key = keys.limit("fixed", subject)
    if int(client.get(key) or 0) >= limit:
        return False
    client.incr(key)
    client.expire(key, window)
    return True


def count(client, keys, name, by):
    key = keys.counter(name)
    number = int(client.get(key) or 0) + by
    client.set(key, number, ex=3600)
    return number


def moved(client, keys, id, city, points):
    key = keys.profile(id)
    profile = client.hgetall(key)
    profile |= {"city": city, "points": int(profile["points"]) + points}
    client.hset(key, mapping=profile)
    return profile["points"]


def clear(client, prefix):
    names = client.keys(f"{prefix}*")
    for name in names:
        client.delete(name)
    return len(names)


def limiter(client, keys):
    log = SlidingLog(client, keys, limit=MOST, window=PER)
    return lambda subject, limit, window: log.allow(subject)


def counter(client, keys):
    sold = ScriptCounter(client, keys)
    return lambda name, by: sold.increment(name)


def profiles(client, keys):
    profile = Profile(client, keys)

    def change(id, city, points):
        profile.update(id, city=city)
        return profile.add(id, "points", points)

    return change


def sweep(client):
    def sweep_by_pages(prefix):
        names = client.scan_iter(match=f"{prefix}*", count=500)
        while page := list(itertools.islice(names, 500)):
            client.unlink(*page)

    return sweep_by_pages


PARTS = {
    "pages": Part(
        "product pages", "single-flight", TABLE, page, lambda *given: Resilient(*given, ttl=60).get, ("herd",)
    ),
    "prices": Part(
        "new prices",
        "write-order",
        TABLE,
        write,
        lambda *given: Resilient(*given, ttl=60).put,
        ("stale", "uncommitted"),
    ),
    "limits": Part("rate limit", "fixed-window", KEYS, allow, limiter, ("over",)),
    "stock": Part("stock", "count-once", KEYS, count, counter, ("unsold",)),
    "tabs": Part("profile in two tabs", "own-field", KEYS, moved, profiles, ("points",)),
    "night": Part("nightly job", "sweep-unlink", ("client",), clear, sweep, ("blocked",)),
    "orders": Part("orders", "save-batch", (), ModuleShop, StreamShop, ("lost",)),
}


def written(solutions: dict[str, str]) -> dict[str, Mine]:
    """The learner's code by part, from the texts of solutions by exercise."""
    return {name: Mine.written(solutions[part.exercise]) for name, part in PARTS.items() if part.exercise in solutions}


class Lineup:
    """Whose version of each part a shop runs: yours, the simple one, or else the library's.

    Args:
        solutions: your code, by part.
        simple: names of the parts whose simple version runs, whatever else there is.
    """

    def __init__(self, solutions: dict, simple: set[str]):
        self.simple = simple
        self.yours = {name: code for name, code in solutions.items() if name not in simple}

    @property
    def versions(self) -> dict[str, list[str]]:
        """The labels of the parts that are yours, and of those that are the simple version."""
        found = {"yours": self.yours, "simple": self.simple}
        return {whose: [part.label for name, part in PARTS.items() if name in names] for whose, names in found.items()}

    @property
    def label(self) -> str:
        """Whose parts they are, in words."""
        if whole := [whose for whose, labels in self.versions.items() if len(labels) == len(PARTS)]:
            return f"all {whole[0]}"
        told = [f"{whose}: {', '.join(labels)}" for whose, labels in self.versions.items() if labels]
        return "; ".join(told) or "all the library's"

    def function(self, name: str, shop) -> Callable:
        """What a part does, in its version; `shop` has what it is given, by name."""
        part = PARTS[name]
        given = [getattr(shop, each) for each in part.given]
        if name in self.simple:
            return functools.partial(part.simple, *given)
        if name not in self.yours:
            return part.library(*given)
        code = self.yours[name]
        code.patience = PATIENCE
        yours = functools.partial(code.call, *given)
        return (lambda row: code.checked(yours(row), record)) if name == "pages" else yours

    def application(self) -> Callable:
        """What makes the application that orders go to."""
        part = PARTS["orders"]
        if "orders" in self.yours:
            return functools.partial(YourShop, self.yours["orders"])
        return part.simple if "orders" in self.simple else part.library


class YourShop(Shop):
    """Accepted orders wait in a Redis Stream, and a learner's function saves them: `save_batch(client, source, keys, worker)`."""

    def __init__(self, function, *arguments):
        self._save_batch, function.patience = function, PATIENCE
        super().__init__(*arguments)

    def open(self, keys) -> None:
        self.cache, worker = WriteBehind(self.redis, self.users, keys, limit=LIMIT), f"worker {os.getpid()}"
        self.cache.backlog.open()
        turn = functools.partial(self._save_batch.call, self.redis, self.users, keys, worker)
        threading.Thread(target=self._work, args=(turn,), daemon=True).start()

    def _work(self, turn: Callable) -> None:
        while True:
            try:
                busy = turn()
            except Exception:  # Redis or the database is away; or it is the learner's, and then orders wait for ever
                busy = False
            if not busy:
                time.sleep(0.05)

    def state(self) -> dict:
        return super().state() | {"trouble": self._save_batch.trouble}

    def queued(self) -> int:
        (group,) = self.redis.xinfo_groups(self.cache.backlog.stream)
        return group["pending"] + (group["lag"] or 0)
