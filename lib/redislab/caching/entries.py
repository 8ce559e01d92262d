"""What an entry holds: a record as JSON, or JSON null for a record that does not exist."""

from redislab.keys.records import BROKEN, is_record, unpack

MISS = object()  # nothing is there, or nothing that a pattern has stored


def fetch(client, key: str):
    """GET: the record in an entry, None for one that does not exist, or MISS."""
    try:
        record = unpack(client.get(key))
    except BROKEN:
        return MISS
    return record if is_record(record) else MISS


def fetch_with_ttl(client, key: str) -> tuple:
    """GET and PTTL in one round trip: the record, None or MISS, and the ms that the entry has to live."""
    pipeline = client.pipeline(transaction=False).get(key).pttl(key)
    try:
        text, left = pipeline.execute()
        record = unpack(text)
    except BROKEN:
        return MISS, 0
    return (record, left) if is_record(record) else (MISS, 0)
