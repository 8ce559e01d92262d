"""What an entry holds: a record as JSON, or JSON null for a record that does not exist."""

import json

MISS = object()  # nothing is there, or nothing that a pattern has stored


def pack(record: dict | None) -> str:
    """The record as JSON.

    Raises:
        TypeError: JSON cannot hold it, or it is no record.
    """
    if not is_record(record):
        raise TypeError(f"A record is a dict, or None where there is none; this is a {type(record).__name__}.")
    try:
        return json.dumps(record)
    except (TypeError, ValueError) as failure:
        raise TypeError(
            f"A record cannot be kept as JSON ({failure}). Convert such values where the source reads and writes them."
        ) from None


def fetch(client, key: str):
    """GET: the record in an entry, None for one that does not exist, or MISS."""
    try:
        record = json.loads(client.get(key))
    except (TypeError, ValueError):  # nothing, or no JSON, or no text
        return MISS
    return record if is_record(record) else MISS


def fetch_with_ttl(client, key: str) -> tuple:
    """GET and PTTL in one round trip: the record, None or MISS, and the ms that the entry has to live."""
    pipeline = client.pipeline(transaction=False).get(key).pttl(key)
    try:
        text, left = pipeline.execute()
        record = json.loads(text)
    except (TypeError, ValueError):
        return MISS, 0
    return (record, left) if is_record(record) else (MISS, 0)


def is_record(value) -> bool:
    return value is None or isinstance(value, dict)
