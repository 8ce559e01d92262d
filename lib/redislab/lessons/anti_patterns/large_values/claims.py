"""What is claimed of this section's subject, and how it is measured."""

from redislab.lessons.anti_patterns.large_values.lab import GET, SET, LargeValuesLab
from redislab.study.claim import Bound, Claim, ratios
from redislab.study.stage import shared


@shared
def disturbed(stage) -> dict:
    """A neighbour's p50 in ms, by what one client does meanwhile, round by round."""
    with stage.take(LargeValuesLab(size=1000)) as take:
        found = {}
        for how, size in ((GET, 1000), (GET, 100_000), (GET, 10_000_000), (SET, 10_000_000)):
            take.set_knobs(how=how, size=size)
            found[how, size] = take.changes(8, lambda sample, size=size: dict(sample["p50s"]).get(size))
    return found


def from_1_kb(stage, size: int) -> list[float]:
    return ratios(disturbed(stage)[GET, size], disturbed(stage)[GET, 1000])


CLAIMS = (
    Claim(
        "large-values-block", 1287, "5.2", "A value of 10 MB blocks the server (SET, says the module)",
        "a neighbour's PING, p50, beside one client", "ms", Bound(low=1), "LargeValuesLab",
        lambda stage, how: disturbed(stage)[how, 10_000_000], {"SET": {"how": SET}, "GET": {"how": GET}},
        "whether it is written or read", seconds=24.0,
    ),
    Claim(
        "values-100-kb", 1293, "5.2", "Keep values under 100 KB",
        "a neighbour's PING, p50, beside reads of 100 KB ÷ of 1 KB", "×", Bound(low=1.5), "LargeValuesLab",
        from_1_kb, {"": {"size": 100_000}}, seconds=24.0,
    ),
)  # fmt: skip
