"""The module's table of complexities, corrected cell by cell, each with the command that measures it."""

from typing import NamedTuple

GET, ADD, REMOVE, ALL, RANGE = "Get a single item", "Add an item", "Remove an item", "Get all items", "Range query"
STRING, LIST, SET, SORTED_SET, HASH = "string", "list", "set", "sorted set", "hash"
OPERATIONS, STRUCTURES = (GET, ADD, REMOVE, ALL, RANGE), (STRING, LIST, SET, SORTED_SET, HASH)
NONE = "N/A"


class Cell(NamedTuple):
    """One operation on one structure that holds N items.

    Attributes:
        module: what the module's table says.
        true: what holds. M is the length of a range; `NONE`, if there is no such command.
        command: measures it; {item} is one that is there, {new} one that is not, {middle} and {end} are places.
        undo: puts things back; another command, so that the server does not count it with the one that is measured.
    """

    operation: str
    structure: str
    module: str
    true: str
    command: str = ""
    undo: str = ""
    remark: str = ""

    @property
    def right(self) -> bool:
        """Whether the module's table has it right."""
        return self.module == self.true

    @property
    def linear(self) -> bool:
        """Whether it takes ten times as long with ten times as many items."""
        return self.true in ("O(N)", "O(bytes)")


TABLE = (
    Cell(GET, STRING, "O(1)", "O(1)", "GET {item}", remark="The bytes of the value have to be copied and sent."),
    Cell(GET, LIST, "O(N)", "O(N)", "LPOS {key} {item}", remark="LINDEX skips whole nodes; either end is O(1)."),
    Cell(GET, SET, "O(1)", "O(1)", "SISMEMBER {key} {item}"),
    Cell(GET, SORTED_SET, "O(log N)", "O(1)", "ZSCORE {key} {item}",
         remark="Beside the skip list there is a hash table; ZRANK is the one that takes O(log N)."),
    Cell(GET, HASH, "O(1)", "O(1)", "HGET {key} {item}"),
    Cell(ADD, STRING, "O(1)", "O(1)", "SET {new} {value}", "DEL {new}"),
    Cell(ADD, LIST, "O(1)", "O(1)", "RPUSH {key} {new}", "RPOP {key}", "At either end. LINSERT has to look for its place."),
    Cell(ADD, SET, "O(1)", "O(1)", "SADD {key} {new}", "SREM {key} {new}"),
    Cell(ADD, SORTED_SET, "O(log N)", "O(log N)", "ZADD {key} {score} {new}", "ZREM {key} {new}"),
    Cell(ADD, HASH, "O(1)", "O(1)", "HSET {key} {new} {value}", "HDEL {key} {new}"),
    Cell(REMOVE, STRING, "O(1)", "O(1)", "DEL {item}", "SET {item} {value}", "A large value is freed by UNLINK, aside."),
    Cell(REMOVE, LIST, "O(N)", "O(N)", "LREM {key} 1 {item}", "LINSERT {key} BEFORE {next} {item}",
         "LPOP and RPOP, at the ends, are O(1)."),
    Cell(REMOVE, SET, "O(1)", "O(1)", "SREM {key} {item}", "SADD {key} {item}"),
    Cell(REMOVE, SORTED_SET, "O(log N)", "O(log N)", "ZREM {key} {item}", "ZADD {key} {score} {item}"),
    Cell(REMOVE, HASH, "O(1)", "O(1)", "HDEL {key} {item}", "HSET {key} {item} {value}"),
    Cell(ALL, STRING, "O(1)", "O(bytes)", "GET {key}", remark="Each byte is sent, and most servers copy it first: see the client."),
    Cell(ALL, LIST, "O(N)", "O(N)", "LRANGE {key} 0 -1"),
    Cell(ALL, SET, "O(N)", "O(N)", "SMEMBERS {key}"),
    Cell(ALL, SORTED_SET, "O(N)", "O(N)", "ZRANGE {key} 0 -1"),
    Cell(ALL, HASH, "O(N)", "O(N)", "HGETALL {key}"),
    Cell(RANGE, STRING, "N/A", "O(M)", "GETRANGE {key} {middle} {end}", remark="GETRANGE goes straight to the byte."),
    Cell(RANGE, LIST, "O(N)", "O(N)", "LRANGE {key} {middle} {end}",
         remark="It walks from the nearer end, a node of some kilobytes a step: too cheap to be seen before N is huge."),
    Cell(RANGE, SET, "N/A", NONE, remark="A set has no order, so there is no range of it."),
    Cell(RANGE, SORTED_SET, "O(log N + M)", "O(log N + M)", "ZRANGE {key} {middle} {end}"),
    Cell(RANGE, HASH, "N/A", NONE, remark="A hash has no order, so there is no range of it."),
)  # fmt: skip


def cell(operation: str, structure: str) -> Cell:
    return next(cell for cell in TABLE if (cell.operation, cell.structure) == (operation, structure))
