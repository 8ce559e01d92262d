"""Section 2: data models, each a class on a client."""

from redislab.modeling.catalog import Catalog, PrunedCatalog
from redislab.modeling.feed import Feed
from redislab.modeling.leaderboard import Leaderboard, Place
from redislab.modeling.profile import JsonProfile, Profile
from redislab.modeling.rate_limits import Decision, FixedWindow, SlidingCounter, SlidingLog, TokenBucket
from redislab.modeling.sessions import Sessions
