"""What is claimed of this section's subject, and how it is measured."""

import functools

from redislab.lessons.caching_patterns.refresh_ahead.lab import MODULES, NONE, RefreshAheadLab
from redislab.study.claim import Bound, Claim
from redislab.study.stage import having, shared


@shared
def refreshing(stage) -> dict[str, list[dict]]:
    """One life of the keys after the other: without a refresh, and as in the module."""
    knobs = {"ttl": 3.0, "threshold": 40.0, "rate": 200.0}  # the module counts in whole seconds
    found = {}
    with stage.take(RefreshAheadLab(pattern=NONE, **knobs), span=3.0) as take:
        for pattern, lives in ((NONE, 1), (MODULES, 3)):
            take.set_knobs(pattern=pattern)
            take.after(1.0)
            found[pattern] = take.every(3.1, lives, having("calls", "hot_slow"))
    return found


def loads(stage) -> list[float]:
    """Database calls as in the module ÷ without a refresh."""
    found = refreshing(stage)
    return [sample["calls"] / found[NONE][0]["calls"] for sample in found[MODULES]]


ahead = functools.partial(Claim, section="1.4", lab="RefreshAheadLab", seconds=17.0)

CLAIMS = (
    ahead(
        "refresh-ahead-misses", 472, says="No cache miss penalty for hot keys",
        measures="reads of hot keys that do not wait, as in the module", unit="%", bound=Bound(low=99), claimed=100,
        measure=lambda stage: [100 - sample["hot_slow"] for sample in refreshing(stage)[MODULES]],
    ),
    ahead(
        "refresh-ahead-load", 474, says="Refresh-ahead reduces the load on the database",
        measures="database calls as in the module ÷ without a refresh", unit="×", bound=Bound(high=1), claimed=1,
        measure=loads,
    ),
)  # fmt: skip
