"""What is claimed of this section's subject, and how it is measured."""

from redislab.errors import CapabilityError
from redislab.lessons.performance_tuning.connections.lab import ConnectionLab
from redislab.lessons.performance_tuning.round_trips import NEAR
from redislab.study.claim import Bound, Claim


def in_rows(stage, rtt: float, tls: bool = False) -> list[float]:
    """Calls in a row without the pool ÷ with it."""
    with stage.take(ConnectionLab(rtt=rtt, tls=tls, rate=5.0), in_a_row=0.3) as take:
        found = []
        for _ in range(5):
            former = take.until(lambda sample: True)["new_row_ms"]
            take.act("measure_rows")
            last = take.until(lambda sample, former=former: sample["new_row_ms"] not in (None, former))
            if last["no_tls"]:
                raise CapabilityError(f"no TLS, because {last['no_tls']}")
            found.append(last["row_times"])
    return found


CLAIMS = (
    Claim(
        "no-pool", 1327, "5.5", "A new connection for each request is bad, a shared pool is good",
        "a GET that connects first ÷ with the pool, in a row", "×", Bound(low=1.5), "ConnectionLab", in_rows,
        {**NEAR, "1 ms, TLS": {"rtt": 1.0, "tls": True}}, "the way there", seconds=15.0,
    ),
)  # fmt: skip
