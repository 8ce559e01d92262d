"""A limit for a sliding window, estimated from two counters."""

from redislab.lua import script
from redislab.modeling.rate_limits.limiter import Windowed


class SlidingCounter(Windowed):
    """Admits a request while the window that ends now is *estimated* to hold fewer than the limit:

        estimate = previous · (1 − e) + current

    with e the part of the current window of the clock that has gone by, as if the previous one's requests had come
    evenly (J. Desgats, "How we built rate limiting capable of scaling to millions of domains", Cloudflare, 2017).

        limiter = SlidingCounter(client, keys, limit=100, window=60)

    It costs three small numbers a subject, about 120 bytes, whatever the limit, and one round trip.

    Warning: requests seldom come evenly. After a burst at a window's end it forgets too early, and lets requests
    through at the pace of limit/window; after one at a window's beginning it remembers too long. What it does promise:
    never more than the limit in a window of the clock, and limit · (1 + seconds/window) in any seconds, as a token
    bucket does. So the boundary allows no second burst. `SlidingLog` is exact.

    Args:
        limit: requests in a window.
        window: seconds; the clock's windows begin at its multiples since 1970.
        name: what is limited, such as "login"; it is part of the key, as are limit and window.
    """

    def __init__(self, client, keys, *, limit: int, window: float, name: str = "", clock=None):
        super().__init__(client, keys, script("refuse", "sliding_counter"), "counter", limit, window, name, clock)

    def at_most(self, seconds):
        return self.limit + -(-self.limit * round(1e6 * seconds) // self._length)
