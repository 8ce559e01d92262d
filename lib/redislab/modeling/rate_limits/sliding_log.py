"""A limit for any window whatever, by a log of what was admitted."""

from redislab.lua import script
from redislab.modeling.rate_limits.limiter import Windowed


class SlidingLog(Windowed):
    """Never more than the limit in any window, wherever it begins: the only one of the four that is exact.

        limiter = SlidingLog(client, keys, limit=100, window=60)

    It costs most: a member of a sorted set for each admission of the last window, about 40 bytes each, 120 once there
    are more than 128 of them; and one round trip, in which the server takes O(log limit) and forgets what is older.
    `SlidingCounter` knows nearly as much from three numbers.

    Args:
        limit: requests in a window.
        window: seconds.
        name: what is limited, such as "login"; it is part of the key, as are limit and window.
    """

    def __init__(self, client, keys, *, limit: int, window: float, name: str = "", clock=None):
        super().__init__(client, keys, script("refuse", "sliding_log"), "log", limit, window, name, clock)

    def at_most(self, seconds):
        return self.limit * -(-round(1e6 * seconds) // self._length)
