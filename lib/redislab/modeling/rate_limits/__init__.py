"""Rate limiters: each has `allow(subject) -> Decision` and `at_most(seconds)`, so that a comparison is a loop."""

from redislab.modeling.rate_limits.fixed_window import FixedWindow
from redislab.modeling.rate_limits.limiter import Decision
from redislab.modeling.rate_limits.sliding_counter import SlidingCounter
from redislab.modeling.rate_limits.sliding_log import SlidingLog
from redislab.modeling.rate_limits.token_bucket import TokenBucket
