"""One experiment a class, one file a notebook section."""

from redislab.labs.arena import ArenaLab
from redislab.labs.cache_aside import StampedeLab, TtlLab
from redislab.labs.catalogue import CatalogueLab
from redislab.labs.chooser import ChooserLab
from redislab.labs.client_cache import ClientCacheLab
from redislab.labs.clinic import ClinicLab
from redislab.labs.complexity import ComplexityLab
from redislab.labs.connection import ConnectionLab
from redislab.labs.counters import CountersLab
from redislab.labs.encodings import EncodingsLab
from redislab.labs.expirations import ExpirationsLab
from redislab.labs.feed import FeedLab
from redislab.labs.hybrid import HybridLab
from redislab.labs.indexes import IndexLab
from redislab.labs.keys_command import KeysLab
from redislab.labs.keyspace import KeyspaceLab
from redislab.labs.large_values import LargeValuesLab
from redislab.labs.late_set import LateSetLab
from redislab.labs.leaderboard import LeaderboardLab
from redislab.labs.linter import LinterLab
from redislab.labs.lua import LuaLab
from redislab.labs.missing_ids import MissingIdsLab
from redislab.labs.missing_ttls import MissingTtlsLab
from redislab.labs.no_pool import NoPoolLab
from redislab.labs.pipelining import PipeliningLab
from redislab.labs.pool import PoolLab
from redislab.labs.profile import ProfileLab
from redislab.labs.rate_limits import RateLimitLab
from redislab.labs.refresh_ahead import RefreshAheadLab
from redislab.labs.scan import ScanLab
from redislab.labs.select_command import SelectLab
from redislab.labs.sessions import SessionsLab
from redislab.labs.slots import SlotsLab
from redislab.labs.start_here import FirstContact
from redislab.labs.write_behind import WriteBehindLab
from redislab.labs.write_through import WriteThroughLab

__all__ = [
    "ArenaLab",
    "CatalogueLab",
    "ChooserLab",
    "ClientCacheLab",
    "ClinicLab",
    "ComplexityLab",
    "ConnectionLab",
    "CountersLab",
    "EncodingsLab",
    "ExpirationsLab",
    "FeedLab",
    "FirstContact",
    "HybridLab",
    "IndexLab",
    "KeysLab",
    "KeyspaceLab",
    "LargeValuesLab",
    "LateSetLab",
    "LeaderboardLab",
    "LinterLab",
    "LuaLab",
    "MissingIdsLab",
    "MissingTtlsLab",
    "NoPoolLab",
    "PipeliningLab",
    "PoolLab",
    "ProfileLab",
    "RateLimitLab",
    "RefreshAheadLab",
    "ScanLab",
    "SelectLab",
    "SessionsLab",
    "SlotsLab",
    "StampedeLab",
    "TtlLab",
    "WriteBehindLab",
    "WriteThroughLab",
]
