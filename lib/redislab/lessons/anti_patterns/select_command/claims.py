"""What is claimed of this section's subject, and how it is measured."""

from redislab.study.claim import Always, Claim


def deprecated(stage, command: str) -> list[float]:
    """1 if the server's documentation flags the command as deprecated, else 0. Since Redis 7."""
    told = stage.documented(command)[command.lower()]
    return [float("deprecated" in told.get("doc_flags", ()))]


CLAIMS = (
    Claim(
        "select-deprecated", 1314, "5.4", "SELECT is deprecated",
        "whether the server's own documentation flags it so (1: yes)", "", Always(low=1), "SelectLab", deprecated,
        cases={"": {"command": "SELECT"}}, claimed=1, seconds=1.0,
    ),
)  # fmt: skip
