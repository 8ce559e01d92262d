"""Section 2: data models, each a class on a client."""

from redislab.modeling.as_in_the_module import (
    ModuleFixedWindow,
    ModuleSlidingScript,
    ModuleSlidingWindow,
    ModuleTokenBucket,
)
from redislab.modeling.rate_limits import Decision, FixedWindow, SlidingCounter, SlidingLog, TokenBucket

__all__ = [
    "Decision",
    "FixedWindow",
    "ModuleFixedWindow",
    "ModuleSlidingScript",
    "ModuleSlidingWindow",
    "ModuleTokenBucket",
    "SlidingCounter",
    "SlidingLog",
    "TokenBucket",
]
