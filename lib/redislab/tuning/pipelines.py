"""Many commands in few round trips: pipelines, in chunks."""

import itertools
from collections.abc import Iterable, Iterator

from redislab.keys.numbers import milliseconds, whole
from redislab.keys.replies import suited


def chunked(items: Iterable, size: int) -> Iterator[list]:
    """Lists of `size` items each, the last one perhaps shorter. Takes in one chunk at a time."""
    items, size = iter(items), whole("size", size)
    while chunk := list(itertools.islice(items, size)):
        yield chunk


def pipelined(client, commands: Iterable[tuple], *, chunk: int = 1000, transaction: bool = False) -> list:
    """Send `commands`, all of them, and return their replies in order, as the client gives them.

        for profile in pipelined(client, (("HGETALL", keys.user(id)) for id in ids)):
            ...

    One round trip for each chunk. A larger chunk is hardly faster (what is left is c ≈ 10 µs of Python for each command,
    so that no speed-up exceeds RTT/c), but it is held in memory as commands here, and as replies in the server's output
    buffer. All replies are kept: for more than fits into memory, call it once for each of `chunked(commands, n)`. Any key
    may be anywhere in a cluster, unless `transaction`.

    Args:
        commands: each a tuple, as on the wire: `("SET", key, value, "EX", 60)`.
        transaction: each chunk in a MULTI/EXEC of its own: no other client's command comes in between. That is not all or
            nothing: what was done before a command failed stays done.

    Raises:
        redis.ResponseError: a command of this chunk failed. Its neighbours were carried out all the same.
    """
    replies = []
    with suited(client).pipeline(transaction=transaction) as pipeline:
        for part in chunked(commands, chunk):
            for command in part:
                pipeline.execute_command(*command)
            replies += pipeline.execute()
    return replies


def get_many(client, keys: Iterable[str], *, chunk: int = 1000) -> list:
    """The strings at `keys`, in their order; None where there is none.

    On a single server MGET is faster still, being one command; a cluster refuses it for keys of different slots.
    """
    return pipelined(client, (("GET", key) for key in keys), chunk=chunk)


def set_many(client, values: dict, *, ttl: float, chunk: int = 1000) -> None:
    """Store strings by key, each for `ttl` seconds. MSET knows no TTL, so these are SETs."""
    life = milliseconds("ttl", ttl)
    pipelined(client, (("SET", key, value, "PX", life) for key, value in values.items()), chunk=chunk)
