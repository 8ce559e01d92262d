"""Replies in one shape, whatever the client's protocol and decoding: RESP 2 or 3, bytes or text; and what comes instead of one.

A class that reads a reply by its shape asks here, so that it gives the same results with every client of redis-py that is
`suited`.
"""

import codecs
from collections.abc import Iterator

import redis

# what redis-py raises instead of a reply; a ResponseError is one of them, but an answer: catch it first
UNREACHABLE = (redis.RedisError, redis.exceptions.RedisClusterException)
# the same for a command without a key: with no node left, a cluster's client (8.1.0) asks None
UNANSWERED = (*UNREACHABLE, AttributeError)


def suited(client, pipeline: bool = False):
    """The client itself; nothing is sent.

    Args:
        pipeline: whether it may be one, to be filled: where replies are not read.

    Raises:
        ValueError: it answers later, or with coroutines, which no class here awaits; or it does not write text in UTF-8.
    """
    if hasattr(client, "command_stack") and not pipeline:
        raise ValueError("This is a pipeline, whose replies come when it is executed. Use the client that made it.")
    if any(each.__module__.startswith("redis.asyncio") for each in type(client).__mro__):
        raise ValueError("This client of redis.asyncio answers later, and nothing here waits for it. Use redis.Redis.")
    encoding = client.get_encoder().encoding
    if codecs.lookup(encoding).name != "utf-8":
        raise ValueError(f"This client writes text in {encoding}, other clients of the same keys in UTF-8. Use that.")
    return client


def text(reply):
    """The reply with every byte string decoded, at any depth. What is not UTF-8 keeps its bytes as surrogates."""
    if isinstance(reply, bytes):
        return reply.decode("utf-8", "surrogateescape")
    if isinstance(reply, dict):
        return {text(name): text(value) for name, value in reply.items()}
    if isinstance(reply, (list, tuple, set)):
        return type(reply)(map(text, reply))
    return reply


def pairs(reply) -> Iterator[tuple]:
    """A map as its pairs, if it came as a dict (RESP3), as a list of pairs, or as one flat list (RESP2)."""
    if not reply:
        return iter(())
    if isinstance(reply, dict):
        return iter(reply.items())
    if isinstance(reply[0], (list, tuple)):
        return map(tuple, reply)
    flat = iter(reply)
    return zip(flat, flat, strict=True)
