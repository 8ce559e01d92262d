"""Database and cache cannot be written at once: which comes first, and what happens to the other?"""

import json

from redislab.lessons.caching_patterns.cached import CachedExercise, CachedScene
from redislab.study.checks import life, requirement

ID, TTL = 43, 60
OLD, NEW, NEWER = "Old Name", "New Name", "Newer Name"


class WriteOrder(CachedExercise):
    """Commit, then delete: nothing uncommitted is seen, nothing old comes back, and the last good value survives."""

    name = "write-order"
    kills = True

    @requirement("The row is committed, and the old entry is gone", hint=2)
    def committed(self, scene: CachedScene):
        self.begin(scene)
        scene.call(ID, self.user(scene, NEW))
        row, stored = scene.source.row(ID)["name"], self.cached(scene)
        kept = scene.left(scene.keys.user(ID))
        seen = f"the row says {row!r}, the cache holds {self.said(stored)}{f', {life(kept)}' if stored else ''}"
        return row == NEW and stored in (None, NEW) and kept != -1, seen

    @requirement("Nobody reads what is not committed yet", hint=1)
    def dirty(self, scene: CachedScene):
        self.begin(scene)
        seen = []
        scene.source.before_commit = lambda _: seen.append(self.cached(scene))
        scene.call(ID, self.user(scene, NEW))
        return bool(seen) and NEW not in seen, f"just before the commit the cache held {self.said(*seen[:1] or [None])}"

    @requirement("A reader just before the commit does not bring the old row back", hint=2)
    def reader(self, scene: CachedScene):
        self.begin(scene)

        def read(_):
            """As cache-aside does it."""
            if self.cached(scene) is None:
                scene.store(ID, scene.source.row(ID), 1000 * TTL)

        scene.source.before_commit = read
        scene.call(ID, self.user(scene, NEW))
        stored = self.cached(scene)
        return stored in (None, NEW), f"the row says {NEW!r}, and after that reader the cache holds {self.said(stored)}"

    @requirement("If the commit fails, that is raised, and the last good entry is still there", hint=1)
    def failure(self, scene: CachedScene):
        self.begin(scene)
        new, scene.database.failing = self.user(scene, NEW), True
        try:
            scene.call(ID, new)
            raised = "nothing was raised"
        except Exception as failure:
            raised = f"{type(failure).__name__} was raised"
        stored = self.cached(scene)
        return (
            stored == OLD and "nothing" not in raised,
            f"{raised}, and the cache holds {self.said(stored)}; wanted {OLD!r}",
        )

    @requirement("Of two writers in a race, the later one is what the cache ends with", hint=3)
    def race(self, scene: CachedScene):
        self.begin(scene)

        def overtaken(number):
            """Between the first writer's commit and what it does next, a second one comes and goes."""
            if number == 1:
                scene.call(ID, self.user(scene, NEWER))

        first, scene.source.after_commit = self.user(scene, NEW), overtaken
        scene.call(ID, first)
        row, stored = scene.source.row(ID)["name"], self.cached(scene)
        return stored in (None, row), f"the row says {row!r}, the cache holds {self.said(stored)}"

    @requirement("With Redis dead, the row is committed all the same", hint=1)
    def dead(self, scene: CachedScene):
        if scene.private is None:
            return None, "no server that may be killed could be started here"
        new, scene.client = self.user(scene, NEW), scene.private.client()
        scene.private.kill()
        try:
            scene.call(ID, new)
        except Exception:
            pass  # to say that the entry could not be deleted is right, too
        row = scene.source.row(ID)["name"]
        return row == NEW, f"Redis was killed, and the row says {row!r}"

    def begin(self, scene: CachedScene) -> None:
        """A row and its entry."""
        scene.source.save(ID, self.user(scene, OLD))
        scene.source.saves = 0
        scene.store(ID, scene.source.row(ID), 1000 * TTL)

    def user(self, scene: CachedScene, name: str) -> dict:
        return scene.source.row(ID) | {"name": name}

    def cached(self, scene: CachedScene) -> str | None:
        """The name that the cache has for the row."""
        stored = scene.stored(ID)
        return stored["name"] if isinstance(stored, dict) and "name" in stored else stored and json.dumps(stored)

    def said(self, name: str | None) -> str:
        return "nothing" if name is None else repr(name)
