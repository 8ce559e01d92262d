"""What is claimed of this section's subject, and how it is measured."""

from redislab.lessons.anti_patterns.missing_ttls.lab import LRU, NOEVICTION, VOLATILE, MissingTtlsLab
from redislab.study.claim import Bound, Claim
from redislab.study.stage import shared


@shared
def refused(stage, policy: str) -> list[float]:
    """Writes a second that fail, without TTLs, in a memory for a tenth of what is stored."""
    with stage.take(MissingTtlsLab(policy=policy, limit=10, scans=20, rate=200.0), span=0.7) as take:
        take.until(lambda sample: sample["used"] > 0.9 * sample["most"])
        return take.every(0.8, 4, lambda sample: sample["failed"])


CLAIMS = (
    Claim(
        "always-ttl", 1299, "5.3", "Without a TTL there is a memory leak", "writes that fail for want of memory", "/s",
        Bound(low=1), "MissingTtlsLab", refused,
        {policy: {"policy": policy} for policy in (NOEVICTION, VOLATILE, LRU)}, "the eviction policy", seconds=16.0,
    ),
)  # fmt: skip
