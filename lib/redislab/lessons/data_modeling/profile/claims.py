"""What is claimed of this section's subject, and how it is measured."""

import functools

from redislab.errors import CapabilityError
from redislab.lessons.data_modeling.profile.lab import ProfileLab
from redislab.study.claim import Always, Bound, Claim
from redislab.study.stage import shared

SPAN = 1.3  # s; in it each of the profile's races takes place once


@shared
def profiles(stage, fields: int) -> list[dict]:
    """Samples, each of a time of its own."""
    wanted = ("update", "all", "lost_own", "lost_read")
    with stage.take(ProfileLab(fields=fields, read_all=30.0), span=SPAN) as take:
        found = []
        for turn in range(5):
            take.set_knobs(read_all=30.0 + 5 * (turn % 2))  # which forgets the times
            take.after(SPAN)
            found.append(take.until(lambda sample: all(sample.get(key) is not None for key in wanted)))
    return found


def json_to_hash(stage, fields: int, work: str) -> list[float]:
    return [sample[work] for sample in profiles(stage, fields=fields)]


def kept(stage, way: str) -> list[float]:
    return [100 - sample[f"lost_{way}"] for sample in profiles(stage, fields=153)]


def apart(stage) -> list[float]:
    """Bytes of a token that expires, as a key of its own ÷ as a field."""
    with stage.take(ProfileLab()) as take:
        take.act("keep")
        sample = take.until(lambda sample: sample.get("key_bytes"))
    if not sample["able"]:
        raise CapabilityError("this server has no TTL for fields")
    return [sample["key_bytes"] / sample["field_bytes"]]


profile = functools.partial(Claim, section="2.2", lab="ProfileLab", seconds=18.0)

CLAIMS = (
    profile(
        "json-or-hash", 597, says="A hash is good, one large JSON string is bad", measures="time with JSON ÷ with the hash",
        unit="×", bound=Bound(low=1.1), measure=json_to_hash, on="what is done",
        cases={
            "change a field of 5": {"fields": 5, "work": "update"},
            "change a field of 153": {"fields": 153, "work": "update"},
            "read all 153": {"fields": 153, "work": "all"},
        },
    ),
    profile(
        "field-ttl-keys", 625, says="What expires before the rest is best a key of its own",
        measures="bytes of a token with a TTL, as a key ÷ as a field", unit="×", bound=Bound(high=1), measure=apart,
        claimed=1, seconds=2.0,
    ),
    profile(
        "hset-no-race", 616, says="With HSET there are no race conditions",
        measures="updates by eight writers that are not lost", unit="%", bound=Always(low=100), claimed=100,
        measure=kept, on="what is written",
        cases={"a field of one's own": {"way": "own"}, "what was read before": {"way": "read"}},
    ),
)  # fmt: skip
