"""What is claimed of this section's subject, and how it is measured."""

import functools
import math

from redislab.lessons.data_modeling.complexity.lab import ComplexityLab
from redislab.modeling.complexity import ADD, ALL, GET, SORTED_SET, STRING
from redislab.study.claim import Bound, Claim, ratios
from redislab.study.stage import shared

SMALL, LARGE = 200, 100_000
SIDES = {"on the server": {"side": "server_us"}, "for the client": {"side": "client_us"}}
LOGARITHMIC = Bound(2, 20)  # neither flat nor linear, which would be 500
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
)  # fmt: skip
