"""What is claimed of this section's subject, and how it is measured."""

from redislab.lessons.key_naming.finding.lab import COLON, SIGNS, UNDERSCORE, ScanLab
from redislab.study.claim import Bound, Claim


def sweeps(stage) -> list[float]:
    """A sweep by SCAN MATCH for names with underscores ÷ for names with colons."""
    found = {}
    with stage.take(ScanLab(keys=30_000, share=10, count=100, rate=5.0)) as take:
        for sign in (COLON, UNDERSCORE):
            take.set_knobs(sign=sign)
            found[sign] = take.changes(9, lambda sample, sign=sign: sample[f"sweep {SIGNS[sign]}"])
    return [one / other for one, other in zip(found[UNDERSCORE], found[COLON], strict=True)]


CLAIMS = (
    Claim(
        "separators", 986, "3.2", "Names with colons can be scanned, names with underscores are hard to find",
        "a sweep for user_* ÷ for user:*, 30,000 keys", "×", Bound(low=1.2), "ScanLab", sweeps, seconds=8.0,
    ),
)  # fmt: skip
