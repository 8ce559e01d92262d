"""One turn of a write-behind worker: read, commit, acknowledge; and take over what a dead worker had read."""

import itertools
import json

from redislab.bench.races import races
from redislab.lessons.caching_patterns.cached import CachedContext, CachedExercise
from redislab.study.checks import count, no_schedule_breaks, requirement

GROUP, WORKER, OTHER = "writers", "this worker", "another worker"
LONG_AGO = 20_000  # ms, twice as long as an entry may be pending
HOT, WRITES = (11, 12, 13), 60


class BacklogContext(CachedContext):
    """A context with a stream that a consumer group reads, and writes in it."""

    def prepare(self) -> None:
        self.stream, self.entries = self.keys.stream("user"), []
        self.redis.xgroup_create(self.stream, GROUP, id="0", mkstream=True)
        self._versions = itertools.count(2)  # newer than those of the rows

    def write(self, id: int, city: str) -> None:
        self.entries.append(add(self.redis, self.stream, self.row(id), city, next(self._versions)))

    def turn(self) -> int:
        """What a turn of the worker returns."""
        return self.call(WORKER)

    def read_by_other(self, idle: int) -> None:
        """Another worker has read all that is new, `idle` ms ago."""
        reply = self.redis.xreadgroup(GROUP, OTHER, {self.stream: ">"})
        self.redis.xclaim(self.stream, GROUP, OTHER, 0, [entry for entry, _ in reply[0][1]], idle=idle)

    @property
    def kept(self) -> int:
        """How many of the writes some worker still gets."""
        return len(recoverable(self.redis, self.stream) & set(self.entries))

    def cities(self, *ids: int) -> list[str]:
        return [self.row(id)["city"] for id in ids]

    def crashing(self):
        """The worker may die before any of its steps."""
        given = {}

        def accept(client, users, keys):
            client.xgroup_create(keys.stream("user"), GROUP, id="0", mkstream=True)
            for version, id in enumerate((1, 2, 3), 2):
                given[add(client, keys.stream("user"), users.find(id), "Lima", version)] = id, version

        def save_batch(client, users, keys):
            return self.function(client, users, keys, WORKER)

        def nothing_is_lost(client, users, keys):
            there = recoverable(client, keys.stream("user"))
            lost = [
                id
                for entry, (id, version) in given.items()
                if entry not in there and users.find(id)["version"] < version
            ]
            return not lost or f"a write to row {lost[0]} is neither in the database nor pending"

        return races(save_batch, given=accept, expect=nothing_is_lost, dies=True, lab=self.ground)


def add(client, stream: str, row: dict, city: str, version: int) -> str:
    """Accept a write; its place in the stream is that of its version."""
    return client.xadd(stream, {"record": json.dumps(row | {"city": city, "version": version})}, id=f"{version}-0")


def recoverable(client, stream: str) -> set[str]:
    """The entries that a worker still gets: not yet delivered, or pending."""
    (group,) = client.xinfo_groups(stream)
    new = client.xrange(stream, min=f"({group['last-delivered-id']}")
    there = {entry for entry, _ in client.xrange(stream)}
    pending = client.xpending_range(stream, GROUP, "-", "+", count=1000)
    return {entry for entry, _ in new} | {each["message_id"] for each in pending} & there


class SaveBatch(CachedExercise):
    """XAUTOCLAIM and XREADGROUP, one transaction with the newest of each row, and only then XACK."""

    name, context = "save-batch", BacklogContext

    @requirement("What was waiting is in the database and acknowledged; it returns how many entries that were", hint=1)
    def saved(self, context):
        none = context.turn()
        for id in range(1, 6):
            context.write(id, "Lima")
        got, there = context.turn(), context.cities(*range(1, 6)).count("Lima")
        seen = f"{there} of 5 rows are saved, {context.kept} of 5 entries not acknowledged; it returned {got!r}, and {none!r} before"
        return (none, got, there, context.kept) == (0, 5, 5, 0), seen

    @requirement("If the process dies at any moment, no write is lost", hint=2)
    def death(self, context):
        return no_schedule_breaks(context.crashing())

    @requirement("If the commit fails, that is raised, and nothing is acknowledged", hint=3)
    def failure(self, context):
        for id in (6, 7):
            context.write(id, "Oslo")
        context.database.failing, raised = True, "nothing"
        try:
            context.turn()
        except Exception as failure:
            raised = type(failure).__name__
        return (
            raised != "nothing" and context.kept == 2,
            f"{raised} was raised, and {context.kept} of 2 writes are kept",
        )

    @requirement(
        f"{WRITES} writes to {len(HOT)} rows are one transaction of {len(HOT)} rows, and all are acknowledged", hint=4
    )
    def coalesced(self, context):
        for number in range(WRITES):
            context.write(HOT[number % len(HOT)], f"City {number}")
        rows, transactions = context.database.statements["save"], context.database.transactions
        context.turn()
        rows = context.database.statements["save"] - rows
        transactions = context.database.transactions - transactions
        left = f"{context.kept} of {WRITES} entries are not acknowledged"
        seen = f"{count(rows, 'row')} in {count(transactions, 'transaction')}, and {left}"
        return (rows, transactions, context.kept) == (len(HOT), 1, 0), seen

    @requirement("What another worker read more than 10 s ago, and never acknowledged, is saved", hint=5)
    def taken_over(self, context):
        context.write(21, "Seoul")
        context.read_by_other(LONG_AGO)
        context.turn()
        (city,), pending = context.cities(21), "is still" if context.kept else "is no longer"
        seen = f"it was read 20 s ago; the row says {city!r}, and the entry {pending} pending"
        return city == "Seoul" and not context.kept, seen

    @requirement("What another worker has just read is left to it", hint=6)
    def left_alone(self, context):
        context.write(22, "Lagos")
        context.read_by_other(idle=0)
        got, now = context.turn(), "is left to it" if context.kept else "was acknowledged"
        return context.kept == 1, f"it was read a moment ago, and {now}; the turn returned {got!r}"

    @requirement("Of an old write that is taken over and a new one to the same row, the new one is saved", hint=7)
    def newest(self, context):
        context.write(23, "Old City")
        context.read_by_other(LONG_AGO)
        context.write(23, "New City")
        context.turn()
        (city,) = context.cities(23)
        return (
            city == "New City" and not context.kept,
            f"the row says {city!r}, and {context.kept} of 2 writes are kept",
        )
