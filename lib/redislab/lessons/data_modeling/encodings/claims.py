"""What is claimed of this section's subject, and how it is measured."""

from redislab.lessons.data_modeling.encodings.lab import HASH, EncodingsLab
from redislab.study.claim import Bound, Claim


def cliff(stage) -> list[float]:
    """Bytes a field with 513 fields ÷ with 512; counted by the server, not sampled."""
    with stage.take(EncodingsLab(structure=HASH), only=(512, 513)) as take:
        before, after = take.curve()
    return [after["each"] / before["each"]]


CLAIMS = (
    Claim(
        "encodings", None, "2.1", "Past 512 fields a hash is a table, and takes more memory (Redis's documentation)",
        "bytes a field with 513 ÷ with 512", "×", Bound(low=1.25), "EncodingsLab", cliff, seconds=3.0,
    ),
)  # fmt: skip
