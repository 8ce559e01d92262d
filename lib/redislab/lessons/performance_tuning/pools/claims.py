"""What is claimed of this section's subject, and how it is measured."""

import functools

from redislab.lessons.performance_tuning.pools.lab import PoolLab
from redislab.study.claim import Bound, Claim
from redislab.study.stage import shared


@shared
def crowded(stage, rate: float, rtt: float, sizes: tuple) -> list[dict]:
    """Pools of these sizes, in turns."""
    with stage.take(PoolLab(rate=rate, rtt=rtt), only=sizes * 4, requests=150, shortest=0.5) as take:
        return take.curve()


def waiting(stage, size: int, **load) -> list[float]:
    return [point["waited"] for point in crowded(stage, sizes=(size,), **load)]


def smallest(stage, sizes: tuple, **load) -> list[float]:
    """The smallest of the pools, in each round, with which at most 1 % wait; the largest, if none is enough."""
    curve = crowded(stage, sizes=sizes, **load)
    rounds = [curve[start : start + len(sizes)] for start in range(0, len(curve), len(sizes))]
    return [next((point["x"] for point in each if point["waited"] <= 1), sizes[-1]) for each in rounds]


pools = functools.partial(Claim, section="4.1", lab="PoolLab", on="the load")

CLAIMS = (
    pools(
        "pool-formula", 1081, says="Requests/s × duration × 1.5 connections are enough",
        measures="requests that have to wait for a connection, 300/s at 10 ms, in a pool of that size",
        unit="%", bound=Bound(high=1), measure=waiting,
        cases={"5 connections": {"rate": 300.0, "rtt": 10.0, "size": 5}}, seconds=5.0,
    ),
    pools(
        "pool-typical", 1092, says="An API with little traffic needs 10–20 connections",
        measures="the smallest pool with which at most 1 % of the requests wait",
        unit="connections", bound=Bound(10, 20), measure=smallest,
        cases={
            "300/s, loopback": {"rate": 300.0, "rtt": 0.0, "sizes": (1, 2)},
            "300/s, 10 ms": {"rate": 300.0, "rtt": 10.0, "sizes": (7, 9, 11)},
            "600/s, 10 ms": {"rate": 600.0, "rtt": 10.0, "sizes": (10, 12, 14)},
        },
        claimed=10, seconds=25.0,
    ),
)  # fmt: skip
