"""What is claimed of this section's subject, and how it is measured."""

import functools

from redislab.lessons.caching_patterns.stampede.lab import StampedeLab
from redislab.study.claim import Claim, Possible


def herd(stage, clients: int) -> list[float]:
    """Database calls at each expiry."""
    with stage.take(StampedeLab(concurrency=clients), ttl=1.0, span=1.0) as take:
        take.until(lambda sample: sample["calls"])
        return take.most(1.3, 5, lambda sample: sample["calls"])


CLAIMS = (
    Claim(
        "stampede", 147, "1.1", says="A popular key may cause a stampede",
        measures="database calls when it expires, 20 clients", unit="calls", bound=Possible(low=2),
        lab="StampedeLab", measure=functools.partial(herd, clients=20), claimed=20, seconds=9.0,
    ),
)  # fmt: skip
