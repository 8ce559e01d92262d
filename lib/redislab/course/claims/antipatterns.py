"""Section 5: what keeps everybody else waiting, and what runs full."""

from redislab import labs
from redislab.course.claims.claim import Always, Bound, Claim
from redislab.course.claims.stage import shared
from redislab.course.claims.tuning import ALSO
from redislab.errors import CapabilityError
from redislab.labs.keys_command import COUNTS, KEYS, SCAN
from redislab.labs.large_values import GET, SET
from redislab.labs.missing_ttls import LRU, NOEVICTION, VOLATILE


@shared
def stalls(stage) -> dict:
    """A neighbour's slowest PING in ms, by SCAN's COUNT, and "KEYS"; all of them in turns."""
    found = {name: [] for name in (*COUNTS, KEYS)}
    with stage.take(labs.KeysLab(keys=100_000, way=SCAN, count=1000, rate=2.0)) as take:
        take.until(lambda sample: sample["worst"] is not None, timeout=60)  # all are written
        for _ in range(8):
            take.act("try_all")
            last = take.until(lambda sample: sample["way_asked"] == KEYS and sample["worst"] is not None)
            take.until(lambda sample: sample["way_asked"] == SCAN)
            for count, worst in [*last["scan_stall"], (KEYS, last["worst"])]:
                found[count].append(worst)
    return found


@shared
def disturbed(stage) -> dict:
    """A neighbour's p50 in ms, by what one client does meanwhile, round by round."""
    with stage.take(labs.LargeValuesLab(size=1000, how=GET)) as take:
        found = {}
        for how, size in ((GET, 1000), (GET, 100_000), (GET, 10_000_000), (SET, 10_000_000)):
            take.turn(how=how, size=size)
            found[how, size] = take.changes(5, lambda sample, size=size: dict(sample["p50s"]).get(size))
    return found


def from_100_kb(stage) -> list[float]:
    small, large = (disturbed(stage)[GET, size] for size in (1000, 100_000))
    return [one / other for one, other in zip(large, small, strict=True)]


@shared
def refused(stage, policy: str) -> list[float]:
    """Writes a second that fail, without TTLs, in a memory for a tenth of what is stored."""
    with stage.take(labs.MissingTtlsLab(policy=policy, limit=10, scans=20, rate=200.0), span=0.7) as take:
        take.until(lambda sample: sample["used"] > 0.9 * sample["most"])
        return take.every(0.8, 4, lambda sample: sample["failed"])


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
        "keys-blocks", 1269, "5.1", "KEYS blocks the server",
        "a neighbour's slowest PING while KEYS finds half of 100,000 keys", "ms", Bound(low=10), "KeysLab",
        lambda stage: stalls(stage)[KEYS], seconds=15.0,
    ),
    Claim(
        "scan-blocks-nobody", 1277, "5.1", "SCAN is non-blocking",
        "a neighbour's slowest PING while SCAN finds half of 100,000 keys", "ms", Bound(high=10), "KeysLab",
        lambda stage, count: stalls(stage)[count], {f"COUNT {count:,}": {"count": count} for count in COUNTS}, "COUNT",
        seconds=15.0,
    ),
    Claim(
        "large-values-block", 1287, "5.2", "A value of 10 MB blocks the server (SET, says the module)",
        "a neighbour's PING, p50, beside one client", "ms", Bound(low=1), "LargeValuesLab",
        lambda stage, how: disturbed(stage)[how, 10_000_000], {"SET": {"how": SET}, "GET": {"how": GET}},
        "whether it is written or read", seconds=18.0,
    ),
    Claim(
        "values-100-kb", 1293, "5.2", "Keep values under 100 KB",
        "a neighbour's PING, p50, beside reads of 100 KB ÷ of 1 KB", "×", Bound(low=1.5), "LargeValuesLab",
        from_100_kb, seconds=18.0,
    ),
    Claim(
        "always-ttl", 1299, "5.3", "Without a TTL there is a memory leak", "writes that fail for want of memory", "/s",
        Bound(low=1), "MissingTtlsLab", refused,
        {policy: {"policy": policy} for policy in (NOEVICTION, VOLATILE, LRU)}, "the eviction policy", seconds=16.0,
    ),
    Claim(
        "select-deprecated", 1314, "5.4", "SELECT is deprecated",
        "whether the server's own documentation says so (1: yes)", "", Always(low=1), "SelectLab", deprecated,
        claimed=1, seconds=1.0,
    ),
    *ALSO,
)  # fmt: skip
