"""Section 1: what the four patterns promise."""

import functools
import secrets

from redislab import labs
from redislab.caching import WriteThrough
from redislab.caching.write_through import CACHE_FIRST, DB_FIRST
from redislab.course.claims.claim import Always, Bound, Claim, Possible
from redislab.course.claims.stage import shared
from redislab.keys import KeyNamespace
from redislab.labs.arena import AHEAD, ASIDE, BEHIND, MODULES, THROUGH
from redislab.labs.refresh_ahead import NONE
from redislab.labs.workload import Popularity, Versions
from redislab.labs.write_behind import MODULES as IN_PROCESS
from redislab.labs.write_behind import STREAM

# 1.1 Cache-aside


def answered(stage) -> list[float]:
    """% of the reads that are answered while Redis is dead, by the module's code."""
    with stage.take(labs.TtlLab(pattern=MODULES, rate=50.0), span=1.0) as take:
        take.after(1.0)
        take.act("stop_redis")
        take.until(lambda sample: sample["down"])
        take.after(3.5)  # until the module's client has given up for the first time
        return take.every(1.0, 4, lambda sample: 100 * max(0.0, 1 - sample["errors"] / max(sample["achieved"], 1e-9)))


def herd(stage, clients: int) -> list[float]:
    """Database calls at each expiry."""
    with stage.take(labs.StampedeLab(concurrency=clients), TTL=1.0, span=1.0) as take:
        take.until(lambda sample: sample["calls"])
        return take.most(1.3, 5, lambda sample: sample["calls"])


def stale(stage) -> list[float]:
    """Seconds for which readers get the old row."""
    with stage.take(labs.LateSetLab(ttl=2.0), BEAT=0.1) as take:
        found = []
        for _ in range(3):
            take.act("run_through")
            take.until(lambda sample: 0 < sample["step"] < 7)
            found.append(take.until(lambda sample: sample["step"] == 7)["stale_for"])
    return found


def foretold(stage) -> list[float]:
    """The hit ratio ÷ the formula's."""
    with stage.take(labs.TtlLab(ttl=1.0, rate=800.0, catalogue=500), span=1.0) as take:
        take.after(1.5)
        return take.every(
            1.0, 9, lambda sample: sample["hits"] and sample["forecast"] and sample["hits"] / sample["forecast"]
        )


# 1.2 Write-through


@shared
def racing(stage, order: str) -> list[dict]:
    """Samples, with dozens of races each, and with readers beside them; of "DB first" one in some hundred ends badly."""
    experiment = labs.WriteThroughLab(order=order, commit_ms=0.0)
    with stage.take(experiment, PERIOD=0.025, span=1.0) as take:
        return take.every(1.1, 12 if order == DB_FIRST else 5, lambda sample: sample["differs"] is not None and sample)


def agreeing(stage, order: str) -> list[float]:
    """% of the races after which cache and database hold the same row."""
    return [100 - sample["differs"] for sample in racing(stage, order=order)]


def committed(stage) -> list[float]:
    """% of the reads, as in the module, that show what the database has, and not what it may never have."""
    return [100 - (sample["uncommitted"] or 0) for sample in racing(stage, order=CACHE_FIRST)]


def hits(stage) -> list[float]:
    """% of the reads that find their row in the cache, one request in ten being a write; each time the cache is new."""
    rows, found = stage.lab.database.users, []
    ids = Popularity(rows.ids[:100], 0.9)
    for _ in range(5):
        users, keys = Versions(rows), KeyNamespace(f"{stage.lab.prefix}:hits_{secrets.token_hex(3)}")
        cache = WriteThrough(stage.lab.redis, users, keys, order=CACHE_FIRST, ttl=10)
        reads = 0
        for turn in range(300):
            id = ids.pick()
            if turn % 10 == 9:
                cache.put(id, rows.find(id))
            else:
                reads += 1
                cache.get(id)
        found.append(100 * (1 - users.finds / reads))
    return found


# 1.3 Write-behind


def surviving(stage) -> list[float]:
    """% of the rows with acknowledged writes that are not lost, when the application is killed and Redis is not."""
    experiment = labs.WriteBehindLab(queue=IN_PROCESS, rate=200.0, hot=10_000, flush_ms=1000.0)
    with stage.take(experiment) as take:
        found, former = [], (0, 0)
        for _ in range(3):
            take.after(1.2)
            take.act("kill")
            last = take.until(lambda s, former=former: not s["away"] and s["risked_module"] > former[0])
            risked, gone = last["risked_module"] - former[0], last["gone_module"] - former[1]
            found.append(100 * (1 - gone / risked))
            former = last["risked_module"], last["gone_module"]
    return found


def transactions(stage, batch: int) -> list[float]:
    """Database transactions for each write that was acknowledged."""
    experiment = labs.WriteBehindLab(queue=STREAM, batch=batch, rate=60.0, db_ms=1.0)
    with stage.take(experiment, span=1.5) as take:
        take.after(1.0)
        return take.every(1.6, 4, lambda sample: sample["acknowledged"] and each(sample))


def each(sample: dict) -> float | None:
    done = sample["transactions"]
    return None if done is None else done / sample["acknowledged"]


# 1.4 Refresh-ahead


@shared
def refreshing(stage) -> dict[str, list[dict]]:
    """One life of the keys after the other: without a refresh, and as in the module."""
    knobs = {"ttl": 3.0, "threshold": 40.0, "rate": 200.0}  # the module counts in whole seconds
    found = {}
    with stage.take(labs.RefreshAheadLab(pattern=NONE, **knobs), span=3.0) as take:
        for pattern, lives in ((NONE, 1), (MODULES, 3)):
            take.turn(pattern=pattern)
            take.after(1.0)
            wanted = lambda sample: sample["calls"] is not None and sample  # noqa: E731
            found[pattern] = take.every(3.1, lives, wanted)
    return found


def loads(stage) -> list[float]:
    """Database calls as in the module ÷ without a refresh."""
    found = refreshing(stage)
    return [sample["calls"] / found[NONE][0]["calls"] for sample in found[MODULES]]


# 1.5 The rankings


@shared
def arena(stage) -> list[dict]:
    """Samples of the module's four patterns on one load, each of a time of its own."""
    experiment = labs.ArenaLab(code=MODULES, writes=30.0, rate=240.0)
    with stage.take(experiment, span=1.3) as take:
        take.after(2.0)
        keys = [f"{key} {name}" for key in ("r50", "w50", "stale") for name in (ASIDE, THROUGH, BEHIND, AHEAD)]
        return take.every(1.3, 8, lambda sample: None not in map(sample.get, keys) and sample)


def compared(stage, key: str, one: str, other: str) -> list[float]:
    return [sample[f"{key} {one}"] / sample[f"{key} {other}"] for sample in arena(stage)]


aside, through, behind, ahead = (
    functools.partial(Claim, section="1.1"),
    functools.partial(Claim, section="1.2", lab="WriteThroughLab", unit="%", bound=Always(low=100), claimed=100),
    functools.partial(Claim, section="1.3", lab="WriteBehindLab"),
    functools.partial(Claim, section="1.4", lab="RefreshAheadLab", seconds=17.0),
)
ranked = functools.partial(Claim, section="1.5", lab="ArenaLab", seconds=16.0)

CLAIMS = (
    aside(
        "hit-ratio", None, says="The hit ratio follows from TTL, rate and popularity (a formula, not the module's)",
        measures="the hit ratio ÷ the formula's", unit="×", bound=Bound(0.96, 1.04), claimed=1, lab="TtlLab",
        measure=foretold, seconds=12.0,
    ),
    aside(
        "cache-failure", 141, says="A failure of the cache does not break the application",
        measures="reads that are answered while Redis is dead, as in the module", unit="%", bound=Always(low=99),
        lab="TtlLab", measure=answered, claimed=100, seconds=12.0,
    ),
    aside(
        "stampede", 147, says="A popular key may cause a stampede",
        measures="database calls when it expires, 20 clients", unit="calls", bound=Possible(low=2),
        lab="StampedeLab", measure=functools.partial(herd, clients=20), claimed=20, seconds=9.0,
    ),
    aside(
        "stale-reads", 148, says="Between updates data can be stale",
        measures="how long readers get the old row, with a TTL of 2 s", unit="s", bound=Possible(low=0.1),
        lab="LateSetLab", measure=stale, claimed=2, seconds=10.0,
    ),
    through(
        "write-through-consistent", 225, says="The cache is always consistent with the database",
        measures="races of eight writers after which both hold the same", measure=agreeing, on="the order",
        cases={"cache first (the module)": {"order": CACHE_FIRST}, "database first": {"order": DB_FIRST}}, seconds=22.0,
    ),
    through(
        "write-through-hits", 226, says="Always a cache hit", measures="reads that find their row in the cache",
        measure=hits, seconds=4.0,
    ),
    ranked(
        "write-through-slower", 231, says="Writes by write-through take longer than by cache-aside",
        measures="a write by write-through ÷ by cache-aside, p50", unit="×", bound=Bound(low=1.15),
        measure=functools.partial(compared, key="w50", one=THROUGH, other=ASIDE),
    ),
    ranked(
        "write-behind-fastest", 352, says="Write-behind has by far the fastest writes",
        measures="a write by cache-aside ÷ by write-behind, p50", unit="×", bound=Bound(low=1.5),
        measure=functools.partial(compared, key="w50", one=ASIDE, other=BEHIND),
    ),
    behind(
        "write-behind-load", 354, says="Write-behind reduces the load on the database",
        measures="database transactions for each acknowledged write", unit="", bound=Bound(high=0.5),
        measure=transactions, on="the batch", claimed=1,
        cases={"one by one": {"batch": 1}, "batches of 100": {"batch": 100}}, seconds=20.0,
    ),
    behind(
        "write-behind-loss", 358, says="Writes are lost if the cache fails (and so not while Redis is up)",
        measures="rows that outlive a kill of the application, Redis being up, as in the module", unit="%",
        bound=Always(low=100), measure=surviving, claimed=100, seconds=12.0,
    ),
    ahead(
        "refresh-ahead-misses", 472, says="No cache miss penalty for hot keys",
        measures="reads of hot keys that do not wait, as in the module", unit="%", bound=Bound(low=99), claimed=100,
        measure=lambda stage: [100 - (sample["hot_slow"] or 0) for sample in refreshing(stage)[MODULES]],
    ),
    ahead(
        "refresh-ahead-load", 474, says="Refresh-ahead reduces the load on the database",
        measures="database calls as in the module ÷ without a refresh", unit="×", bound=Bound(high=1), claimed=1,
        measure=loads,
    ),
    ranked(
        "read-ranking", 505, says="Reads by refresh-ahead are faster than by cache-aside",
        measures="a read by cache-aside ÷ by refresh-ahead, p50", unit="×", bound=Bound(low=1.1), claimed=1.1,
        measure=functools.partial(compared, key="r50", one=ASIDE, other=AHEAD),
    ),
    ranked(
        "write-through-strong", 509, says="Write-through is strongly consistent",
        measures="reads beside writers, as in the module, that show what is committed", unit="%",
        bound=Always(low=100), claimed=100, lab="WriteThroughLab", measure=committed,
    ),
)  # fmt: skip
