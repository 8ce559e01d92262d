"""What is claimed of this section's subject, and how it is measured."""

from redislab.lessons.performance_tuning.scripts.lab import EVAL, EVALSHA, LuaLab
from redislab.study.claim import Bound, Claim


def scripts(stage, size: int) -> list[float]:
    """EVAL ÷ EVALSHA."""
    with stage.take(LuaLab(size=size, rate=200.0)) as take:
        return take.every(0.4, 8, lambda sample: sample[EVAL] and sample[EVALSHA] and sample[EVAL] / sample[EVALSHA])


CLAIMS = (
    Claim(
        "eval-cost", 1190, "4.3", "A script may be sent each time, with EVAL",
        "a call with EVAL ÷ with EVALSHA", "×", Bound(high=1.25), "LuaLab", scripts,
        {"100 B": {"size": 100}, "10 KB": {"size": 10_000}, "100 KB": {"size": 100_000}}, "the script's size",
        claimed=1, seconds=14.0,
    ),
)  # fmt: skip
