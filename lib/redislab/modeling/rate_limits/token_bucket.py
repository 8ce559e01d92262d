"""A burst, and then a pace."""

import math

from redislab.keys.numbers import whole, within
from redislab.lua import script
from redislab.modeling.rate_limits.limiter import Limiter


class TokenBucket(Limiter):
    """A request takes a token from a bucket that holds so many and is refilled at a steady pace.

        limiter = TokenBucket(client, keys, capacity=100, rate=10)  # a hundred at once, then ten a second

    The bucket is a single number, the time at which it will be full again; each request moves that time on by 1/rate
    (the virtual scheduling of the generic cell rate algorithm, ITU-T I.371). It costs about 70 bytes a subject, gone
    as soon as the bucket is full, and one round trip.

    Warning: in a window of w seconds it admits up to capacity + rate · w, which for a bucket that refills in just
    that window is twice its capacity. To say "at most 100 in any minute", use `SlidingLog`.

    Args:
        capacity: requests that may come at once.
        rate: tokens a second, up to a million; a token takes 1/rate seconds, rounded up to whole µs.
        name: what is limited, such as "login"; it is part of the key, as are capacity and rate.

    Raises:
        ValueError: the bucket could never hold a token, or would never get one back.
    """

    def __init__(self, client, keys, *, capacity: int, rate: float, name: str = "", clock=None):
        within("rate", rate, "tokens a second", 1e-6, 10**6)
        self.capacity, self.rate, self._token = whole("capacity", capacity), rate, math.ceil(1e6 / rate)
        numbers = (self.capacity, self._token)
        super().__init__(client, keys, script("refuse", "token_bucket"), "bucket", numbers, name, clock)

    def at_most(self, seconds):
        return self.capacity + round(1e6 * seconds) // self._token
