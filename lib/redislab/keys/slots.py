"""Where a key lies on a cluster: its slot, the hash tag that decides it, and what may be asked in one command."""

from redis.crc import REDIS_CLUSTER_HASH_SLOTS as SLOTS
from redis.crc import key_slot


def hash_tag(key: str) -> str | None:
    """What stands between the first `{` and the first `}` after it; None if that is nothing, and the whole key counts."""
    inside, brace, _ = key.partition("{")[2].partition("}")
    return inside if brace and inside else None


def slot(key: str | bytes) -> int:
    """The key's slot, 0 to 16383: CRC16 of its hash tag, or of all of it. Nothing is asked of a server."""
    return key_slot(key.encode() if isinstance(key, str) else key, SLOTS)


def share_a_slot(*keys: str) -> bool:
    """Whether one command, transaction or script may use all of them on a cluster."""
    return len({slot(key) for key in keys}) <= 1


def explain(*keys: str) -> str:
    """Why a cluster takes these keys in one command, or answers CROSSSLOT, in a sentence."""
    slots = sorted({slot(key) for key in keys})
    if len(slots) > 1:
        told = ", ".join(f"{key} in {slot(key)}" for key in keys)
        return f"CROSSSLOT: {told}. Give them the same hash tag: only what stands between the first braces is hashed."
    tags = {hash_tag(key) for key in keys} - {None}
    because = f"{{{tags.pop()}}} is all that is hashed" if len(tags) == 1 else "what is hashed falls into the same slot"
    return f"One slot, {slots[0]}: {because}." if slots else "No key, no slot."
