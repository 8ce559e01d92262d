"""Every claim can come out either way: its subject is perturbed, and the verdict turns.

The quick ones run each time; `make claims` runs all of them.
"""

import functools
import inspect
import sys
import time
from typing import NamedTuple

import cloudpickle
import pytest
import redis

from redislab.bench import number, on
from redislab.caching.write_through import DB_FIRST
from redislab.errors import CapabilityError
from redislab.lessons import LESSONS
from redislab.lessons.anti_patterns.keys_command.lab import KEYS
from redislab.lessons.anti_patterns.large_values.lab import SET
from redislab.lessons.caching_patterns.cache_aside.lab import OURS, TtlLab
from redislab.lessons.caching_patterns.choosing.lab import AHEAD, ASIDE, BEHIND, THROUGH
from redislab.lessons.caching_patterns.late_set.races import better_late_set
from redislab.lessons.caching_patterns.refresh_ahead.lab import MODULES as MODULES_REFRESH
from redislab.lessons.caching_patterns.refresh_ahead.lab import OURS as OUR_REFRESH
from redislab.lessons.caching_patterns.stampede.lab import LOCK
from redislab.lessons.caching_patterns.write_behind.lab import STREAM
from redislab.lessons.data_modeling.complexity.table import ADD, ALL, GET
from redislab.lessons.data_modeling.profile.lab import ProfileLab
from redislab.lessons.data_modeling.rate_limits.algorithms import LOG, MODULE_LUA
from redislab.lessons.key_naming.finding.lab import ScanLab
from redislab.lessons.performance_tuning.connections.lab import NEW, ConnectionLab
from redislab.lessons.performance_tuning.counters.lab import RACE
from redislab.lessons.performance_tuning.pipelines import claims as pipelines
from redislab.lessons.performance_tuning.pipelines.lab import PipeliningLab
from redislab.lessons.performance_tuning.pools.claims import SmallestPool
from redislab.study.claim import FAILS, HOLDS, Figure
from redislab.study.stage import Stage
from redislab.tuning import pipelined

QUICK = 3.0  # s
cloudpickle.register_pickle_by_value(sys.modules[__name__])  # the bench does not import tests


class HalfTtl(TtlLab):
    """Its entries live for half as long as is said."""

    @on("pattern", "ttl", "jitter", "db_ms")
    def tune(self):
        super().tune()
        self.cache.ttl /= 2


class LongToken(ProfileLab):
    """Its token does not fit into a compact hash."""

    def setup(self, lab):
        super().setup(lab)
        self.token.value = "9F3A" * 40


class SlowUnderscores(ScanLab):
    """A server to which names with underscores are hard to find."""

    def setup(self, lab):
        super().setup(lab)
        scan = self.client.scan_iter

        def slower(pattern, **options):
            for key in scan(pattern, **options):
                if "_" in pattern:
                    time.sleep(20e-6)
                yield key

        self.client.scan_iter = slower


class NoPool(ConnectionLab):
    """What is called pooled connects each time, too."""

    def get(self, how):
        super().get(NEW)


class FarPool(SmallestPool):
    """Redis is on another continent."""

    rtt = number(10.0, 0, 60, label="Added round trip", unit="ms")


class FarPipelines(PipeliningLab):
    rtt = number(1.0, 0, 60, label="Added round trip", unit="ms")


def kept_open(url, kept=[], **options):  # noqa: B006 it shall outlive the calls
    kept.append(redis.Redis(connection_pool=redis.ConnectionPool.from_url(url, **options)))
    return kept[-1]


class Redis(redis.Redis):
    from_url = staticmethod(kept_open)


class Keeping:
    """The redis package, if clients outlived the functions that made them."""

    Redis = Redis


def refused_when_queued(client, commands, **options):
    """A command that the server does not even take into the transaction."""
    return pipelined(client, [command[:1] if command[0] == "INCR" else command for command in commands], **options)


def slow(which: bool):
    """Pipelines in MULTI take longer by a millisecond, or those without."""

    def clocked(client, commands, multi):
        return pipelines_clocked(client, commands, multi) + 0.001 * (multi is which)

    return clocked


pipelines_clocked = pipelines.clocked


class Change(NamedTuple):
    """What is another one than in the claim.

    Attributes:
        case: of the claim, which is measured as it stands; without it the first.
        arguments: of its `measure`.
        knobs: of its lab.
        patch: names in its claims.py. `before`: the same for the claim as it stands.
    """

    case: str | None = None
    arguments: dict = {}
    knobs: dict = {}
    patch: dict = {}
    before: dict = {}


def to(case: str | None = None, **arguments) -> Change:
    return Change(case, arguments)


NO_POOL = Change("1 ms", patch={"ConnectionLab": NoPool})
CHANGES = {
    "hit-ratio": Change(patch={"TtlLab": HalfTtl}),
    "cache-failure": Change(knobs={"pattern": OURS}),
    "stampede": Change(knobs={"protection": LOCK}),
    "stale-reads": to(race=better_late_set),
    "jitter": to(jitter=0.0),
    "cache-survives-restart": to(ttl=1.0),
    "write-through-consistent": Change(knobs={"writers": 1}),
    "write-through-strong": to(order=DB_FIRST),
    "write-through-rollback": to(order=DB_FIRST),
    "write-through-hits": Change("warm, TTL 30 s", knobs={"writes": 0.0}),
    "write-behind-load": to("batches of 100", batch=1),
    "coalescing": to("the newest of 20 hot rows", hot=10_000),
    "write-behind-loss": to(queue=STREAM),
    "refresh-ahead-misses": Change(knobs={"threshold": 5.0}),
    "refresh-ahead-load": Change(patch={"NONE": MODULES_REFRESH, "MODULES": OUR_REFRESH}),
    "write-through-slower": to(other=BEHIND),
    "write-behind-fastest": to(other=THROUGH),
    "read-ranking": to("refresh-ahead > cache-aside", one=AHEAD, other=ASIDE),
    "write-ranking": to("write-behind >> cache-aside", other=THROUGH),
    "consistency-ranking": to("write-through > cache-aside", one=BEHIND),
    "matrix-reads": to("refresh-ahead", pattern=THROUGH),
    "matrix-writes": to("write-behind", pattern=ASIDE),
    "matrix-consistency": Change("write-behind", patch={"SHORT": {"skew": 0.5, "ttl": 20.0}}),
    "matrix-complexity": to("cache-aside", pattern=BEHIND),
    "encodings": Change(knobs={"entries": 2000}),
    "string-get-all": to("on the server", operation=GET),
    "score-log-n": to("on the server", operation=ADD),
    "zadd-log-n": to("on the server", operation=GET),
    "complexity-string": to(GET, operation=ALL),
    "complexity-list": to(GET, operation=ADD),
    "complexity-set": to(GET, operation=ALL),
    "complexity-sorted-set": to(ADD, operation=ALL),
    "complexity-hash": to(GET, operation=ALL),
    "range-none": to("set", structure="list"),
    "json-or-hash": to("change a field of 153", work="all"),
    "hset-no-race": to("a field of one's own", way="read"),
    "field-ttl-keys": Change(patch={"ProfileLab": LongToken}),
    "fixed-window": to("within a window", position=0.0),
    "sliding-window": to("32 clients, 1 ms", algorithm=LOG),
    "separators": Change(patch={"ScanLab": SlowUnderscores}),
    "pool-reuse": NO_POOL,
    "connection-lost": Change(patch={"redis": Keeping}),
    "pool-formula": to("300/s × 1.5", size=32),
    "pool-typical": to("300/s, 10 ms", rate=700.0),
    "pool-busy": Change("1000/s, 10 ms", {"rtt": 40.0}, patch={"SmallestPool": FarPool}),
    "pool-worker": to(rate=900.0),
    "pool-batch": Change(None, {"rtt": 30.0}, patch={"SmallestPool": FarPool}),
    "one-by-one": to("1 ms", rtt=0.0),
    "one-round-trip": to("1 ms", slow=1),
    "pipeline-1-5-ms": to("1 ms", unit=250.0),
    "pipelining-1000x": Change("loopback", {"rtt": 50.0, "fast": 10_000}, patch={"PipeliningLab": FarPipelines}),
    "hundred-users": to("loopback", rtt=5.0),
    "pipelining-100x": to("loopback", rtt=5.0),
    "pipeline-memory": to(most=1000),
    "multi-all-or-nothing": Change(patch={"pipelined": refused_when_queued}),
    "without-multi": Change(patch={"clocked": slow(True)}, before={"clocked": slow(False)}),
    "lua-round-trips": Change("1 ms", patch={"MODULE_SLIDING": MODULE_LUA}),
    "lua-trips": to(algorithm=MODULE_LUA),
    "lua-atomic": Change(patch={"LUA": RACE}),
    "get-set-race": Change(knobs={"clients": 1}),
    "eval-cost": to("100 B", size=100_000),
    "keys-blocks": to(way=100),
    "scan-blocks-nobody": Change("COUNT 100", {"count": KEYS}, {"keys": 300_000}),
    "large-values-block": to("GET", how=SET),
    "values-100-kb": to(size=10_000_000),
    "always-ttl": to("noeviction", policy="allkeys-lru"),
    "select-deprecated": to(command="GETSET"),
    "no-pool": NO_POOL,
}


class Perturbed(Stage):
    """A stage on which knobs of every lab are set otherwise."""

    def __init__(self, knobs: dict):
        super().__init__()
        self.knobs = knobs

    def take(self, experiment, **attributes):
        experiment.set_knobs(self.knobs)
        return super().take(experiment, **attributes)


@functools.cache
def stage(knobs: tuple, patch: tuple) -> Stage:
    """What is measured with the same changes is measured once."""
    return Perturbed(dict(knobs))


def verdict(claim, case: str, arguments: dict, knobs: dict, patch: dict) -> str:
    where = claim.measure
    while isinstance(where, functools.partial):
        where = where.func
    with pytest.MonkeyPatch.context() as patched:
        for name, value in patch.items():
            patched.setattr(sys.modules[inspect.unwrap(where).__module__], name, value)
        readings = claim.measure(stage(tuple(knobs.items()), tuple(map(str, patch.items()))), **arguments)
    return claim.bound_of(case).judge(Figure.of(readings))


@pytest.mark.parametrize(
    "claim",
    [pytest.param(each, id=each.id, marks=[pytest.mark.claims] * (each.seconds > QUICK)) for each in LESSONS.claims],
)
def test_a_claim_whose_subject_is_another_one_comes_out_the_other_way(claim):
    change = CHANGES[claim.id]
    case = next(iter(claim.cases)) if change.case is None else change.case
    arguments = claim.cases[case]
    try:
        before = verdict(claim, case, arguments, {}, change.before)
        after = verdict(claim, case, arguments | change.arguments, change.knobs, change.patch)
    except CapabilityError as lack:
        pytest.skip(str(lack))
    assert {before, after} == {HOLDS, FAILS}


def test_no_perturbation_is_of_a_claim_that_is_gone():
    assert set(CHANGES) == {claim.id for claim in LESSONS.claims}
