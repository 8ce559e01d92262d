"""Caching patterns: each has `get(id)` and `put(id, record)`, so that a comparison is a loop."""

from redislab.caching.as_in_the_module import ModuleCacheAside, ModuleRefreshAhead, ModuleWriteBehind
from redislab.caching.backlog import Backlog
from redislab.caching.bloom_filter import BitmapFilter, BloomFilter
from redislab.caching.bloom_guard import BloomGuard
from redislab.caching.cache_aside import CacheAside
from redislab.caching.circuit_breaker import CircuitBreaker
from redislab.caching.early_refresh import EarlyRefresh
from redislab.caching.hybrid import Hybrid
from redislab.caching.refresh_ahead import RefreshAhead
from redislab.caching.serve_stale import ServeStale
from redislab.caching.write_behind import WriteBehind
from redislab.caching.write_behind_worker import WriteBehindWorker
from redislab.caching.write_through import WriteThrough

__all__ = [
    "Backlog",
    "BitmapFilter",
    "BloomFilter",
    "BloomGuard",
    "CacheAside",
    "CircuitBreaker",
    "EarlyRefresh",
    "Hybrid",
    "ModuleCacheAside",
    "ModuleRefreshAhead",
    "ModuleWriteBehind",
    "RefreshAhead",
    "ServeStale",
    "WriteBehind",
    "WriteBehindWorker",
    "WriteThrough",
]
