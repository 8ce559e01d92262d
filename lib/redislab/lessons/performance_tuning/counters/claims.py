"""What is claimed of this section's subject, and how it is measured."""

import functools

from redislab.lessons.data_modeling.rate_limits.algorithms import MODULE_LUA, MODULE_SLIDING
from redislab.lessons.data_modeling.rate_limits.lab import RateLimitLab
from redislab.lessons.performance_tuning.counters.lab import LUA, RACE, CountersLab
from redislab.lessons.performance_tuning.round_trips import NEAR, TRIP
from redislab.study.claim import Always, Bound, Claim, Possible, ratios
from redislab.study.stage import shared


def trips(stage, algorithm: str) -> list[float]:
    """Round trips of a decision that admits."""
    with stage.take(RateLimitLab(algorithm=algorithm, limit=200, rate=50.0, threads=1), every=100) as take:
        return take.every(0.2, 3, lambda sample: sample["trips"])


@shared
def lost(stage) -> dict[str, list[float]]:
    """% of the increments that are lost, round by round."""
    with stage.take(CountersLab(method=RACE, clients=8), round_seconds=0.3) as take:
        found = {}
        for method in (RACE, LUA):
            take.set_knobs(method=method)
            take.until(lambda sample, method=method: sample["lost"] is not None)
            found[method] = take.changes(5, lambda sample: sample["lost"], by=lambda sample: sample["rate"])
    return found


def decisions(stage, rtt: float) -> list[float]:
    """The module's rate limit by four commands ÷ by its script, in turns; no request is refused."""
    found = {MODULE_SLIDING: [], MODULE_LUA: []}
    experiment = RateLimitLab(limit=200, period=0.5, rate=200.0, threads=1, rtt=rtt)
    with stage.take(experiment, every=100) as take:
        for algorithm in (MODULE_SLIDING, MODULE_LUA) * 4:
            take.set_knobs(algorithm=algorithm)
            found[algorithm] += take.every(0.7, 1, lambda sample: sample["p50"])
    return ratios(found[MODULE_SLIDING], found[MODULE_LUA])


races = functools.partial(Claim, section="4.3", lab="CountersLab", unit="%", seconds=6.0)

CLAIMS = (
    Claim(
        "lua-round-trips", 1163, "4.3", "A script saves round trips",
        "a rate limit with four commands ÷ with a script", "×", Bound(low=1.5), "RateLimitLab",
        decisions, NEAR, TRIP, seconds=15.0,
    ),
    Claim(
        "lua-trips", 1165, "4.3", "A script needs one round trip", "round trips of a rate limit's decision", "",
        Bound(high=1), "RateLimitLab", trips,
        {"four commands": {"algorithm": MODULE_SLIDING}, "a script": {"algorithm": MODULE_LUA}}, "how it is sent",
        claimed=1, seconds=2.0,
    ),
    races(
        "lua-atomic", 1163, says="A script is atomic: there are no race conditions",
        measures="increments with a script that are not lost", bound=Always(low=100),
        measure=lambda stage: [100 - share for share in lost(stage)[LUA]], claimed=100,
    ),
    races(
        "get-set-race", 1173, says="Another client can come between GET and SET",
        measures="increments with GET and SET that are lost", bound=Possible(low=1),
        measure=lambda stage: lost(stage)[RACE],
    ),
)  # fmt: skip
