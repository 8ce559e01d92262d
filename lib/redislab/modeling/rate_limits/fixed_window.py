"""A limit for each window of the clock."""

from redislab.lua import script
from redislab.modeling.rate_limits.limiter import Windowed


class FixedWindow(Windowed):
    """So many requests in each window of the clock: 100 from 12:00 to 12:01, and another 100 from 12:01.

        limiter = FixedWindow(client, keys, limit=100, window=60)
        if not limiter.allow(user_id):
            ...  # 429

    It costs least: a counter of about 100 bytes a subject, gone within a window of its end, and one round trip.

    Warning: a burst on the boundary takes the end of one window and the beginning of the next, twice the limit in no
    time at all. `SlidingLog` admits no more than the limit in any window, wherever it begins; `SlidingCounter` and
    `TokenBucket` admit no second burst.

    Args:
        limit: requests in a window.
        window: seconds; windows begin at its multiples since 1970, by the clock of the server.
        name: what is limited, such as "login"; it is part of the key, as are limit and window.
    """

    def __init__(self, client, keys, *, limit: int, window: float, name: str = "", clock=None):
        super().__init__(client, keys, script("refuse", "fixed_window"), "fixed", limit, window, name, clock)

    def at_most(self, seconds):
        return self.limit * (1 + -(-round(1e6 * seconds) // self._length))
