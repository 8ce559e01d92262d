"""The hit path of other caching libraries, on the same server, with JSON as ours has it."""

import asyncio
import json
from contextlib import contextmanager

from aiocache import RedisCache
from aiocache.serializers import JsonSerializer
from cashews import Cache
from dogpile.cache import make_region

from tests.budgets.table import repeat


@contextmanager
def ways(lab):
    """By name, a batch of hits of each: dogpile.cache, and two that are asyncio's."""
    record, server = lab.database.users.find(42), lab.server
    loop, keys = asyncio.new_event_loop(), [lab.keys.entity(name, 42) for name in ("dogpile", "aiocache", "cashews")]

    def batch(get):
        async def many(calls):
            for _ in range(calls):
                await get()

        return lambda calls: loop.run_until_complete(many(calls))

    region = make_region(serializer=lambda value: json.dumps(value).encode(), deserializer=json.loads).configure(
        "dogpile.cache.redis", arguments={"connection_pool": lab.client(decode_responses=False).connection_pool}
    )
    region.get_or_create(keys[0], lambda: record)
    aio = RedisCache(endpoint=server.host, port=server.port, serializer=JsonSerializer())
    loop.run_until_complete(aio.set(keys[1], record))
    cashews = Cache()
    cashews.setup(f"redis://{server.host}:{server.port}", pickle_type="json")
    loop.run_until_complete(cashews.set(keys[2], record))
    assert loop.run_until_complete(aio.get(keys[1])) == loop.run_until_complete(cashews.get(keys[2])) == record
    try:
        yield {
            "dogpile.cache": repeat(lambda: region.get_or_create(keys[0], lambda: record)),
            "aiocache (asyncio)": batch(lambda: aio.get(keys[1])),
            "cashews (asyncio)": batch(lambda: cashews.get(keys[2])),
        }
    finally:
        loop.run_until_complete(aio.close())
        loop.run_until_complete(cashews.close())
        lab.redis.unlink(*keys)
        loop.close()
