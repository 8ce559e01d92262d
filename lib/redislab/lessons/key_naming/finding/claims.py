"""What is claimed of this section's subject, and how it is measured."""

from redislab.lessons.key_naming.finding.lab import COLON, SWEEPS, UNDERSCORE, ScanLab
from redislab.study.claim import Bound, Claim, ratios


def sweeps(stage) -> list[float]:
    """A sweep by SCAN MATCH for names with underscores ÷ for names with colons, in turns."""
    found = {sign: [] for sign in SWEEPS}
    with stage.take(ScanLab(keys=30_000, rate=5.0)) as take:
        for sign, bar in [*SWEEPS.items()] * 3:
            take.set_knobs(sign=sign)
            found[sign] += take.changes(6, lambda sample, bar=bar: sample[bar])
    return ratios(found[UNDERSCORE], found[COLON])


CLAIMS = (
    Claim(
        "separators", 986, "3.3", "Names with colons can be scanned, names with underscores are hard to find",
        "a sweep for user_* ÷ for user:*, 30,000 keys", "×", Bound(low=1.2), "ScanLab", sweeps, seconds=14.0,
    ),
)  # fmt: skip
