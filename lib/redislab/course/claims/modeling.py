"""Section 2: what structures cost, and what they promise."""

import functools
import math

from redislab import labs
from redislab.course.claims.claim import Always, Bound, Claim
from redislab.course.claims.stage import shared
from redislab.labs.encodings import HASH
from redislab.labs.rate_limits import MODULE_FIXED, MODULE_SLIDING
from redislab.modeling.complexity import ADD, ALL, GET, SORTED_SET, STRING

SMALL, LARGE = 200, 100_000  # items; with fewer, a sorted set is not yet what it is with many
SPAN = 1.3  # s; in it each of the profile's races takes place once


@shared
def growth(stage, operation: str, structure: str) -> dict[str, list[float]]:
    """Time with 100,000 items ÷ with 200, on the server and for the client."""
    points = tuple((structure, n, operation) for n in (SMALL, LARGE) for _ in range(9))
    experiment = labs.ComplexityLab(operation=operation, structure=structure, largest=LARGE, calls=500)
    with stage.take(experiment, only=points) as take:
        curve = take.curve()
    small, large = ([point for point in curve if point["x"] == n] for n in (SMALL, LARGE))
    return {
        side: [after[side] / before[side] for before, after in zip(small, large, strict=True)]
        for side in ("server_us", "client_us")
    }


def times(stage, side: str, **cell) -> list[float]:
    return growth(stage, **cell)[side]


SIDES = {"on the server": {"side": "server_us"}, "for the client": {"side": "client_us"}}


def cliff(stage) -> list[float]:
    """Bytes a field with 513 fields ÷ with 512; counted by the server, not sampled."""
    with stage.take(labs.EncodingsLab(structure=HASH), only=(512, 513)) as take:
        before, after = take.curve()
    return [after["each"] / before["each"]]


@shared
def profiles(stage, fields: int) -> list[dict]:
    """Samples, each of a time of its own."""
    wanted = ("update", "all", "lost_own", "lost_read")
    with stage.take(labs.ProfileLab(fields=fields, read_all=30.0), span=SPAN) as take:
        found = []
        for turn in range(5):
            take.turn(read_all=30.0 + 5 * (turn % 2))  # which forgets the times
            take.after(SPAN)
            found.append(take.until(lambda sample: all(sample.get(key) is not None for key in wanted)))
    return found


def json_to_hash(stage, fields: int, work: str) -> list[float]:
    return [sample[work] for sample in profiles(stage, fields=fields)]


def kept(stage, way: str) -> list[float]:
    return [100 - sample[f"lost_{way}"] for sample in profiles(stage, fields=153)]


def admitted(stage, algorithm: str, **knobs) -> list[float]:
    """The most that were admitted within one window, burst by burst, ÷ the limit."""
    experiment = labs.RateLimitLab(algorithm=algorithm, limit=50, period=0.5, **knobs)
    with stage.take(experiment, EVERY=2) as take:
        take.until(lambda sample: sum(sample["asked"]) >= 50)
        return take.most(1.0, 5, lambda sample: sample["worst"] / sample["limit_now"])


LOGARITHMIC = Bound(2, 20)  # neither flat nor linear, which would be 500
logarithm = round(math.log(LARGE) / math.log(SMALL), 1)
grows, limits, profile = (
    functools.partial(Claim, section="2.1", unit="×", lab="ComplexityLab", on="where one looks", cases=SIDES),
    functools.partial(Claim, section="2.2", unit="×", lab="RateLimitLab", claimed=1, seconds=13.0),
    functools.partial(Claim, section="2.2", lab="ProfileLab", seconds=18.0),
)

CLAIMS = (
    Claim(
        "encodings", None, "2.1", "Past 512 fields a hash is a table, and takes more memory (Redis's documentation)",
        "bytes a field with 513 ÷ with 512", "×", Bound(low=1.25), "EncodingsLab", cliff, seconds=3.0,
    ),
    grows(
        "string-get-all", 582, says="To get all items of a string is O(1)",
        measures="GET of all items, 100,000 ÷ 200", bound=Bound(high=3), claimed=1,
        measure=functools.partial(times, operation=ALL, structure=STRING), seconds=6.0,
    ),
    grows(
        "score-log-n", 584, says="To get an item of a sorted set is O(log N)",
        measures="ZSCORE with 100,000 members ÷ with 200", bound=LOGARITHMIC, claimed=logarithm,
        measure=functools.partial(times, operation=GET, structure=SORTED_SET), seconds=7.0,
    ),
    grows(
        "zadd-log-n", 585, says="To add to a sorted set is O(log N)",
        measures="ZADD with 100,000 members ÷ with 200", bound=LOGARITHMIC, claimed=logarithm,
        measure=functools.partial(times, operation=ADD, structure=SORTED_SET), seconds=8.0,
    ),
    profile(
        "json-or-hash", 597, says="A hash is good, one large JSON string is bad", measures="time by JSON ÷ by the hash",
        unit="×", bound=Bound(low=1.1), measure=json_to_hash, on="what is done",
        cases={
            "change a field of 5": {"fields": 5, "work": "update"},
            "change a field of 153": {"fields": 153, "work": "update"},
            "read all 153": {"fields": 153, "work": "all"},
        },
    ),
    profile(
        "hset-no-race", 616, says="With HSET there are no race conditions",
        measures="updates by eight writers that are not lost", unit="%", bound=Always(low=100), claimed=100,
        measure=kept, on="what is written",
        cases={"a field of one's own": {"way": "own"}, "what was read before": {"way": "read"}},
    ),
    limits(
        "fixed-window", 732, says="A fixed window admits as many an hour as the limit says",
        measures="the most within one window's length ÷ the limit", measure=admitted, on="where the burst falls",
        bound=Always(high=1.1),  # a few come before or after the burst
        cases={
            "within a window": {"algorithm": MODULE_FIXED, "position": 50.0},
            "across a boundary": {"algorithm": MODULE_FIXED, "position": 0.0},
        },
    ),
    limits(
        "sliding-window", 744, says="A sliding window is more accurate: never above the limit",
        measures="the most within one window's length ÷ the limit", measure=admitted, on="how many ask at once",
        bound=Always(high=1),
        cases={
            "8 clients, loopback": {"algorithm": MODULE_SLIDING, "threads": 8},
            "32 clients, 1 ms": {"algorithm": MODULE_SLIDING, "threads": 32, "rtt": 1.0},
        },
    ),
)  # fmt: skip
