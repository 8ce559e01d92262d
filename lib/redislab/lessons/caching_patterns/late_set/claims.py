"""What is claimed of this section's subject, and how it is measured."""

from redislab.lessons.caching_patterns.late_set.lab import LateSetLab
from redislab.study.claim import Claim, Possible


def stale(stage) -> list[float]:
    """Seconds for which readers get the old row."""
    with stage.take(LateSetLab(ttl=2.0)) as take:
        found = []
        for _ in range(3):
            take.act("late_set")
            take.until(lambda sample: not sample["over"])
            found.append(take.until(lambda sample: sample["over"])["stale_for"])
    return found


CLAIMS = (
    Claim(
        "stale-reads", 148, "1.1", says="Between updates data can be stale",
        measures="how long readers get the old row, with a TTL of 2 s", unit="s", bound=Possible(low=0.1),
        lab="LateSetLab", measure=stale, claimed=2, seconds=10.0,
    ),
)  # fmt: skip
