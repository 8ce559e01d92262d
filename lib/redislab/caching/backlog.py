"""What Redis has accepted and the database has not got yet: a stream, and the dead letters beside it."""

import functools
import json
from dataclasses import dataclass

import redis

from redislab.lua import script

GROUP = "writers"
EXACT = 2**53  # Lua counts exactly up to here


@dataclass(frozen=True)
class Message:
    """A write that waits: its ID in the stream, and the record as JSON, with its id and its version."""

    id: str
    text: str

    @functools.cached_property
    def record(self) -> dict:
        return json.loads(self.text)


class Backlog:
    """The stream of accepted writes of one kind, read by a consumer group; each step is one script or one command.

        accept ──> stream ── read ──> the worker ── settle ──> gone, and the entry expires
                             claim ─┘            └─ bury ────> dead letters ── settle ──> gone

    On a cluster entry, stream and dead letters have to share a slot: name the keys by `KeyNamespace("{shop}")`.

    Attributes:
        stream, dead: the names of the two streams.

    Raises:
        ValueError: on a cluster, and the keys do not share a slot.
    """

    def __init__(self, client, keys, kind: str):
        self.client, self.keys, self.kind = client, keys, kind
        self.stream = keys.stream(kind)
        self.dead = keys.beside(self.stream, "dead")
        self._accept = client.register_script(script("accept"))
        self._settle = client.register_script(script("settle"))
        self._bury = client.register_script(script("bury"))
        together = (self.stream, self._entry(1)[0], self._entry(2)[0])
        if hasattr(client, "keyslot") and len({client.keyslot(key) for key in together}) > 1:
            raise ValueError(f"On a cluster {keys!r} spreads over slots. Give the prefix a hash tag: '{{shop}}'.")

    @property
    def waiting(self) -> int:
        """How many accepted writes the database has not got yet, dead letters not counted."""
        return self.client.xlen(self.stream)

    @property
    def letters(self) -> int:
        """How many dead letters there are."""
        return self.client.xlen(self.dead)

    def accept(self, id, record: dict, limit: int) -> int:
        """Queue and cache a write: its version, or minus the number of those that wait. One round trip.

        The version is newer than the one that the record was read with, whatever the clocks say.
        """
        plain = {name: value for name, value in record.items() if name != "version"}
        text = json.dumps({**plain, "id": id})[:-1] + ', "version": '
        known = record.get("version")
        known = known if isinstance(known, int) and known < EXACT else 0
        return self._accept(keys=[*self._entry(id), self.stream, self.dead], args=[text, limit, int(known)])

    def open(self) -> None:
        """Create the group, which reads from the stream's beginning, unless it is there."""
        try:
            self.client.xgroup_create(self.stream, GROUP, id="0", mkstream=True)
        except redis.ResponseError:
            pass  # it is there, or reading from it will say what is wrong

    def read(self, consumer: str, count: int, block_ms: int | None = None) -> list[Message]:
        """Up to `count` new writes; waits up to `block_ms` for the first."""
        reply = self.client.xreadgroup(GROUP, consumer, {self.stream: ">"}, count=count, block=block_ms) or []
        streams = reply.values() if isinstance(reply, dict) else [entries for _, entries in reply]
        return [message for entries in streams for message in _messages(entries)]

    def claim(self, consumer: str, min_idle: float, count: int) -> list[Message]:
        """Up to `count` writes that their reader has not settled for `min_idle` seconds."""
        cursor, idle = "0-0", round(1000 * min_idle)
        while True:
            cursor, entries, *_ = self.client.xautoclaim(self.stream, GROUP, consumer, idle, cursor, count=count)
            if entries or cursor == "0-0":
                return _messages(entries)

    def settle(self, messages: list[Message], life, stream: str | None = None) -> int:
        """Remove what the database has, and give its entries `life()` ms. One round trip; how many were still there."""
        keys, args = [stream or self.stream], [GROUP]
        for message in messages:
            keys += self._entry(message.record["id"])
            args += [message.id, message.record["version"], life()]
        return self._settle(keys=keys, args=args)

    def bury(self, message: Message, reason: str) -> None:
        """Move a write to the dead letters, in one step."""
        self._bury(keys=[self.stream, self.dead], args=[GROUP, message.id, reason])

    def dead_letters(self, count: int | None = None, after: str = "-") -> list[Message]:
        """The oldest dead letters, those after the ID `after`."""
        start = after if after == "-" else f"({after}"
        return _messages(self.client.xrange(self.dead, min=start, count=count))

    def leave(self, consumer: str) -> None:
        """Remove a consumer that has ended; if writes are pending to it, it stays until they are claimed."""
        if not self.client.xpending_range(self.stream, GROUP, "-", "+", 1, consumername=consumer):
            self.client.xgroup_delconsumer(self.stream, GROUP, consumer)

    def _entry(self, id) -> tuple[str, str]:
        """The entry and its lease, as CacheAside names them."""
        entry = self.keys.entity(self.kind, id)
        return entry, self.keys.beside(entry, "lease")


def _messages(entries) -> list[Message]:
    return [Message(id, fields.get("record", "")) for id, fields in entries or [] if fields]
