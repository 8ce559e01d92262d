"""What is claimed of this section's subject, and how it is measured."""

from redislab.errors import CapabilityError
from redislab.study.claim import Always, Claim


def deprecated(stage) -> list[float]:
    """1 if the server's own documentation calls SELECT deprecated, else 0."""
    try:
        told = stage.lab.redis.execute_command("COMMAND DOCS", "SELECT")
    except Exception as refusal:
        raise CapabilityError(f"the server does not say what is deprecated ({refusal})") from None
    if "select" not in str(told).lower():
        raise CapabilityError("the server has no documentation of its commands")
    return [float("deprecated" in str(told).lower())]


CLAIMS = (
    Claim(
        "select-deprecated", 1314, "5.4", "SELECT is deprecated",
        "whether the server's own documentation says so (1: yes)", "", Always(low=1), "SelectLab", deprecated,
        claimed=1, seconds=1.0,
    ),
)  # fmt: skip
