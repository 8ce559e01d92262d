"""What is claimed of this section's subject, and how it is measured."""

import functools
import math

from redislab.lessons.data_modeling.complexity.exponents import LINEAR
from redislab.lessons.data_modeling.complexity.lab import ComplexityLab
from redislab.lessons.data_modeling.complexity.table import (
    ADD,
    ALL,
    GET,
    LIST,
    NONE,
    OPERATIONS,
    SORTED_SET,
    STRING,
    STRUCTURES,
    cell,
)
from redislab.study.claim import Always, Bound, Claim, ratios
from redislab.study.stage import shared

SMALL, LARGE = 200, 100_000
SIDES = {"on the server": {"side": "server_us"}, "for the client": {"side": "client_us"}}
LOGARITHMIC = Bound(2, 20)  # neither flat nor linear, which would be 500
LEAST, MOST = 1000, 1_000_000  # of the whole table
GROWTH = {"O(1)": Bound(high=0.25), "O(log N)": Bound(0.05, 0.4), "O(N)": Bound(low=LINEAR)}
GROWTH["O(log N + M)"] = GROWTH["O(log N)"]
BY_PLACE = f"{GET}, by its place"
EXPECTED = round(math.log(LARGE) / math.log(SMALL), 1)


@shared
def measured(stage, operation: str, structure: str) -> list[dict]:
    """Nine points with 200 items, and nine with 100,000."""
    points = tuple((structure, n, operation) for n in (SMALL, LARGE) for _ in range(9))
    experiment = ComplexityLab(operation=operation, structure=structure, largest=LARGE, calls=500)
    with stage.take(experiment, only=points) as take:
        return take.curve()


def times(stage, side: str, **cell) -> list[float]:
    """Time with 100,000 items ÷ with 200."""
    small, large = ([point[side] for point in measured(stage, **cell) if point["x"] == n] for n in (SMALL, LARGE))
    return ratios(large, small)


@shared
def column(stage, structure: str, command: str | None = None) -> dict[str, list[float]]:
    """By operation, the exponent of N with which the server's time grows: from 1,000 items to 1,000,000, or 100,000 if all are read.

    `command`: instead of the one with which the table gets an item.
    """
    operations = (GET,) if command else [each for each in OPERATIONS if cell(each, structure).command]
    points = [
        (structure, n, operation)
        for n in (LEAST, LARGE, MOST)
        for operation in operations * 3
        if n == LEAST or (operation == ALL) == (n == LARGE)
    ]
    with stage.take(ComplexityLab(structure=structure), only=points, command=command) as take:
        curve = take.curve()
    found = {operation: [] for operation in operations}
    for operation, exponents in found.items():
        mine = [point for point in curve if point["operation"] == operation]
        for small, large in zip(mine[:3], mine[3:], strict=True):
            exponents.append(math.log(large["server_us"] / small["server_us"]) / math.log(large["x"] / small["x"]))
    return found


def ranges(stage, structure: str) -> list[float]:
    """How many commands for this structure the server has that read or write a range."""
    docs = stage.documented()
    return [sum("range" in name and told["group"] == structure for name, told in docs.items())]


def table_column(structure: str) -> Claim:
    """The module's, for one structure."""
    cells = [each for operation in OPERATIONS if (each := cell(operation, structure)).module != NONE]
    cases = {each.operation: {"structure": structure, "operation": each.operation} for each in cells}
    bounds = {each.operation: GROWTH[each.module] for each in cells}
    if structure == LIST:
        cases[BY_PLACE] = {"structure": LIST, "operation": GET, "command": "LINDEX {key} {middle}"}
        bounds[BY_PLACE] = bounds[GET]
    told = ", ".join(f"{each.operation.split()[0].lower()} {each.module}" for each in cells)
    told = told.replace(", get", ", get all")
    return Claim(
        f"complexity-{structure.replace(' ', '-')}", 582, "2.1", f"{structure.capitalize()}: {told}",
        "the server's time grows as N to the power of this, 1,000 to 1,000,000 items", "", GROWTH["O(1)"], "ComplexityLab",
        lambda stage, operation, **key: column(stage, **key)[operation], cases, "the operation",
        seconds=5.0 + STRUCTURES.index(structure) / 10, bounds=bounds,
    )  # fmt: skip


grows = functools.partial(Claim, section="2.1", unit="×", lab="ComplexityLab", on="where one looks", cases=SIDES)

CLAIMS = (
    grows(
        "string-get-all", 582, says="To get all items of a string is O(1)",
        measures="GET of all items, 100,000 ÷ 200", bound=Bound(high=3), claimed=1,
        measure=functools.partial(times, operation=ALL, structure=STRING), seconds=6.0,
    ),
    grows(
        "score-log-n", 584, says="To get an item of a sorted set is O(log N)",
        measures="ZSCORE with 100,000 members ÷ with 200", bound=LOGARITHMIC, claimed=EXPECTED,
        measure=functools.partial(times, operation=GET, structure=SORTED_SET), seconds=7.0,
    ),
    grows(
        "zadd-log-n", 585, says="To add to a sorted set is O(log N)",
        measures="ZADD with 100,000 members ÷ with 200", bound=LOGARITHMIC, claimed=EXPECTED,
        measure=functools.partial(times, operation=ADD, structure=SORTED_SET), seconds=8.0,
    ),
    *map(table_column, STRUCTURES),
    Claim(
        "range-none", 588, "2.1", "Strings, sets and hashes have no range queries", "commands for a range", "",
        Always(high=0), "ComplexityLab", ranges, {name: {"structure": name} for name in (STRING, "set", "hash")},
        "the structure", claimed=1, seconds=1.0,
    ),
)  # fmt: skip
