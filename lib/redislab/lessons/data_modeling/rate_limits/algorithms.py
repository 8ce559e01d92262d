"""The rate limiters by name: ours, which ask Redis for the time, and the module's, which ask their caller's clock."""

import math
import time
from collections.abc import Callable

from redislab.bench import YOURS
from redislab.lessons.data_modeling.as_in_the_module import (
    ModuleFixedWindow,
    ModuleSlidingScript,
    ModuleSlidingWindow,
    ModuleTokenBucket,
)
from redislab.modeling import FixedWindow, SlidingCounter, SlidingLog, TokenBucket

FIXED, LOG, COUNTER, BUCKET = "fixed window", "sliding log", "sliding counter", "token bucket"
MODULE_FIXED, MODULE_SLIDING = "module: fixed window", "module: sliding window"
MODULE_LUA, MODULE_BUCKET = "module: sliding, in Lua", "module: token bucket"
OURS = {FIXED: FixedWindow, LOG: SlidingLog, COUNTER: SlidingCounter, BUCKET: TokenBucket}
MODULES = {
    MODULE_FIXED: ModuleFixedWindow,
    MODULE_SLIDING: ModuleSlidingWindow,
    MODULE_LUA: ModuleSlidingScript,
    MODULE_BUCKET: ModuleTokenBucket,
}
MEANT = {
    MODULE_FIXED: FIXED,
    MODULE_SLIDING: LOG,
    MODULE_LUA: LOG,
    MODULE_BUCKET: BUCKET,
}  # what the module's mean to be
COMMANDS = {
    YOURS: (),
    MODULE_FIXED: ("incr", "pexpire"),
    MODULE_SLIDING: ("zremrangebyscore", "zcard", "zadd", "pexpire"),
}


def limiter(algorithm: str, client, keys, limit: int, window: float, clock: Callable):
    """One of them; a bucket holds the limit and is refilled in one window. `clock` is for those that do not ask Redis."""
    numbers = {"limit": limit, "window": window}
    if algorithm in (BUCKET, MODULE_BUCKET):
        numbers = {"capacity": limit, "rate": limit / window}
    if algorithm in OURS:
        return OURS[algorithm](client, keys, **numbers)
    return MODULES[algorithm](client, keys, **numbers, clock=clock)


def clock(fast: float, tick: float) -> Callable[[], float]:
    """An application's clock, so many seconds fast, that moves on in ticks of so many seconds."""
    return lambda: math.floor((time.time() + fast) / tick) * tick
