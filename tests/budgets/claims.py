"""What this machine makes of the module's claims: a figure a case, and the verdict; there is nothing to be kept."""

from collections.abc import Iterator

from redislab.lessons import LESSONS
from redislab.study import claims
from tests.budgets.table import Row


def rows() -> Iterator[Row]:
    """Each claim as soon as it is measured; one that cannot be is a row that says why."""
    for result in claims.each(list(LESSONS.claims), claims.Stage(), lambda *_: None):
        claim = result.claim
        if not result.figures:
            yield Row(f"{claim.section} {claim.says}", float("nan"), unit="", note=result.sentence)
        for case, figure in result.figures.items():
            what = f"{claim.section} {claim.id}" + f", {case}" * bool(case)
            spread = f"{figure.low:.2f} to {figure.high:.2f}"
            yield Row(what, figure.median, unit=claim.unit, note=f"{spread}; {result.verdicts[case]} ({claim.bound})")
