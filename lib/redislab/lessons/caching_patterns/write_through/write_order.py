"""Database and cache cannot be written in one step: which comes first, and what happens to the other?"""

import contextlib
import json

from redislab.lessons.caching_patterns.cached import CachedContext, CachedExercise
from redislab.study.checks import life, no_schedule_breaks, requirement

ID, TTL = 43, 60
OLD, NEW, NEWER = "Old Name", "New Name", "Newer Name"


class WriteContext(CachedContext):
    """A row and its entry in the cache, which both have the old name."""

    def prepare(self) -> None:
        self.database.users.save(ID, self.user(OLD))
        self.fill()

    def write(self, name: str) -> None:
        self.call(ID, self.user(name))

    def user(self, name: str) -> dict:
        return self.row(ID) | {"name": name}

    def fill(self) -> None:
        """Copy the row to the cache, as cache-aside does after a miss."""
        self.store(ID, self.row(ID), 1000 * TTL)

    @property
    def cached(self) -> str | None:
        """The name that the cache has for the row."""
        stored = self.stored(ID)
        return stored["name"] if isinstance(stored, dict) and "name" in stored else stored and json.dumps(stored)


class WriteOrder(CachedExercise):
    """Commit, then delete: readers see committed values only, no other client brings an old one back, the last good one survives."""

    name, context = "write-order", WriteContext

    @requirement("The row is committed, and the old entry is gone", hint=1)
    def committed(self, context):
        context.write(NEW)
        row, cached, kept = context.row(ID)["name"], context.cached, context.left(context.keys.user(ID))
        seen = f"the row says {row!r}, the cache holds {said(cached)}{f', {life(kept)}' if cached else ''}"
        return row == NEW and cached in (None, NEW) and kept != -1, seen

    @requirement("Readers do not see what is not committed yet", hint=2)
    def dirty(self, context):
        seen = []
        context.source.before_commit = lambda _: seen.append(context.cached)
        context.write(NEW)
        return bool(seen) and NEW not in seen, f"just before the commit the cache held {said(*seen[:1] or [None])}"

    @requirement("A reader just before the commit does not bring the old row back", hint=3)
    def reader(self, context):
        context.source.before_commit = lambda _: context.cached or context.fill()
        context.write(NEW)
        cached = context.cached
        return cached in (None, NEW), f"the row says {NEW!r}, and after that reader the cache holds {said(cached)}"

    @requirement("If the commit fails, that is raised, and the last good entry is still there", hint=4)
    def failure(self, context):
        new, context.database.failing = context.user(NEW), True
        raised = "nothing was raised"
        try:
            context.call(ID, new)
        except Exception as failure:
            raised = f"{type(failure).__name__} was raised"
        seen = f"{raised}, and the cache holds {said(context.cached)}; wanted {OLD!r}"
        return context.cached == OLD and "nothing" not in raised, seen

    @requirement("When two writers race, the cache ends with the later one's record", hint=5)
    def race(self, context):
        def expect(users):
            row, cached = users.find(ID)["name"], context.cached
            return "" if cached in (None, row) else f"the row says {row!r}, the cache holds {said(cached)}"

        writers = [context.client_of(ID, context.user(name)) for name in (NEW, NEWER)]
        return no_schedule_breaks(context.race(*writers, given=WriteContext.empty, expect=expect))

    @requirement("With Redis dead, the row is committed all the same", hint=6)
    def dead(self, context):
        context.server.kill()
        with contextlib.suppress(Exception):  # to say that the entry could not be deleted is right, too
            context.write(NEW)
        row = context.row(ID)["name"]
        return row == NEW, f"Redis was killed, and the row says {row!r}"


def said(name: str | None) -> str:
    return "nothing" if name is None else repr(name)
