"""Records as JSON, which has to bring them back as they were."""

import json

# what reading and writing JSON raises: nothing is there, or no JSON, or no text, or it is nested too deep, or too large a number
BROKEN = TypeError, ValueError, RecursionError, OverflowError


def pack(record: dict | None) -> str:
    """The record as JSON.

    Raises:
        TypeError: JSON cannot hold it, or would bring it back different, or it is no record.
    """
    if not is_record(record):
        raise TypeError(f"A record is a dict, or None where there is none; this is a {type(record).__name__}.")
    try:
        text = json.dumps(record, allow_nan=False)
        if json.loads(text) == record:
            return text
        why = "it would come back different: a tuple, or a name that is no text"
    except BROKEN as failure:
        why = failure
    raise TypeError(
        f"A record cannot be kept as JSON ({why}). Convert such values where the source reads and writes them."
    )


def unpack(stored: str | bytes):
    """What `pack` has made, as any client reads it: JSON in UTF-8, and not what else json.loads makes out of bytes."""
    return json.loads(stored if isinstance(stored, str) else str(stored, "utf-8"))


def is_record(value) -> bool:
    return value is None or isinstance(value, dict)
