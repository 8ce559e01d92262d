"""What is claimed of this section's subject, and how it is measured."""

import functools
import statistics

from redislab.lessons.caching_patterns.cache_aside.lab import MODULES, TtlLab
from redislab.study.claim import Always, Bound, Claim
from redislab.study.stage import shared


def answered(stage) -> list[float]:
    """% of the reads that are answered while Redis is dead, by the module's code."""
    with stage.take(TtlLab(pattern=MODULES, rate=50.0), span=1.0) as take:
        take.after(1.0)
        take.act("stop_redis")
        take.until(lambda sample: sample["down"])
        take.after(3.5)  # until the module's client has given up for the first time
        return take.every(1.0, 4, lambda sample: 100 * max(0.0, 1 - sample["errors"] / max(sample["achieved"], 1e-9)))


def foretold(stage) -> list[float]:
    """The hit ratio ÷ the formula's."""
    with stage.take(TtlLab(ttl=1.0, rate=800.0, catalogue=500), span=1.0) as take:
        take.after(1.5)
        return take.every(
            1.0, 9, lambda sample: sample["hits"] and sample["forecast"] and sample["hits"] / sample["forecast"]
        )


@shared
def peaks(stage, jitter: float) -> list[float]:
    """The most misses within 0.1 s when entries that were loaded within a moment expire."""
    with stage.take(
        TtlLab(ttl=2.0, rate=2000.0, catalogue=300, skew=0.0, writes=0.0, jitter=jitter, db_ms=0.0)
    ) as take:
        found = []
        for _ in range(3):
            take.act("flush")
            take.after(1.1)
            found += take.most(1.7, 1, lambda sample: sample["burst"] / 10)
    return found


def flattened(stage, jitter: float) -> list[float]:
    """Peaks with jitter ÷ the usual one without."""
    usual = statistics.median(peaks(stage, jitter=0.0))
    return [peak / usual for peak in peaks(stage, jitter=jitter)]


aside = functools.partial(Claim, section="1.1", lab="TtlLab", seconds=12.0)

CLAIMS = (
    aside(
        "hit-ratio", None, says="The hit ratio follows from TTL, rate and popularity (a formula, not the module's)",
        measures="the hit ratio ÷ the formula's", unit="×", bound=Bound(0.96, 1.04), claimed=1,
        measure=foretold,
    ),
    aside(
        "cache-failure", 141, says="A failure of the cache does not break the application",
        measures="reads that are answered while Redis is dead, as in the module", unit="%", bound=Always(low=99),
        measure=answered, claimed=100,
    ),
    aside(
        "jitter", None, says="Jitter spreads the misses of what was loaded together (common advice, not the module's)",
        measures="the most misses within 0.1 s, with ±50 % ÷ without", unit="×", bound=Bound(high=0.6), claimed=1,
        measure=flattened, cases={"": {"jitter": 50.0}}, seconds=20.0,
    ),
)  # fmt: skip
