"""The module's decision tree, as data: questions, and what their answers lead to."""

from typing import NamedTuple


class Leaf(NamedTuple):
    """A structure to use, and what speaks for it and against it.

    Attributes:
        structure: its name in Redis.
        commands: those that one needs first, and what they cost for N items.
        examples: what it is used for.
        instead: what it is not for, and what to take then.
    """

    structure: str
    commands: dict[str, str]
    examples: str
    instead: str


LEAVES = {
    "STRING": Leaf(
        "string",
        {"SET, GET": "O(1)", "INCRBY": "O(1), and no update is lost", "SET … EX": "with a TTL of its own"},
        "counters, flags, tokens, a record cached as JSON",
        "Records of which single fields change: a hash. Millions of tiny values without TTLs: fields of hashes, half the memory.",
    ),
    "SORTED SET": Leaf(
        "sorted set",
        {"ZADD": "O(log N)", "ZRANK": "O(log N)", "ZRANGE … REV": "O(log N + M)", "ZSCORE": "O(1)"},
        "leaderboards, what is due next, things ordered by time, priorities",
        "Order that only follows arrival: a list or a stream. Text in its own order: ZRANGE … BYLEX does it, if all scores are the same.",
    ),
    "LIST": Leaf(
        "list",
        {"LPUSH, RPOP": "O(1)", "LRANGE": "O(distance + M)", "LTRIM": "O(1) if it cuts off little", "LPOS": "O(N)"},
        "queues, the latest items, feeds",
        "Work that must survive its worker: a stream with a consumer group. Anything that is looked for in the middle: a sorted set.",
    ),
    "SET": Leaf(
        "set",
        {"SADD, SREM": "O(1)", "SINTER": "O(smallest set × sets)", "SUNION": "O(all members)"},
        "tags, followers, permissions, visitors of a day",
        "Counting alone: PFADD and PFCOUNT, 12 KB for any number, within 1 %. Members with an order or a number: a sorted set.",
    ),
    "SET or BLOOM FILTER": Leaf(
        "set, or a Bloom filter",
        {"SISMEMBER": "O(1), exact", "BF.EXISTS": "O(hashes), may say yes wrongly, never no"},
        "block lists, things already seen, ids that exist",
        "What has to be taken out again, or listed: only the set can. A server without BF.ADD: the same filter in a string, by BITFIELD.",
    ),
    "HASH": Leaf(
        "hash",
        {"HSET, HGET": "O(1) a field", "HINCRBY": "O(1), and no update is lost", "HGETALL": "O(fields)"},
        "user profiles, products, sessions",
        "Records that are only ever read and written whole: a string of JSON. Nested ones: JSON, or a key for each level.",
    ),
}

# (question, {answer: the next question, or the name of a leaf})
TREE = (
    "What are you storing?",
    {
        "a simple value": "STRING",
        "an ordered collection": (
            "What gives it its order?",
            {"a score or a rank": "SORTED SET", "first in, or last in": "LIST"},
        ),
        "a collection without duplicates": (
            "What will you ask of it?",
            {"unions and intersections": "SET", "whether something is in it": "SET or BLOOM FILTER"},
        ),
        "an object with fields": "HASH",
    },
)


def path(leaf: str, tree=TREE) -> list[str] | None:
    """The answers that lead to a leaf; None if it is not in the tree."""
    if isinstance(tree, str):
        return [] if tree == leaf else None
    for answer, branch in tree[1].items():
        if (rest := path(leaf, branch)) is not None:
            return [answer, *rest]
    return None
