"""What is claimed of this section's subject, and how it is measured."""

from redislab.lessons.caching_patterns.late_set.races import better_late_set, late_set
from redislab.study.claim import Claim, Possible


def stale(stage, race) -> list[float]:
    """% of all orders of the steps of a reader and a writer after which readers get the old row until the TTL ends."""
    found = race.search()
    return [100 * len(found.failing) / found.tried]


CLAIMS = (
    Claim(
        "stale-reads", 148, "1.1", says="Between updates data can be stale",
        measures="orders of a reader's and a writer's steps that leave the old row in the cache", unit="%",
        bound=Possible(low=0.1), lab="LateSetLab", measure=stale, claimed=10, on="the pattern",
        cases={"get, load, set": {"race": late_set}, "with a lease": {"race": better_late_set}}, seconds=5.0,
    ),
)  # fmt: skip
