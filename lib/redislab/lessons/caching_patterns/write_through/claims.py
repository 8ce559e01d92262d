"""What is claimed of this section's subject, and how it is measured."""

import functools

from redislab.caching.write_through import CACHE_FIRST, DB_FIRST, DB_THEN_DELETE
from redislab.lessons.caching_patterns.hybrid.lab import THROUGH, HybridLab
from redislab.lessons.caching_patterns.write_through.lab import WriteThroughLab
from redislab.study.claim import Always, Claim
from redislab.study.stage import having, shared


@shared
def racing(stage, order: str) -> list[dict]:
    """Samples, with dozens of races each, and with readers beside them; of "DB first" one in some hundred ends badly."""
    experiment = WriteThroughLab(order=order, commit_ms=0.0)
    with stage.take(experiment, period=0.025, span=1.0) as take:
        return take.every(1.1, 12 if order == DB_FIRST else 5, having("differs", "uncommitted"))


def agreeing(stage, order: str) -> list[float]:
    """% of the races after which cache and database hold the same row."""
    return [100 - sample["differs"] for sample in racing(stage, order=order)]


def committed(stage, order: str) -> list[float]:
    """% of the reads that show what the database has, and not what it may never have."""
    return [100 - sample["uncommitted"] for sample in racing(stage, order=order)]


def kept(stage, order: str) -> list[float]:
    """% of the writes whose commit fails that leave the entry there was."""
    experiment = WriteThroughLab(order=order, writers=1, commit_ms=0.0, failures=50.0)
    with stage.take(experiment, period=0.05, span=1.0) as take:
        return take.every(
            1.1, 4, lambda sample: 100 * (1 - sample["lost"] / sample["failed"]) if sample["failed"] else None
        )


def hits(stage, ttl: float, new: bool) -> list[float]:
    """% of the reads that find their row in the cache, one request in twenty being a write."""
    kinds = dict.fromkeys(("user", "product", "order"), THROUGH)
    with stage.take(HybridLab(**kinds, ttl=ttl, rate=600.0, db_ms=0.0), span=1.0) as take:
        if not new:
            take.after(6.0)  # 120 rows, 3,600 requests
        return take.every(1.0, 1 if new else 5, lambda sample: sample["hits_user"])


ORDERS = {
    "cache first (the module)": {"order": CACHE_FIRST},
    "database first": {"order": DB_FIRST},
    "database, then delete": {"order": DB_THEN_DELETE},
}
through = functools.partial(Claim, section="1.2", lab="WriteThroughLab", unit="%", bound=Always(low=100), claimed=100)

CLAIMS = (
    through(
        "write-through-consistent", 225, says="The cache is always consistent with the database",
        measures="races of eight writers after which both hold the same", measure=agreeing, on="the order",
        cases=ORDERS, seconds=30.0,
    ),
    through(
        "write-through-rollback", 202, says="If the database fails, the cache is rolled back",
        measures="writes whose commit fails that leave the entry there was", measure=kept, on="the order", cases=ORDERS,
        seconds=20.0,
    ),
    through(
        "write-through-hits", 226, says="Always a cache hit", measures="reads that find their row in the cache",
        lab="HybridLab", measure=hits, on="the TTL, and on how warm the cache is", seconds=26.0,
        cases={
            "in the first second": {"ttl": 30.0, "new": True},
            "warm, TTL 30 s": {"ttl": 30.0, "new": False},
            "warm, TTL 0.5 s": {"ttl": 0.5, "new": False},
        },
    ),
    through(
        "write-through-strong", 509, section="1.5", says="Write-through is strongly consistent",
        measures="reads beside writers that show what is committed", measure=committed, on="the order", cases=ORDERS,
        seconds=30.0,
    ),
)  # fmt: skip
