"""For each leaf of the tree, the structure it leads to and others that would also do, with commands to measure."""

from typing import NamedTuple


class Way(NamedTuple):
    """One way of holding the items, and commands for what the leaf is about, as `Items.words` has them.

    Without a `structure` it is the server's nearest thing to a Bloom filter.
    """

    name: str
    structure: str
    commands: tuple[str, ...] = ()


WAYS = {
    "STRING": (
        Way("strings", "string", ("SET {item} {value}", "GET {item}")),
        Way("one hash", "hash", ("HSET {key} {item} {value}", "HGET {key} {item}")),
    ),
    "SORTED SET": (
        Way("sorted set", "sorted set", ("ZADD {key} {score} {item}", "ZRANK {key} {item}", "ZRANGE {key} 0 9 REV")),
        Way("list", "list", ("LPOS {key} {item}", "LRANGE {key} 0 9")),
        Way("hash", "hash", ("HSET {key} {item} {score}", "HGETALL {key}")),
    ),
    "LIST": (
        Way("list", "list", ("LPUSH {key} {new}", "RPOP {key}", "LRANGE {key} 0 9")),
        Way("sorted set", "sorted set", ("ZADD {key} {score} {new}", "ZPOPMIN {key}", "ZRANGE {key} 0 9")),
    ),
    "SET": (
        Way("set", "set", ("SADD {key} {new}", "SINTER {key} few")),
        Way("sorted set", "sorted set", ("ZADD {key} {score} {new}", "ZINTER 2 {key} few")),
        Way("list", "list", ("RPUSH {key} {new}", "LPOS {key} {item}")),
    ),
    "SET or BLOOM FILTER": (
        Way("set", "set", ("SISMEMBER {key} {item}",)),
        Way("filter", ""),
        Way("list", "list", ("LPOS {key} {item}",)),
    ),
    "HASH": (
        Way("hashes", "hashes", ("HGET {item}", "HSET {item} {value}", "HGETALL {object}")),
        Way("JSON", "JSON", ("GET {object}", "SET {object} {value}")),
        Way("a key a field", "string", ("GET {item}", "SET {item} {value}")),
    ),
}
