"""What is claimed of this section's subject, and how it is measured."""

from redislab.errors import CapabilityError
from redislab.lessons.anti_patterns.no_pool.lab import NoPoolLab
from redislab.lessons.performance_tuning.round_trips import NEAR
from redislab.study.claim import Bound, Claim


def in_rows(stage, rtt: float, tls: bool = False) -> list[float]:
    """Calls in a row without the pool ÷ with it."""
    with stage.take(NoPoolLab(rtt=rtt, tls=tls, rate=5.0), ROW=0.3) as take:
        rows = lambda sample: sample["row pooled"] and sample["row fresh"]  # noqa: E731
        found = []
        for _ in range(5):
            former = take.until(lambda sample: True)["row fresh"]
            take.act("measure_rows")
            last = take.until(lambda sample, former=former: rows(sample) and sample["row fresh"] != former)
            if tls and last["why_not"]:
                raise CapabilityError(f"no TLS, because {last['why_not']}")
            found.append(last["row fresh"] / last["row pooled"])
    return found


CLAIMS = (
    Claim(
        "no-pool", 1327, "5.5", "A new connection for each request is bad, a shared pool is good",
        "a GET that connects first ÷ by the pool, in a row", "×", Bound(low=1.5), "NoPoolLab", in_rows,
        {**NEAR, "1 ms, TLS": {"rtt": 1.0, "tls": True}}, "the way there", seconds=15.0,
    ),
)  # fmt: skip
