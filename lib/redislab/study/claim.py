"""A claim, what was measured of it, and the verdict that follows from the two."""

import math
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

HOLDS, FAILS, UNDECIDED, DEPENDS, UNKNOWN = "holds", "does not hold", "undecided", "depends", "not measured"
CONFIDENCE = 0.9


@dataclass(frozen=True)
class Figure:
    """What some repeats of a measurement say together.

    Attributes:
        median: of the repeats.
        low, high: between these lies what it is the median of, whatever the distribution (`interval`).
        least, most: of the repeats.
    """

    median: float
    low: float
    high: float
    least: float
    most: float
    n: int

    @classmethod
    def of(cls, readings: Iterable[float]) -> "Figure":
        ranked = sorted(readings)
        low, high = interval(len(ranked))
        return cls(statistics.median(ranked), ranked[low], ranked[high], ranked[0], ranked[-1], len(ranked))


def interval(n: int) -> tuple[int, int]:
    """The places, of `n` readings in order, between which the median of what they are drawn from lies with 90 %.

    Of independent readings the number that are below the median is binomial, with 1/2. Five are enough: their least and most
    enclose it with 94 %. Of fewer it is the least and the most all the same: four give 88 %, three 75 %.
    """
    outside, rank = 2 * 0.5**n, 0  # the probability that the median is beyond the two
    while rank + 1 < n / 2 and outside + 2 * math.comb(n, rank + 1) * 0.5**n <= 1 - CONFIDENCE:
        rank += 1
        outside += 2 * math.comb(n, rank) * 0.5**n
    return rank, n - 1 - rank


@dataclass(frozen=True)
class Bound:
    """Where a figure has to be for its claim to hold: from `low` to `high`, both included."""

    low: float = -math.inf
    high: float = math.inf

    def judge(self, figure: Figure) -> str:
        """It holds with the whole interval inside, and not with the whole of it outside."""
        return self.of(figure.low, figure.high)

    def of(self, low: float, high: float) -> str:
        if self.low <= low and high <= self.high:
            return HOLDS
        return FAILS if high < self.low or low > self.high else UNDECIDED

    @property
    def edge(self) -> float:
        """What a figure is compared with if the claim names none."""
        return self.low if math.isfinite(self.low) else self.high

    def __str__(self) -> str:
        if math.isinf(self.high):
            return f"at least {self.low:g}"
        return f"at most {self.high:g}" if math.isinf(self.low) else f"{self.low:g} to {self.high:g}"


class Always(Bound):
    """For "always" and "never": one reading outside is enough against it."""

    def judge(self, figure):
        return HOLDS if self.of(figure.least, figure.most) == HOLDS else FAILS

    def __str__(self):
        return f"always {super().__str__()}"


class Possible(Bound):
    """For "can happen": one reading inside is enough."""

    def judge(self, figure):
        return HOLDS if HOLDS in (self.of(figure.least, figure.least), self.of(figure.most, figure.most)) else FAILS

    def __str__(self):
        return f"once {super().__str__()}"


def about(low: float, high: float | None = None) -> Bound:
    """A figure as one says it, "1–5 s" or "100 times": a fifth to either side; without `high`, more is fine, too."""
    return Bound(0.8 * low, math.inf if high is None else 1.2 * high)


def ratios(them: Iterable[float], others: Iterable[float]) -> list[float]:
    """Reading by reading, one ÷ the other."""
    return [one / other for one, other in zip(them, others, strict=True)]


@dataclass(frozen=True)
class Claim:
    """One sentence of the module that can be measured.

    Attributes:
        id: what it is called, also in files that are exported.
        line: where it stands in the module; None for what the module does not say.
        section: of this course: "4.2".
        says: the claim, in our words.
        measures: what its figure is, in one phrase.
        unit: of the figure; "×" for a ratio.
        bound: where the figure has to be; as data, so that the verdict is computed and not written down.
        lab: the name of the experiment that the figure comes from, or that shows the same.
        measure: `measure(stage, **case)` gives the readings, one a repeat, in `unit`.
        cases: circumstances by name, as arguments of `measure`.
        bounds: by case, where each has its own, as the cells of a table.
        on: what the cases differ in: "the round trip".
        claimed: the figure that it names; what is measured is drawn as a multiple of it, or else of the bound's edge.
        seconds: that it takes, about, for the progress bar.
    """

    id: str
    line: int | None
    section: str
    says: str
    measures: str
    unit: str
    bound: Bound
    lab: str
    measure: Callable
    cases: dict[str, dict] = field(default_factory=lambda: {"": {}})
    on: str = ""
    claimed: float | None = None
    seconds: float = 5.0
    bounds: dict[str, Bound] = field(default_factory=dict)

    def bound_of(self, case: str) -> Bound:
        return self.bounds.get(case, self.bound)

    @property
    def reference(self) -> float:
        return self.bound.edge if self.claimed is None else self.claimed


@dataclass(frozen=True)
class Result:
    """What was found of a claim.

    Attributes:
        figures: by case; a case that could not be measured is missing, and `notes` says why.
        where: the server and the machine.
        at: when, as ISO 8601.
    """

    claim: Claim
    figures: dict[str, Figure]
    notes: dict[str, str] = field(default_factory=dict)
    where: dict = field(default_factory=dict)
    at: str = ""

    @property
    def verdicts(self) -> dict[str, str]:
        """By case."""
        return {case: self.claim.bound_of(case).judge(figure) for case, figure in self.figures.items()}

    @property
    def verdict(self) -> str:
        found = set(self.verdicts.values())
        if len(found) == 1:
            return found.pop()
        return DEPENDS if {HOLDS, FAILS} <= found else UNDECIDED if found else UNKNOWN

    @property
    def sentence(self) -> str:
        """The verdict in words: on what it depends, and what could not be measured."""
        said = self.verdict
        if said in (DEPENDS, UNDECIDED) and len(self.figures) > 1:
            parts = [f"{verdict}: {', '.join(self._of(verdict))}" for verdict in (HOLDS, FAILS, UNDECIDED)]
            said += f" on {self.claim.on}" * (said == DEPENDS)
            said += f" ({'; '.join(part for part in parts if not part.endswith(': '))})"
        notes = [f"{case}: {note}" if case and self.figures else note for case, note in self.notes.items()]
        if held := [case for case in self._of(HOLDS) if isinstance(self.claim.bound_of(case), Always)]:
            readings = sum(self.figures[case].n for case in held)
            notes.append(f"In all of {readings} readings, which is not yet always")
        unseen = [self.figures[case].n for case in self._of(FAILS) if isinstance(self.claim.bound_of(case), Possible)]
        if sum(unseen) > len(unseen):  # one reading a case: it was counted, or all orders were tried
            notes.append(f"In none of {sum(unseen)} readings, which is not yet never")
        return ". ".join([*([] if self.verdict == UNKNOWN and notes else [said]), *dict.fromkeys(notes)])

    def _of(self, verdict: str) -> list[str]:
        return [case for case, each in self.verdicts.items() if each == verdict]

    def ratios(self) -> list[tuple[str, float, float, float]]:
        """Case, and low, median and high as multiples of what was claimed."""
        against = self.claim.reference
        return [(case, f.low / against, f.median / against, f.high / against) for case, f in self.figures.items()]

    @property
    def rows(self) -> list[dict]:
        """One for each case, flat, as a file holds them."""
        claim = self.claim
        head = {"id": claim.id, "section": claim.section, "line": claim.line, "claim": claim.says}
        head |= {"measured": claim.measures, "lab": claim.lab, "unit": claim.unit}
        head |= {"claimed": claim.claimed, "verdict": self.verdict, "at": self.at, **self.where}
        return [
            head
            | {"case": case, "bound": str(claim.bound_of(case)), "note": self.notes.get(case, "")}
            | self._numbers(case, self.figures.get(case))
            for case in claim.cases
        ]

    def _numbers(self, case: str, figure: Figure | None) -> dict:
        names = ("median", "low", "high", "n")
        found = {name: getattr(figure, name, None) for name in names}
        return found | {"case_verdict": self.claim.bound_of(case).judge(figure) if figure else UNKNOWN}
