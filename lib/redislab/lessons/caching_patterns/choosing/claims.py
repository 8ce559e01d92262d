"""What is claimed of this section's subject, and how it is measured."""

import functools

from redislab.lessons.caching_patterns.choosing.lab import AHEAD, ASIDE, BEHIND, MODULES, THROUGH, ArenaLab
from redislab.study.claim import Bound, Claim
from redislab.study.stage import shared


@shared
def arena(stage) -> list[dict]:
    """Samples of the module's four patterns on one load, each of a time of its own."""
    experiment = ArenaLab(code=MODULES, writes=30.0, rate=240.0)
    with stage.take(experiment, span=1.3) as take:
        take.after(2.0)
        keys = [f"{key} {name}" for key in ("r50", "w50", "stale") for name in (ASIDE, THROUGH, BEHIND, AHEAD)]
        return take.every(1.3, 8, lambda sample: None not in map(sample.get, keys) and sample)


def compared(stage, key: str, one: str, other: str) -> list[float]:
    return [sample[f"{key} {one}"] / sample[f"{key} {other}"] for sample in arena(stage)]


ranked = functools.partial(Claim, section="1.5", lab="ArenaLab", seconds=16.0)

CLAIMS = (
    ranked(
        "write-through-slower", 231, says="Writes with write-through take longer than with cache-aside",
        measures="a write with write-through ÷ with cache-aside, p50", unit="×", bound=Bound(low=1.15),
        measure=functools.partial(compared, key="w50", one=THROUGH, other=ASIDE),
    ),
    ranked(
        "write-behind-fastest", 352, says="Write-behind has by far the fastest writes",
        measures="a write with cache-aside ÷ with write-behind, p50", unit="×", bound=Bound(low=1.5),
        measure=functools.partial(compared, key="w50", one=ASIDE, other=BEHIND),
    ),
    ranked(
        "read-ranking", 505, says="Reads with refresh-ahead are faster than with cache-aside",
        measures="a read with cache-aside ÷ with refresh-ahead, p50", unit="×", bound=Bound(low=1.1), claimed=1.1,
        measure=functools.partial(compared, key="r50", one=ASIDE, other=AHEAD),
    ),
)  # fmt: skip
