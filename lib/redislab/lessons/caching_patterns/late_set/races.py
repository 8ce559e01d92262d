"""A late SET: a reader stores the row that it loaded before a writer changed it."""

import json

from redislab.bench.races import races
from redislab.caching import CacheAside, SingleFlight

ID, PRICE = 77, 1.0


def read(client, products, keys):
    return CacheAside(client, products, keys).get(ID)


def write(client, products, keys):
    CacheAside(client, products, keys).put(ID, new_row(products))


def read_with_lease(client, products, keys):
    return SingleFlight(client, products, keys).get(ID)


def write_with_lease(client, products, keys):
    SingleFlight(client, products, keys).put(ID, new_row(products))


def new_row(products) -> dict:
    """The row with a new price; the writer was given it by a form, and reads nothing."""
    return {"name": "Phone 77", "category": "audio", "price": PRICE, "stock": 5}


def cache_is_fresh(client, products, keys):
    """The expectation of all races with a cache: what it holds, if anything, is what is committed."""
    cached = client.get(keys.product(ID))
    if cached is not None and json.loads(cached)["price"] != products.find(ID)["price"]:
        return "the cache holds the old row, until its TTL ends"


STALE = {"expect": cache_is_fresh, "otherwise": "leave the old row in the cache"}

late_set = races(read, write, title="A late SET", **STALE)
better_late_set = races(read_with_lease, write_with_lease, title="A late SET, refused", **STALE)
