"""Three write orders under two writers and a reader, and a writer that dies between its commit and its delete."""

from redislab.bench.races import races
from redislab.caching.write_through import CACHE_FIRST, DB_FIRST, DB_THEN_DELETE, WriteThrough
from redislab.lessons.caching_patterns.late_set.races import ID, STALE, new_row


def writer(order: str, price: float):
    """A client that writes product 77 in this order."""

    def write(client, products, keys):
        WriteThrough(client, products, keys, order=order).put(ID, new_row(products) | {"price": price})

    write.__name__ = f"write_{price:g}"
    return write


def read(client, products, keys):
    return WriteThrough(client, products, keys).get(ID)


def two_writers(order: str):
    return races(writer(order, 1.0), writer(order, 2.0), title=f"Two writers, {order}", **STALE)


cache_first, db_first, better_order = map(two_writers, (CACHE_FIRST, DB_FIRST, DB_THEN_DELETE))
better_with_reader = races(writer(DB_THEN_DELETE, 1.0), read, title="A writer and a reader, DB, then delete", **STALE)
crash = races(
    writer(DB_THEN_DELETE, 1.0),
    given=lambda client, products, keys: read(client, products, keys),
    dies=True,
    title="A writer that dies, DB, then delete",
    **STALE,
)
