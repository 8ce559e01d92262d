"""What is claimed of this section's subject, and how it is measured."""

import functools
from contextlib import closing

from redislab.bench import WatchedTable
from redislab.caching import WriteThrough
from redislab.caching.write_through import CACHE_FIRST, DB_FIRST
from redislab.lessons.caching_patterns.workload import Popularity
from redislab.lessons.caching_patterns.write_through.lab import WriteThroughLab
from redislab.study.claim import Always, Claim
from redislab.study.stage import shared


@shared
def racing(stage, order: str) -> list[dict]:
    """Samples, with dozens of races each, and with readers beside them; of "DB first" one in some hundred ends badly."""
    experiment = WriteThroughLab(order=order, commit_ms=0.0)
    with stage.take(experiment, period=0.025, span=1.0) as take:
        return take.every(1.1, 12 if order == DB_FIRST else 5, lambda sample: sample["differs"] is not None and sample)


def agreeing(stage, order: str) -> list[float]:
    """% of the races after which cache and database hold the same row."""
    return [100 - sample["differs"] for sample in racing(stage, order=order)]


def committed(stage) -> list[float]:
    """% of the reads, as in the module, that show what the database has, and not what it may never have."""
    return [100 - (sample["uncommitted"] or 0) for sample in racing(stage, order=CACHE_FIRST)]


def hits(stage) -> list[float]:
    """% of the reads that find their row in the cache, one request in ten being a write; each time the cache is new."""
    return [filled(stage) for _ in range(5)]


def filled(stage) -> float:
    """The same of one cache, in its first 300 requests."""
    with closing(stage.lab.branch("hits")) as lab:
        users = WatchedTable(lab.database.users)
        cache, popularity = (
            WriteThrough(lab.redis, users, lab.keys, order=CACHE_FIRST),
            Popularity(users.ids[:100], 0.9),
        )
        reads = 0
        for turn in range(300):
            id = popularity.pick()
            if turn % 10 == 9:
                cache.put(id, lab.database.users.find(id))
            else:
                reads += 1
                cache.get(id)
    return 100 * (1 - users.finds / reads)


through = functools.partial(Claim, section="1.2", lab="WriteThroughLab", unit="%", bound=Always(low=100), claimed=100)

CLAIMS = (
    through(
        "write-through-consistent", 225, says="The cache is always consistent with the database",
        measures="races of eight writers after which both hold the same", measure=agreeing, on="the order",
        cases={"cache first (the module)": {"order": CACHE_FIRST}, "database first": {"order": DB_FIRST}}, seconds=22.0,
    ),
    through(
        "write-through-hits", 226, says="Always a cache hit", measures="reads that find their row in the cache",
        measure=hits, seconds=4.0,
    ),
    through(
        "write-through-strong", 509, section="1.5", says="Write-through is strongly consistent",
        measures="reads beside writers, as in the module, that show what is committed", measure=committed, seconds=16.0,
    ),
)  # fmt: skip
