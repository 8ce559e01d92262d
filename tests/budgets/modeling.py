"""Budgets of section 2: the data models, each beside what it is compared with, on one server in one run."""

import functools
from collections.abc import Iterator

import limits
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter, SlidingWindowCounterRateLimiter

from redislab.keys import KeyNamespace
from redislab.modeling import FixedWindow, SlidingCounter, SlidingLog, TokenBucket
from redislab.world import start
from tests.budgets.table import Row, all_in_turns, repeat

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
        spent = all_in_turns(ways, rounds=60, calls=100)
        for ours, theirs in STRATEGIES.items():
            mine, other = spent[ours.__name__], spent[theirs.__name__]
            what, note = f"{ours.__name__}.allow, {case}: speed against limits", f"{1e6 * mine:.0f} µs"
            table.append(Row(what, other / mine, 1.0, high=False, note=note))
        table.append(Row(f"TokenBucket.allow, {case}", 1e6 * spent["TokenBucket"], unit="µs"))
    lab.redis.unlink(*lab.redis.scan_iter(f"{keys.prefix}:*", count=1000))
    return table


def rows() -> Iterator[Row]:
    lab = start()
    yield from limiters(lab)
