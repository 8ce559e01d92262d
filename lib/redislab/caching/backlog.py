"""What Redis has accepted and the database has not got yet: a stream, and the dead letters beside it."""

import contextlib
import functools
import json
from dataclasses import dataclass

import redis
from redis.client import NEVER_DECODE

from redislab.errors import LostBacklogError
from redislab.keys.eviction import warn_of_eviction
from redislab.keys.numbers import whole
from redislab.keys.permits import need
from redislab.keys.records import pack
from redislab.keys.replies import pairs, text
from redislab.lua import script

GROUP = "writers"


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

    The stream has no TTL, and neither has an entry that waits for the database. A policy of volatile-* or noeviction leaves
    them alone; under allkeys-* Redis may evict the stream, and then every write that waits in it is lost. `open` warns of
    such a policy where it may be asked for, and reading a stream that is gone raises LostBacklogError.

    Attributes:
        stream, dead: the names of the two streams.

    Raises:
        ValueError: on a cluster, and the keys do not share a slot; or the user may not do what is needed.
    """

    def __init__(self, client, keys, kind: str):
        self.client, self.keys, self.kind = client, keys, kind
        self.stream = keys.stream(kind)
        self.dead = keys.beside(self.stream, "dead")
        self._accept = client.register_script(script("accept"))
        self._settle = client.register_script(script("settle"))
        self._bury = client.register_script(script("bury"))
        self._leave = client.register_script(script("leave"))
        together = (self.stream, self._entry(1)[0], self._entry(2)[0])
        if hasattr(client, "keyslot") and len({client.keyslot(key) for key in together}) > 1:
            raise ValueError(f"On a cluster {keys!r} spreads over slots. Give the prefix a hash tag: '{{shop}}'.")
        need(client, functools.partial(keys.entity, kind), script("accept"))

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

        Raises:
            ValueError: an id that is neither a number nor text, or a version that Redis's clock cannot have given.
            TypeError: JSON cannot hold the record.
        """
        if type(id) not in (int, str):
            raise ValueError(f"{id!r} cannot be an id here, since JSON would change it. Use a whole number or text.")
        plain = {**record}
        version = plain.pop("version", None)
        known = 0 if version is None else whole("version", version, 0)
        begun = pack({**plain, "id": id})[:-1] + ', "version": '
        answer = self._accept(keys=[*self._entry(id), self.stream, self.dead], args=[begun, limit, known])
        if answer is None:
            raise ValueError(f"version = {known} does not work: it lies a century ahead of the server's clock.")
        return answer

    def open(self) -> None:
        """Create the group, which reads from the stream's beginning, unless it is there.

        Raises:
            ValueError: this user may not do what a worker does.
        """
        need(self.client, functools.partial(self.keys.entity, self.kind), *map(script, ("settle", "bury", "leave")))
        warn_of_eviction(self.client, f"the stream {self.stream}, with all writes that wait in it,")
        with contextlib.suppress(redis.ResponseError):  # it is there, or reading from it will say what is wrong
            self.client.xgroup_create(self.stream, GROUP, id="0", mkstream=True)

    def read(self, consumer: str, count: int, block_ms: int | None = None) -> list[Message]:
        """Up to `count` new writes; waits up to `block_ms` for the first.

        Raises:
            LostBacklogError: the stream or its group is gone.
        """
        with self._noticing_its_loss():
            block = () if block_ms is None else ("BLOCK", block_ms)
            reply = self._ask(
                "XREADGROUP", "GROUP", GROUP, consumer, "COUNT", count, *block, "STREAMS", self.stream, ">"
            )
        return [message for _, entries in pairs(reply) for message in _messages(entries)]

    def claim(self, consumer: str, min_idle: float, count: int) -> list[Message]:
        """Up to `count` writes that their reader has not settled for `min_idle` seconds.

        Raises:
            LostBacklogError: the stream or its group is gone.
        """
        cursor, idle = "0-0", round(1000 * min_idle)
        while True:
            with self._noticing_its_loss():
                claimed = self._ask("XAUTOCLAIM", self.stream, GROUP, consumer, idle, cursor, "COUNT", count)
            cursor, entries, *_ = claimed
            if entries or text(cursor) == "0-0":
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
        limit = () if count is None else ("COUNT", count)
        return _messages(self._ask("XRANGE", self.dead, start, "+", *limit))

    def leave(self, consumer: str) -> None:
        """Remove a consumer that has ended; if writes are pending to it, it stays until they are claimed."""
        self._leave(keys=[self.stream], args=[GROUP, 0, consumer])

    def tidy(self, idle: float) -> None:
        """Remove the consumers to which nothing is pending and that have asked for nothing for `idle` seconds."""
        self._leave(keys=[self.stream], args=[GROUP, round(1000 * idle)])

    def _ask(self, *command):
        """The reply in bytes: one entry that is no text, another program's, must not keep the others from being read."""
        return self.client.execute_command(*command, **{NEVER_DECODE: True})

    @contextlib.contextmanager
    def _noticing_its_loss(self):
        try:
            yield
        except redis.ResponseError as refusal:
            if "NOGROUP" in str(refusal) or "no longer exists" in str(refusal):
                raise LostBacklogError(self.stream) from None
            raise

    def _entry(self, id) -> tuple[str, str]:
        """The entry and its lease, as CacheAside names them."""
        entry = self.keys.entity(self.kind, id)
        return entry, self.keys.beside(entry, "lease")


def _messages(entries) -> list[Message]:
    if entries and isinstance(entries[0], list):  # as redis-py has it where RESP 3 is asked for
        (entries,) = entries
    return [Message(id, fields.get("record", "")) for id, fields in text(entries) or [] if fields]
