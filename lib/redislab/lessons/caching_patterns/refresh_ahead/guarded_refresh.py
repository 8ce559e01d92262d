"""Refresh before the end: at once for the reader, once for the database."""

import threading

from redislab.lessons.caching_patterns.cached import CachedExercise, CachedScene
from redislab.study.checks import PATIENCE, Call, count, eventually, life, near, requirement

TTL, AHEAD = 60, 12  # s
ID, READERS = 42, 32
NEAR_END, LAST_MOMENT = 5000, 450  # ms
OLD = "Old Name"
SETTLING = 0.3  # s, for queries that should not be made


class GuardedRefresh(CachedExercise):
    """Near its end an entry is loaded anew by one, in the background; every reader has the old value at once."""

    name = "guarded-refresh"

    @requirement(f"A miss loads the record and keeps it for {TTL} s", hint=1)
    def miss(self, scene: CachedScene):
        return scene.loads(ID, TTL)

    @requirement("While there is plenty of time, nothing is loaded", hint=2)
    def idle(self, scene: CachedScene):
        self.have(scene, 1000 * TTL)
        for _ in range(5):
            scene.call(ID)
        eventually(lambda: scene.source.finds, SETTLING)
        return scene.source.finds == 0, f"{count(scene.source.finds, 'query')} for 5 reads with {TTL} s left; wanted 0"

    @requirement("A hit is one round trip, for the value and the time that is left", hint=1)
    def one_trip(self, scene: CachedScene):
        self.have(scene, 1000 * TTL)
        scene.sent()
        scene.call(ID)
        commands, trips, _ = scene.sent()
        return trips == 1, f"{count(commands, 'command')} in {count(trips, 'round trip')}; wanted 1"

    @requirement(f"With less than {AHEAD} s left, the reader has the old value before the query is done", hint=3)
    def at_once(self, scene: CachedScene):
        self.have(scene, NEAR_END)
        loaded = self.hold(scene)
        try:
            reader = scene.begin(ID)
            if not reader.done(PATIENCE / 2):
                return False, "the reader waited for the query"
            return (reader.result() or {}).get("name") == OLD, f"it returned {reader.result()!r:.60}"
        finally:
            loaded.set()

    @requirement(f"Then the new value is there, for {TTL} s again", hint=3)
    def refreshed(self, scene: CachedScene):
        self.have(scene, NEAR_END)
        scene.call(ID)
        new = eventually(lambda: scene.stored(ID) == scene.source.row(ID))
        kept = scene.left(scene.keys.user(ID))
        return new and near(
            kept, TTL
        ), f"{'the new' if new else 'still the old'} value, {life(kept)}, after {count(scene.source.finds, 'query')}"

    @requirement("With 0.4 s left it is still refreshed", hint=2)
    def last_moment(self, scene: CachedScene):
        for _ in range(5):  # the entry may end before a busy machine comes to read it
            scene.source.finds = 0
            self.have(scene, LAST_MOMENT)
            if (scene.call(ID) or {}).get("name") == OLD:
                break
        finds = eventually(lambda: scene.source.finds, 1.0)
        return finds > 0, f"{count(finds, 'query')} after a read with {LAST_MOMENT / 1000:g} s left; wanted 1"

    @requirement(f"{READERS} readers near the end make one query, and none waits for it", hint=4)
    def guarded(self, scene: CachedScene):
        self.have(scene, NEAR_END)
        loaded = self.hold(scene)
        try:
            crowd = Call(scene.together, READERS, ID)
            waiting = "" if crowd.done(PATIENCE) else ", and some readers wait"
            eventually(lambda: scene.source.finds)
            eventually(lambda: scene.source.finds > 1, SETTLING)
            if not waiting:
                crowd.result()
            finds = scene.source.finds
            return finds == 1 and not waiting, f"{count(finds, 'query')} for {READERS} readers{waiting}; wanted 1"
        finally:
            loaded.set()

    @requirement("The guard lies in Redis, and ends by itself", hint=4)
    def mortal(self, scene: CachedScene):
        self.have(scene, NEAR_END)
        lives, looked = [], threading.Event()

        def look(_):
            lives.extend(scene.left(key) for key in scene.beside(ID))
            looked.set()

        scene.source.before_find = look
        scene.call(ID)
        looked.wait(PATIENCE)
        there = f"lives {' and '.join(map(life, lives))}" if lives else "is not in Redis: other processes do not see it"
        return bool(lives) and all(0 < seconds <= TTL for seconds in lives), f"during the query the guard {there}"

    def have(self, scene: CachedScene, ms: int) -> None:
        """An entry that is older than its row, with so many ms left."""
        scene.store(ID, scene.source.row(ID) | {"name": OLD}, ms)

    def hold(self, scene: CachedScene) -> threading.Event:
        """Let queries wait until the event is set."""
        loaded = threading.Event()
        scene.source.before_find = lambda _: loaded.wait(2 * PATIENCE)
        return loaded
