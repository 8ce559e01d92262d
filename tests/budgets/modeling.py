"""Budgets of section 2: the data models, each beside what it is compared with, on one server in one run."""

import functools
import itertools
import random
from collections.abc import Iterator

import limits
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter, SlidingWindowCounterRateLimiter

from redislab.bench import watch
from redislab.keys import KeyNamespace
from redislab.modeling import (
    Catalog,
    FixedWindow,
    JsonProfile,
    Leaderboard,
    Profile,
    SlidingCounter,
    SlidingLog,
    TokenBucket,
)
from redislab.world import start
from tests.budgets.table import Row, all_in_turns, in_turns, repeat, speed

STRATEGIES = {
    FixedWindow: FixedWindowRateLimiter,
    SlidingLog: MovingWindowRateLimiter,
    SlidingCounter: SlidingWindowCounterRateLimiter,
}


def limiters(lab) -> list[Row]:
    """A decision of each limiter, while it admits and while it refuses, against `limits` with the same algorithm."""
    keys, url = KeyNamespace(f"{lab.prefix}:budget"), f"redis://{lab.server.host}:{lab.server.port}"
    pool = lab.client(decode_responses=False).connection_pool
    storage, table = RedisStorage(url, connection_pool=pool, key_prefix=keys.prefix), []
    for case, limit in (("admitted", 10**6), ("refused", 1)):
        item, ways = limits.RateLimitItemPerSecond(limit, 600), {}
        for ours, theirs in STRATEGIES.items():
            limiter = ours(lab.redis, keys, limit=limit, window=600)
            ways[ours.__name__] = repeat(functools.partial(limiter.allow, case))
            ways[theirs.__name__] = repeat(functools.partial(theirs(storage).hit, item, case, ours.__name__))
        bucket = TokenBucket(lab.redis, keys, capacity=limit, rate=0.001)
        ways["TokenBucket"] = repeat(functools.partial(bucket.allow, case))
        spent = all_in_turns(ways)
        for ours, theirs in STRATEGIES.items():
            what, note = f"{ours.__name__}.allow, {case}: speed against limits", f"{1e6 * spent[ours.__name__]:.0f} µs"
            table.append(speed(what, ways[ours.__name__], ways[theirs.__name__], 1.0, note=note))
        table.append(Row(f"TokenBucket.allow, {case}", 1e6 * spent["TokenBucket"], unit="µs"))
    lab.redis.unlink(*lab.redis.scan_iter(f"{keys.prefix}:*", count=1000))
    return table


def catalogue(lab, products: int = 100_000, tags: int = 3) -> list[Row]:
    """An intersection of three tags over 100,000 products, against SINTER of the same sets: of rare tags, and of common ones."""
    keys = KeyNamespace(f"{lab.prefix}:budget")
    catalog, chance, table = Catalog(lab.redis, keys, ttl=3600), random.Random(1), []
    shares = {"10 %": 0.1, "30 %": 0.3}  # of the products that have a tag
    for first in range(0, products, 1000):
        pipeline = lab.redis.pipeline(transaction=False)
        queued = Catalog(pipeline, keys, ttl=3600)
        for id in range(first, first + 1000):
            has = [f"{name} {n}" for name, share in shares.items() for n in range(tags) if chance.random() < share]
            queued.add(id, {"name": f"Product {id}"}, category="all", tags=has)
        pipeline.execute()
    for name, budget in zip(shares, (1.2, None), strict=True):
        wanted = [f"{name} {n}" for n in range(tags)]
        sets = [keys.catalog("tag", tag) for tag in wanted]
        ours, bare = in_turns(
            lambda wanted=wanted: catalog.tagged(*wanted), lambda sets=sets: lab.redis.sinter(sets), 40, 5
        )
        note = f"{1e6 * ours:.0f} µs, {len(catalog.tagged(*wanted))} products"
        table.append(
            Row(f"Catalog, three tags of {name} of 100,000 products, against SINTER", ours / bare, budget, note=note)
        )
    left = lab.redis.scan_iter(f"{keys.prefix}:*", count=1000)
    while batch := list(itertools.islice(left, 1000)):
        lab.redis.unlink(*batch)
    return table


def pages(lab) -> list[Row]:
    """A page around a player of 100,000, against the two commands that it is made of, in one pipeline."""
    client = lab.client()
    board = Leaderboard(client, KeyNamespace(f"{lab.prefix}:budget"), "players")
    for first in range(0, 100_000, 5000):
        lab.redis.zadd(board.key, {f"player {number}": number for number in range(first, first + 5000)})
    board.around("player 50000")  # the script is known from now on
    with watch(client) as sent:
        board.around("player 50000")

    def bare():
        both = client.pipeline(transaction=False)
        both.zrevrank(board.key, "player 50000").zrange(board.key, 49994, 50004, desc=True, withscores=True).execute()

    ours, pair = in_turns(lambda: board.around("player 50000"), bare)
    lab.redis.unlink(board.key)
    note = f"{1e6 * ours:.0f} µs against {1e6 * pair:.0f} µs"
    return [
        Row("Leaderboard.around: round trips", sent.round_trips, 1, unit=""),
        Row(
            "Leaderboard.around: speed against ZREVRANK and ZRANGE, pipelined", pair / ours, 0.8, high=False, note=note
        ),
    ]


def profiles(lab) -> list[Row]:
    """One field of 153, as a hash and as JSON; and all of them."""
    keys, values = KeyNamespace(f"{lab.prefix}:budget"), {f"field {number}": "x" * 50 for number in range(153)}
    hash, json = Profile(lab.redis, keys), JsonProfile(lab.redis, keys)
    for form in (hash, json):
        form.save(1, values)
    calls = {"update": lambda form: form.update(1, **{"field 7": "y" * 50}), "get": lambda form: form.get(1)}
    table = []
    for name, call in calls.items():
        ours, theirs = in_turns(functools.partial(call, hash), functools.partial(call, json), calls=100)
        note = f"{1e6 * ours:.0f} µs against {1e6 * theirs:.0f} µs"
        table.append(Row(f"Profile.{name} of 153 fields: speed against JsonProfile", theirs / ours, note=note))
    lab.redis.unlink(keys.profile(1), keys.entity("json_profile", 1))
    return table


def rows() -> Iterator[Row]:
    lab = start()
    yield from limiters(lab)
    yield from pages(lab)
    yield from profiles(lab)
    yield from catalogue(lab)
