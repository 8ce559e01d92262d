"""What is claimed of this section's subject, and how it is measured."""

import bisect
import functools

from redislab.lessons.performance_tuning.pools.lab import SIZES, PoolLab
from redislab.study.claim import Bound, Claim


def waiting(stage, size: int, **load) -> list[float]:
    """% of the requests that have to wait for a connection, in turns."""
    with stage.take(PoolLab(**load), only=(size,) * 4, requests=150, shortest=0.5) as take:
        return [point["waited"] for point in take.curve()]


class SmallestPool(PoolLab):
    """Each point is a search for the smallest pool, of 1 to 64 connections, with which at most 1 % of the requests wait."""

    only, requests, shortest = range(3), 150, 0.4

    def point(self, x):
        seconds = max(self.shortest, self.requests / self.rate)
        enough = bisect.bisect_left(SIZES, True, key=lambda size: self.offer(size, seconds)["waited"] <= 1)
        return {"smallest": [*SIZES, 2 * SIZES[-1]][enough], "failed": 0.0}  # the last one: more than were tried


def smallest(stage, **load) -> list[float]:
    with stage.take(SmallestPool(**load)) as take:
        return [point["smallest"] for point in take.curve()]


pools = functools.partial(Claim, section="4.1", lab="PoolLab", on="the load")


def typical(id: str, line: int, what: str, low: int, high: int, cases: dict) -> Claim:
    """One of the module's four ranges; it names no loads, so these are ours."""
    return pools(
        id, line, says=f"{what} needs {low}–{high} connections",
        measures="the smallest pool, of 1 to 64, with which at most 1 % of the requests wait",
        unit="connections", bound=Bound(low, high), measure=smallest, cases=cases, claimed=low, seconds=15.0 * len(cases),
    )  # fmt: skip


CLAIMS = (
    pools(
        "pool-formula", 1081, says="Requests/s × duration × 1.5, or × 3, connections are enough",
        measures="requests that have to wait for a connection in a pool of that size, at 10 ms",
        unit="%", bound=Bound(high=1), measure=waiting,
        cases={
            "300/s × 1.5": {"rate": 300.0, "rtt": 10.0, "size": 5},
            "300/s × 3": {"rate": 300.0, "rtt": 10.0, "size": 9},
            "800/s × 1.5": {"rate": 800.0, "rtt": 10.0, "size": 12},
            "800/s × 3": {"rate": 800.0, "rtt": 10.0, "size": 24},
        },
        seconds=16.0,
    ),
    typical("pool-typical", 1092, "An API with little traffic", 10, 20, {
        "300/s, loopback": {"rate": 300.0, "rtt": 0.0},
        "300/s, 10 ms": {"rate": 300.0, "rtt": 10.0},
    }),
    typical("pool-busy", 1093, "An API with much traffic", 50, 100, {
        "1000/s, loopback": {"rate": 1000.0, "rtt": 0.0},
        "1000/s, 10 ms": {"rate": 1000.0, "rtt": 10.0},
    }),
    typical("pool-worker", 1094, "A background worker", 5, 10, {"200/s, 10 ms": {"rate": 200.0, "rtt": 10.0}}),
    typical("pool-batch", 1095, "A batch processor", 20, 50, {"600/s, 10 ms": {"rate": 600.0, "rtt": 10.0}}),
)  # fmt: skip
