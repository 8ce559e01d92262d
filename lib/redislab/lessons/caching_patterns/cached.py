"""What the exercises of section 1 are checked with: a table behind a cache."""

import json

from redislab.bench import WatchedTable
from redislab.bench.races import name_of
from redislab.study.checks import CheckContext, Exercise, count, life, near, no_schedule_breaks
from redislab.world.dataset import SIZES, put_back


class CachedContext(CheckContext):
    """A context whose function is given a table too. What was saved for the requirement before it is put back.

    Attributes:
        source: the users' table, under observation.
        database: where it is, with its added latency and failures.
    """

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.database = self.lab.open_database()
        self.source = WatchedTable(self.database.users)
        with self.database.engine.begin() as connection:
            for name, rows in SIZES.items():
                put_back(connection, name, getattr(self.database, name).versions(2), rows)

    def call(self, *arguments):
        return self.function(self.client, self.source, self.keys, *arguments)

    def client_of(self, *arguments):
        """A client of a race, which returns what the function returned, and how often it queried the table."""

        def call(client, users):
            source = WatchedTable(users)
            return self.function(client, source, self.keys, *arguments), source.finds

        call.__name__ = name_of(self.function)
        return call

    def one_query(self, id, **options) -> tuple[bool, str]:
        """Whether two readers of this id make one query, in every schedule."""

        def expect(returned):
            finds = sum(finds for _, finds in returned)
            return "" if finds == 1 else f"{count(finds, 'query')} for 2 readers; wanted 1"

        reader = self.client_of(id)
        return no_schedule_breaks(self.race(reader, reader, expect=expect, **options))

    def row(self, id) -> dict | None:
        """What is in the table, uncounted."""
        return self.database.users.find(id)

    def loads(self, id, ttl: float) -> tuple[bool, str]:
        """Whether a miss returns the record, and keeps it for `ttl` seconds; and what was seen."""
        row, got = self.row(id), self.call(id)
        kept = self.left(self.keys.user(id))
        right = "the record" if got == row else f"{got!r:.60}"
        return got == row and near(kept, ttl), f"it returned {right}, kept {life(kept)}"

    def store(self, id, record, ms: int) -> None:
        """Have `record` in the cache, with so many ms left."""
        self.redis.set(self.keys.user(id), json.dumps(record), px=ms)

    def stored(self, id) -> dict | str | None:
        """What is in the cache: parsed if it is JSON, else as it is."""
        text = self.redis.get(self.keys.user(id))
        try:
            return text and json.loads(text)
        except ValueError:
            return text

    def beside(self, id) -> list[str]:
        """The keys other than the entry: locks, guards."""
        return [name for name in self.names() if name != self.keys.user(id)]


class CachedExercise(Exercise):
    """Of a function of client, source, keys and an id."""

    context, database = CachedContext, True
