"""What is claimed of this section's subject, and how it is measured."""

from redislab.lessons.anti_patterns.keys_command.lab import COUNTS, KEYS, SCAN, KeysLab
from redislab.study.claim import Bound, Claim
from redislab.study.stage import shared


@shared
def stalls(stage) -> dict:
    """A neighbour's slowest PING in ms, by SCAN's COUNT, and "KEYS"; all of them in turns."""
    found = {name: [] for name in (*COUNTS, KEYS)}
    with stage.take(KeysLab(way=SCAN, count=1000, rate=2.0)) as take:
        take.until(lambda sample: sample["worst"] is not None, timeout=60)  # all are written
        for _ in range(8):
            take.act("try_all")
            last = take.until(lambda sample: sample["way_asked"] == KEYS and sample["worst"] is not None)
            take.until(lambda sample: sample["way_asked"] == SCAN)
            for count, worst in [*last["scan_stall"], (KEYS, last["worst"])]:
                found[count].append(worst)
    return found


CLAIMS = (
    Claim(
        "keys-blocks", 1269, "5.1", "KEYS blocks the server",
        "a neighbour's slowest PING while KEYS finds half of 100,000 keys", "ms", Bound(low=10), "KeysLab",
        lambda stage, way: stalls(stage)[way], {"": {"way": KEYS}}, seconds=15.0,
    ),
    Claim(
        "scan-blocks-nobody", 1277, "5.1", "SCAN is non-blocking",
        "a neighbour's slowest PING while SCAN finds half of 100,000 keys", "ms", Bound(high=10), "KeysLab",
        lambda stage, count: stalls(stage)[count], {f"COUNT {count:,}": {"count": count} for count in COUNTS}, "COUNT",
        seconds=15.0,
    ),
)  # fmt: skip
