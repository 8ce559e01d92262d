"""`audit(client)`: a survey, what the audits make of it, and how sure that is."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from redislab.antipatterns.audits import AUDITS
from redislab.antipatterns.survey import Survey, Tally
from redislab.antipatterns.walk import ASKS
from redislab.keys import Finding


@dataclass(frozen=True)
class Report:
    """What was found, the gravest first, and on how many keys it stands.

    Attributes:
        findings: a Finding each.
        patterns: a pattern of names and its Tally, those with the most bytes first.
        seen, total: keys looked at, and keys that there are.
        margin: percentage points by which a share may be off, in 19 of 20 cases; 0 if all were seen.
        complete: False if the walk was given up.
        asks: what the keys were asked.
    """

    findings: list[Finding]
    patterns: list[tuple[str, Tally]]
    seen: int
    total: int
    margin: float
    complete: bool
    asks: tuple[str, ...]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    @property
    def worst(self) -> int:
        """The weight of the gravest finding; 0 if there is none."""
        return max((finding.weight for finding in self.findings), default=0)

    def estimate(self, seen: int) -> int:
        """How many there are, if so many were seen."""
        return round(seen * self.total / self.seen) if self.seen else 0

    @property
    def basis(self) -> str:
        """What it stands on, in a sentence."""
        if not self.seen:
            return "There are no keys here." if self.complete else "Given up before the first key."
        if self.seen >= self.total:
            return f"All {self.seen:,} keys looked at."
        return (
            f"{self.seen:,} of {self.total:,} keys looked at: shares are ± {self.margin:.1f} percentage points at most, in 19 of "
            f"20 cases; what fewer than one key in {max(1, self.seen // 3):,} has may have been missed."
        )

    def as_dict(self) -> dict:
        """For JSON."""
        patterns = [
            {"pattern": pattern, "keys": tally.keys}
            | ({"bytes": tally.memory} if "size" in self.asks else {})
            | ({"without_ttl": tally.lasting} if "ttl" in self.asks else {})
            for pattern, tally in self.patterns
        ]
        figures = {"seen": self.seen, "total": self.total, "margin": round(self.margin, 2), "complete": self.complete}
        return figures | {"findings": [asdict(finding) for finding in self.findings], "patterns": patterns}


def audit(
    client,
    *audits: Callable[[Survey], Iterator[Finding]],
    sample: int | None = None,
    scripts: bool = True,
    progress=None,
) -> Report:
    """Walk through a server or a cluster once, read-only, and report what the audits find.

        for finding in audit(client):
            print(finding.subject, finding.seen, finding.cure)

    It costs about 6 µs of the server's time for each key, 3 ms at a time, and works on any Redis from version 7: where
    scripts may not be run it asks by pipelines, and what may not be asked at all is left out.

    Args:
        audits: such as `big_keys`; all of `AUDITS` without any. No more is asked of a key than they read.
        sample: look at about so many keys, instead of all; the report says what that is worth.
        scripts: False keeps to pipelines.
        progress: called with the keys seen and the keys to see, after each page.
    """
    read = {ask for each in audits or AUDITS for ask in getattr(each, "asks", ASKS)}
    survey = Survey(client, sample=sample, scripts=scripts, asks=read)
    for seen, total in survey.walk():
        if progress:
            progress(seen, total)
    return report(survey, *audits)


def report(survey: Survey, *audits) -> Report:
    """What the audits make of a survey, even of one that was given up half-way."""
    found = [finding for each in audits or AUDITS for finding in each(survey)] if survey.seen else []
    found.sort(key=lambda finding: -finding.weight)
    patterns = sorted(survey.tallies.items(), key=lambda item: -item[1].memory)
    return Report(found, patterns, survey.seen, survey.total, survey.margin, survey.complete, survey.asks)
