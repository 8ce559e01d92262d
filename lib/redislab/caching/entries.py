"""What an entry holds: a record as JSON, or JSON null for a record that does not exist."""

import json

MISS = object()  # nothing is there, or nothing that a pattern has stored
# of reading and writing JSON: nothing, or no JSON, or no text, or nested too deep
BROKEN = TypeError, ValueError, RecursionError


def pack(record: dict | None) -> str:
    """The record as JSON.

    Raises:
        TypeError: JSON cannot hold it, or would bring it back different, or it is no record.
    """
    if not is_record(record):
        raise TypeError(f"A record is a dict, or None where there is none; this is a {type(record).__name__}.")
    try:
        text = json.dumps(record)
        if json.loads(text) == record:
            return text
        why = "it would come back different: a tuple, a NaN, or a name that is no text"
    except BROKEN as failure:
        why = failure
    raise TypeError(
        f"A record cannot be kept as JSON ({why}). Convert such values where the source reads and writes them."
    )


def fetch(client, key: str):
    """GET: the record in an entry, None for one that does not exist, or MISS."""
    try:
        record = json.loads(client.get(key))
    except BROKEN:
        return MISS
    return record if is_record(record) else MISS


def fetch_with_ttl(client, key: str) -> tuple:
    """GET and PTTL in one round trip: the record, None or MISS, and the ms that the entry has to live."""
    pipeline = client.pipeline(transaction=False).get(key).pttl(key)
    try:
        text, left = pipeline.execute()
        record = json.loads(text)
    except BROKEN:
        return MISS, 0
    return (record, left) if is_record(record) else (MISS, 0)


def is_record(value) -> bool:
    return value is None or isinstance(value, dict)
