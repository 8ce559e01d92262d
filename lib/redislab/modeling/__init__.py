"""Section 2: data models, each a class on a client."""

from redislab.modeling.as_in_the_module import (
    ModuleFixedWindow,
    ModuleProfile,
    ModuleSlidingScript,
    ModuleSlidingWindow,
    ModuleTokenBucket,
)
from redislab.modeling.leaderboard import Leaderboard, Place
from redislab.modeling.profile import JsonProfile, Profile
from redislab.modeling.rate_limits import Decision, FixedWindow, SlidingCounter, SlidingLog, TokenBucket

__all__ = [
    "Decision",
    "FixedWindow",
    "JsonProfile",
    "Leaderboard",
    "ModuleFixedWindow",
    "ModuleProfile",
    "ModuleSlidingScript",
    "ModuleSlidingWindow",
    "ModuleTokenBucket",
    "Place",
    "Profile",
    "SlidingCounter",
    "SlidingLog",
    "TokenBucket",
]
