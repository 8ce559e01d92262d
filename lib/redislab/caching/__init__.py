"""Caching patterns: each has `get(id)` and `put(id, record)`, so that a comparison is a loop.

CacheAside                     get, or load and set; a write deletes
├── EarlyRefresh               a reader may refresh an entry before it expires (XFetch)
└── SingleFlight               one reader loads, the others wait; a late store is refused
    └── Resilient              Redis may fail: the database answers, and deletes are owed
        ├── RefreshAhead       refreshes in the background, before the entry expires
        │   ├── ServeStale     ... or after: the old value is served meanwhile
        │   └── PredictedRefresh, ChanceRefresh    each key in its own time
        ├── WriteThrough       a write stores the new value
        ├── WriteBehind        a write is queued in Redis, and saved later
        └── BloomGuard         an id that never existed is not asked for
"""

from redislab.caching.backlog import Backlog
from redislab.caching.batch_worker import BatchWorker
from redislab.caching.bloom_filter import BitmapFilter, BloomFilter
from redislab.caching.bloom_guard import BloomGuard
from redislab.caching.cache_aside import CacheAside
from redislab.caching.circuit_breaker import CircuitBreaker
from redislab.caching.early_refresh import EarlyRefresh
from redislab.caching.hybrid import Hybrid
from redislab.caching.predicted_refresh import ChanceRefresh, PredictedRefresh
from redislab.caching.refresh_ahead import RefreshAhead
from redislab.caching.resilient import Resilient
from redislab.caching.serve_stale import ServeStale
from redislab.caching.single_flight import SingleFlight
from redislab.caching.write_behind import WriteBehind
from redislab.caching.write_behind_worker import WriteBehindWorker
from redislab.caching.write_through import WriteThrough
