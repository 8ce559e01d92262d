"""What is claimed of this section's subject, and how it is measured."""

import ast
import functools
import inspect

from redislab.caching import RefreshAhead, Resilient, WriteBehind, WriteBehindWorker, WriteThrough
from redislab.lessons.caching_patterns.choosing.lab import AHEAD, ASIDE, BEHIND, MODULES, PATTERNS, THROUGH, ArenaLab
from redislab.lessons.caching_patterns.choosing.ranking import APART
from redislab.study.claim import Always, Bound, Claim, Possible
from redislab.study.stage import having, shared

CODE = {
    ASIDE: (Resilient,),
    THROUGH: (WriteThrough,),
    BEHIND: (WriteBehind, WriteBehindWorker),
    AHEAD: (RefreshAhead,),
}
BETTER, MUCH_BETTER, ALIKE = Bound(low=APART), Bound(low=1.5), Bound(1 / APART, APART)
MORE, AS_MANY = Bound(low=0.5), Bound(-0.5, 0.5)  # reads in a hundred
RELATION = {BETTER: ">", MUCH_BETTER: ">>", ALIKE: "≈", MORE: ">", AS_MANY: "≈"}
EXCELLENT, GOOD, FAIR = Bound(1, 1.25), Bound(1.25, 2.5), Bound(low=2.5)  # times the fastest
LOW, MEDIUM, HIGH = Bound(1, 1.1), Bound(1.1, 1.5), Bound(low=1.5)  # times the shortest
SHORT = {"skew": 0.5, "ttl": 1.0}  # entries expire before the module has saved them: where patterns are stale
STRONG, EVENTUAL = Always(low=100), Possible(high=99.9)


@shared
def arena(stage, **load) -> list[dict]:
    """Samples of the module's four patterns on one load, each of a time of its own."""
    experiment = ArenaLab(code=MODULES, writes=30.0, rate=240.0, **load)
    with stage.take(experiment, span=1.3) as take:
        take.after(2.0)
        keys = [f"{key} {name}" for key in ("r50", "w50", "stale") for name in PATTERNS]
        return take.every(1.3, 8, having(*keys))


def compared(stage, key: str, one: str, other: str) -> list[float]:
    return [sample[f"{key} {one}"] / sample[f"{key} {other}"] for sample in arena(stage)]


def fresher(stage, key: str, one: str, other: str) -> list[float]:
    """By how many of a hundred reads `other` shows the newest row more often than `one`."""
    return [sample[f"{key} {one}"] - sample[f"{key} {other}"] for sample in arena(stage, **SHORT)]


def cell(stage, key: str, pattern: str) -> list[float]:
    """A cell of the matrix: its p50 ÷ the fastest pattern's."""
    return [sample[f"{key} {pattern}"] / min(sample[f"{key} {each}"] for each in PATTERNS) for sample in arena(stage)]


def fresh(stage, pattern: str) -> list[float]:
    """% of the reads that show the newest row."""
    return [100 - sample[f"stale {pattern}"] for sample in arena(stage, **SHORT)]


def simplicity(stage, pattern: str) -> list[float]:
    """Statements of a pattern's classes, with what they inherit, ÷ those of the shortest."""
    return [statements(CODE[pattern]) / min(map(statements, CODE.values()))]


def statements(classes: tuple[type, ...]) -> int:
    """Without docstrings."""
    every = {each for one in classes for each in one.__mro__ if each is not object}
    nodes = [node for each in every for node in ast.walk(ast.parse(inspect.getsource(each)))]
    return sum(isinstance(node, ast.stmt) and not isinstance(node, ast.Expr) for node in nodes)


def surviving(stage, ttl: float) -> list[float]:
    """% of the reads with cache-aside that need no database after the application was killed and started again."""
    experiment = ArenaLab(code=MODULES, writes=0.0, ttl=ttl, db_ms=0.0, rate=400.0)
    with stage.take(experiment, span=1.0) as take:
        take.after(5.0)
        take.act("kill_application")
        take.after(3.0)
        reads = experiment.rate / len(PATTERNS)
        return take.every(1.1, 4, lambda sample: 100 * max(0.0, 1 - sample[f"calls {ASIDE}"] / reads))


def order(key: str, *places: tuple[str, str, Bound]) -> dict:
    """The cases of a ranking, neighbour by neighbour, and their bounds."""
    names = [f"{one} {RELATION[bound]} {other}" for one, other, bound in places]
    cases = [{"key": key, "one": other, "other": one} for one, other, _ in places]
    bounds = [bound for *_, bound in places]
    return {"cases": dict(zip(names, cases, strict=True)), "bounds": dict(zip(names, bounds, strict=True))}


def graded(*grades: Bound, **arguments) -> dict:
    """The cases of a column of the matrix, pattern by pattern, and their bounds."""
    return {
        "cases": {name: {"pattern": name} | arguments for name in PATTERNS},
        "bounds": dict(zip(PATTERNS, grades, strict=True)),
        "on": "the pattern",
    }


ranked = functools.partial(Claim, section="1.5", lab="ArenaLab", seconds=16.0)

CLAIMS = (
    ranked(
        "write-through-slower", 231, says="Writes with write-through take longer than with cache-aside",
        measures="a write with write-through ÷ with cache-aside, p50", unit="×", bound=Bound(low=1.15),
        measure=functools.partial(compared, key="w50", one=THROUGH, other=ASIDE),
    ),
    ranked(
        "write-behind-fastest", 352, says="Write-behind has by far the fastest writes",
        measures="a write with cache-aside ÷ with write-behind, p50", unit="×", bound=Bound(low=1.5),
        measure=functools.partial(compared, key="w50", one=ASIDE, other=BEHIND),
    ),
    ranked(
        "read-ranking", 505, says="Reads: refresh-ahead > write-through ≈ write-behind > cache-aside",
        measures="a read with the one named last ÷ with the one named first, p50", unit="×", bound=BETTER, claimed=1,
        measure=compared, on="the pair",
        **order("r50", (AHEAD, THROUGH, BETTER), (THROUGH, BEHIND, ALIKE), (BEHIND, ASIDE, BETTER), (AHEAD, ASIDE, BETTER)),
    ),
    ranked(
        "write-ranking", 506, says="Writes: write-behind >> cache-aside ≈ refresh-ahead > write-through",
        measures="a write with the one named last ÷ with the one named first, p50", unit="×", bound=BETTER, claimed=1,
        measure=compared, on="the pair",
        **order("w50", (BEHIND, ASIDE, MUCH_BETTER), (ASIDE, AHEAD, ALIKE), (AHEAD, THROUGH, BETTER)),
    ),
    ranked(
        "consistency-ranking", 509, says="Consistency: write-through > cache-aside ≈ write-behind ≈ refresh-ahead",
        measures="how many more of a hundred reads show the newest row with the one named first", unit="", bound=MORE,
        measure=fresher, on="the pair", claimed=1,
        **order("stale", (THROUGH, ASIDE, MORE), (ASIDE, BEHIND, AS_MANY), (BEHIND, AHEAD, AS_MANY)), seconds=16.5,
    ),
    ranked(
        "matrix-reads", 499, says="Reads: excellent with all but cache-aside, where they are good",
        measures="a read ÷ with the fastest, p50", unit="×", bound=EXCELLENT, claimed=1, measure=cell,
        **graded(GOOD, EXCELLENT, EXCELLENT, EXCELLENT, key="r50"),
    ),
    ranked(
        "matrix-writes", 499, says="Writes: excellent with write-behind, fair with write-through, else good",
        measures="a write ÷ with the fastest, p50", unit="×", bound=EXCELLENT, claimed=1, measure=cell,
        **graded(GOOD, FAIR, EXCELLENT, GOOD, key="w50"),
    ),
    ranked(
        "matrix-consistency", 499, says="Consistency: strong with write-through, else eventual",
        measures="reads that show the newest row", unit="%", bound=STRONG, claimed=100, measure=fresh,
        **graded(EVENTUAL, STRONG, EVENTUAL, EVENTUAL), seconds=16.5,
    ),
    ranked(
        "matrix-complexity", 499, says="Complexity: low, medium, high and high",
        measures="statements of our class and its bases ÷ those of the shortest", unit="×", bound=LOW, claimed=1,
        measure=simplicity, **graded(LOW, MEDIUM, HIGH, HIGH), seconds=0.5,
    ),
    ranked(
        "cache-survives-restart", 143, section="1.1", says="Cache data survives a restart of the application",
        measures="reads that need no database after a kill, as in the module", unit="%", bound=Bound(low=90), claimed=100,
        measure=surviving, cases={"": {"ttl": 60.0}}, seconds=15.0,
    ),
)  # fmt: skip
