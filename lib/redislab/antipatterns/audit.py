"""`audit(client)`: a survey, what the audits make of it, and how sure that is."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace

from redislab.antipatterns.audits import AUDITS
from redislab.antipatterns.survey import Survey
from redislab.antipatterns.tally import Tally
from redislab.antipatterns.walk import ASKS
from redislab.keys import Finding
from redislab.keys.replies import UNREACHABLE

PERCENTILES = (50, 99, 100)
UNKNOWN = {
    "ttl": "The TTL of {} keys is unknown",
    "kind": "The type or the encoding of {} keys is unknown",
    "size": "The size of {} keys is unknown",
    "index": "{} questions about members of sets were refused",
}


@dataclass(frozen=True)
class Report:
    """What was found, the gravest first, and on how many keys it stands.

    Attributes:
        findings: a Finding each.
        survey: what they were read from: its `refused`, `unknown`, `lost` and `top`.
        skipped: why an audit could not be made, by its name.
    """

    findings: list[Finding]
    survey: Survey
    skipped: dict[str, str] = field(default_factory=dict)

    seen = property(lambda report: report.survey.seen, doc="Keys looked at.")
    total = property(lambda report: report.survey.total, doc="Keys that there are; None if that is unknown.")
    margin = property(
        lambda report: report.survey.margin,
        doc="Percentage points by which a share may be off, in 19 of 20 cases; 0 if all were seen.",
    )

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    @property
    def patterns(self) -> list[tuple[str, Tally]]:
        """A pattern of names and its Tally, those with the most bytes first."""
        return sorted(self.survey.tallies.items(), key=lambda item: (-item[1].memory, -item[1].keys))

    @property
    def complete(self) -> bool:
        """Whether everything that was to be looked at has been, and every question was answered."""
        survey = self.survey
        return survey.finished and not (survey.refused or survey.unknown or survey.moved or self.skipped)

    @property
    def worst(self) -> int:
        """The weight of the gravest finding; 0 if there is none."""
        return max((finding.weight for finding in self.findings), default=0)

    def estimate(self, seen: int) -> int:
        """How many there are, if so many were seen."""
        return self.survey.estimate(seen)

    @property
    def basis(self) -> str:
        """What it stands on, in some sentences."""
        survey = self.survey
        reason = f" ({survey.why.rstrip('.')})" if survey.why else ""
        said = [self._looked_at()]
        if survey.refused:
            said.append(f"{survey.refused:,} of {survey.met:,} keys could not be read{reason}.")
        said += [f"{UNKNOWN[ask].format(f'{count:,}')}{reason}." for ask, count in survey.unknown.items()]
        said += [f"{node} was lost on the way ({why.rstrip('.')})." for node, why in survey.lost.items()]
        if survey.moved:
            said.append("Slots have moved between the nodes meanwhile: some keys may be missing, or counted twice.")
        said += [f"{name} was not possible ({why.rstrip('.')})." for name, why in self.skipped.items()]
        if survey.seen and not survey.memory:
            said.append("The eviction policy is unknown, as INFO is refused.")
        if survey.resumed:
            said.append("A part was seen by an earlier walk, and is as it was then.")
        return " ".join(said)

    def _looked_at(self) -> str:
        survey, total = self.survey, self.total
        matching = "" if survey.match == "*" else f" that match {survey.match}"
        if not survey.met:
            return f"There are no keys{matching or ' here'}." if survey.finished else "Given up before the first key."
        if survey.whole:
            return f"{f'{survey.seen:,} of ' if survey.refused else 'All '}{survey.met:,} keys{matching} looked at."
        if total is None:
            return f"{survey.seen:,} keys{matching} looked at; how many more there are is unknown."
        return (
            f"{survey.seen:,} of {'' if survey.counted else 'about '}{total:,} keys{matching} looked at: shares are "
            f"± {survey.margin:.1f} percentage points at most, in 19 of 20 cases; what fewer than one key in "
            f"{max(1, survey.seen // 3):,} has may have been missed."
        )

    def as_dict(self) -> dict:
        """For JSON. What is unknown is null."""
        survey = self.survey
        figures = {"seen": survey.seen, "refused": survey.refused, "total": self.total, "margin": round(self.margin, 2)}
        state = {"complete": self.complete, "basis": self.basis, "unknown": dict(survey.unknown), "lost": survey.lost}
        found = {
            "findings": [asdict(finding) for finding in self.findings],
            "patterns": [*map(self._row, self.patterns)],
        }
        top = [{"bytes": each.size, "key": each.name, "type": each.kind, "node": each.node} for each in survey.top]
        return figures | state | found | {"top": top}

    def _row(self, item: tuple[str, Tally]) -> dict:
        pattern, tally = item
        row = {"pattern": pattern, "keys": tally.keys}
        if "size" in self.survey.asks:
            row["bytes"] = tally.memory if tally.sizes else None
            row["percentiles"] = {f"p{percent}": tally.percentile(percent) for percent in PERCENTILES}
        return row | ({"without_ttl": tally.lasting} if "ttl" in self.survey.asks else {})


def audit(
    client,
    *audits: Callable[[Survey], Iterator[Finding]],
    scripts: bool = True,
    progress=None,
    **options,
) -> Report:
    """Walk through a server or a cluster once, read-only, and report what the audits find.

        for finding in audit(client):
            print(finding.subject, finding.seen, finding.cure)

    It costs about 6 µs of the server's time for each key, 3 ms at a time, and works on any Redis from version 4: where
    scripts may not be run it asks by pipelines. What may not be asked is unknown, and the report says of how many keys. What
    is transferred is each name, about 40 bytes with it, and up to 100 members of up to 5 sets of each pattern, 500 sets in
    all; of sets whose members are longer than 1 KB, hardly any.

    Args:
        audits: such as `big_keys`; all of `AUDITS` without any. No more is asked of a key than they read.
        scripts: False keeps to pipelines.
        progress: called with the keys met and the keys to meet (None if that is unknown), after each page.
        options: of Survey: `sample`, `match`, `limit`, `pause`, `top`, `resume`.
    """
    read = {ask for each in audits or AUDITS for ask in getattr(each, "asks", ASKS)}
    survey = Survey(client, scripts=scripts, asks=read, **options)
    for seen, total in survey.walk():
        if progress:
            progress(seen, total)
    return report(survey, *audits)


def report(survey: Survey, *audits) -> Report:
    """What the audits make of a survey, even of one that was given up half-way."""
    found, skipped = [], {}
    for each in audits or AUDITS if survey.seen else ():
        try:
            found += [replace(finding, lab=getattr(each, "lab", "")) for finding in each(survey)]
        except UNREACHABLE as failure:  # the server was lost before the walk, or after it
            skipped[each.__name__] = str(failure)
    return Report(sorted(found, key=lambda finding: -finding.weight), survey, skipped)
