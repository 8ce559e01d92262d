"""Claims, each measured on this machine by the lab that is about it.

    claims.run("pipelining-1000x")     # one
    claims.run("4.2").table            # a section's, as a DataFrame
    claims.run()                       # all, in about nine minutes

Each section's `claims.py` holds what is claimed, as data, and how its figure is read from a lab. The verdict is computed
from that figure, its uncertainty, and the claim's bound.
"""

import functools
import json
import platform
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import redis

from redislab.bench.process import sentence
from redislab.errors import RedislabError
from redislab.study.claim import Claim, Figure, Result
from redislab.study.pace import Pace
from redislab.study.stage import Stage, StoppedError
from redislab.world.scheduling import cores


def run(claims: list[Claim], *, report: Callable = lambda share, text, left: None) -> "Results":
    """Measure some claims, one after the other.

    Args:
        report: called again and again with the share that is done (0 to 1), what is measured, and the seconds that are left.

    Raises:
        StoppedError: a panel was started meanwhile.
    """
    return Results(each(claims, Stage(), report))


def each(claims: list[Claim], stage: Stage, report: Callable) -> Iterator[Result]:
    """The results, one by one as they come; what fails is a sentence in its result, and the next one follows.

    Raises:
        StoppedError: the rest is no longer wanted.
    """
    pace = Pace(claims, report)
    stage.tick = pace.tick
    for number, claim in enumerate(claims):
        yield measure(claim, stage, functools.partial(pace.begin, number))


def measure(claim: Claim, stage: Stage, tell: Callable = lambda text, part, upto: None) -> Result:
    """Measure one claim, case by case; what cannot be measured here is said in `notes`.

    Raises:
        StoppedError: it is no longer wanted.
    """
    figures, notes, parts = {}, {}, len(claim.cases)
    for number, (case, arguments) in enumerate(claim.cases.items()):
        tell(f"{claim.says} ({case})" if case else claim.says, number / parts, (number + 1) / parts)
        try:
            figures[case] = Figure.of(claim.measure(stage, **arguments))
        except StoppedError:
            raise
        except RedislabError as lack:
            notes[case] = f"not measurable here: {lack}"
        except Exception as failure:
            notes[case] = f"could not be measured: {sentence(failure)}"
    return Result(claim, figures, notes, where(stage), datetime.now(UTC).isoformat(timespec="seconds"))


def where(stage: Stage) -> dict:
    """What stands beside a figure: the server, and the machine."""
    if not stage.where.get("server"):
        _ = stage.lab  # which says what it is
    return {
        "server": stage.where["server"],
        "backend": stage.where["backend"],
        "client": f"redis-py {redis.__version__}",
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": cores(),
    }


class Results(list):
    """What was found, a Result a claim.

    Attributes:
        table: a pandas DataFrame, a row a claim and case.
    """

    @property
    def rows(self) -> list[dict]:
        return [row for result in self for row in result.rows]

    @property
    def table(self):
        import pandas as pd  # half a second, only for those who want a table

        return pd.DataFrame(self.rows).astype({"line": "Int64"})  # some have none

    def to_csv(self) -> str:
        return self.table.to_csv(index=False)

    def to_json(self) -> str:
        return json.dumps(self.rows, indent=1, ensure_ascii=False)

    def _repr_html_(self) -> str:
        return self.table[["section", "claim", "case", "median", "unit", "case_verdict"]]._repr_html_()

    def __repr__(self) -> str:
        return "\n".join(f"{result.claim.id}: {result.sentence}" for result in self)
