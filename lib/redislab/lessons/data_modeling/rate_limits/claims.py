"""What is claimed of this section's subject, and how it is measured."""

import functools

from redislab.lessons.data_modeling.rate_limits.algorithms import MODULE_FIXED, MODULE_SLIDING
from redislab.lessons.data_modeling.rate_limits.lab import RateLimitLab
from redislab.study.claim import Always, Claim


def admitted(stage, algorithm: str, **knobs) -> list[float]:
    """The most that were admitted within one window, burst by burst, ÷ the limit."""
    experiment = RateLimitLab(algorithm=algorithm, limit=50, period=0.5, **knobs)
    with stage.take(experiment, every=2) as take:
        take.until(lambda sample: sum(sample["asked"]) >= 50)
        return take.most(1.0, 5, lambda sample: sample["worst"] / sample["limit_now"])


limits = functools.partial(Claim, section="2.2", unit="×", lab="RateLimitLab", claimed=1, seconds=13.0)

CLAIMS = (
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
        measures="the most within one window's length ÷ the limit", measure=admitted, on="how many ask simultaneously",
        bound=Always(high=1),
        cases={
            "8 clients, loopback": {"algorithm": MODULE_SLIDING, "threads": 8},
            "32 clients, 1 ms": {"algorithm": MODULE_SLIDING, "threads": 32, "rtt": 1.0},
        },
    ),
)  # fmt: skip
