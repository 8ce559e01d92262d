"""The scene of section 1: a table behind a cache, whose calls are counted, and whose moments a check may use."""

import json
import threading

from redislab.study.checks import Exercise, Scene, life, near


class Source:
    """The users' table, with its calls counted, and with moments at which a check may step in.

    Attributes:
        finds, saves: how often it was called.
        before_find: called with the number of the call, from 1, before the table is read.
        before_commit, after_commit: called with the number of the save.
    """

    kind = "user"

    def __init__(self, table):
        self._table, self._lock = table, threading.Lock()
        self.finds = self.saves = 0
        self.before_find = self.before_commit = self.after_commit = lambda number: None
        self._originals: dict = {}

    def find(self, id) -> dict | None:
        with self._lock:
            self.finds += 1
            number = self.finds
        self.before_find(number)
        return self._table.find(id)

    def save(self, id, record) -> int:
        with self._lock:
            self.saves += 1
            number = self.saves
            if id not in self._originals:
                self._originals[id] = self._table.find(id)
        self.before_commit(number)
        version = self._table.save(id, record)
        self.after_commit(number)
        return version

    def row(self, id) -> dict | None:
        """What is in the table, uncounted."""
        return self._table.find(id)

    def restore(self) -> None:
        """The rows as they were, but for their versions."""
        for id, record in self._originals.items():
            self._table.save(id, record)


class CachedScene(Scene):
    """A scene whose function is given the users' table too.

    Attributes:
        source: that table.
        database: what it stands on, with its added latency and failures.
    """

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.database = self.lab.database
        self.source = Source(self.database.users)

    def call(self, *arguments):
        return self.function(self.client, self.source, self.keys, *arguments)

    def loads(self, id, ttl: float) -> tuple[bool, str]:
        """Whether a miss gives the record, and keeps it so many seconds; and what was seen."""
        row, got = self.source.row(id), self.call(id)
        kept = self.left(self.keys.user(id))
        right = "the record" if got == row else f"{got!r:.60}"
        return got == row and near(kept, ttl), f"it returned {right}, kept {life(kept)}"

    def store(self, id, record, ms: int) -> None:
        """Have `record` in the cache, with so many ms left."""
        self.note(self.keys.user(id))
        self.server.set(self.keys.user(id), json.dumps(record), px=ms)

    def stored(self, id) -> dict | str | None:
        """What is in the cache, as JSON or as it stands."""
        text = self.server.get(self.keys.user(id))
        try:
            return text and json.loads(text)
        except ValueError:
            return text

    def beside(self, id) -> list[str]:
        """The keys of this scene but for the entry: locks, guards."""
        return [name for name in self.kept() if name != self.keys.user(id)]

    def close(self) -> None:
        self.database.failing, self.database.added_latency = False, 0.0
        self.source.restore()
        super().close()


class CachedExercise(Exercise):
    """Of a function of client, source, keys and an id."""

    scene = CachedScene
