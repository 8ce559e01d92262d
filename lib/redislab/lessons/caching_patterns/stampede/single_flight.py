"""Many miss, one loads: a lock in Redis that nobody can keep for ever, nor take from another."""

import functools
import re

from redislab.lessons.caching_patterns.cached import CachedExercise, CachedScene
from redislab.study.checks import PATIENCE, count, eventually, life, near, requirement

TTL, LOCK_TTL = 60, 5  # s
READERS = 32
LOAD, SLACK = 0.3, 1.0  # s
ID = 42


def crowded(check):
    """Give `check` the calls of READERS who miss at once, while a load takes LOAD seconds."""

    @functools.wraps(check)
    def checked(self, scene: CachedScene):
        scene.database.added_latency = LOAD
        values, seconds = scene.together(READERS, ID)
        scene.database.added_latency = 0.0
        return check(self, scene, values, seconds)

    return checked


class SingleFlight(CachedExercise):
    """Of all who miss, one asks the database; the others wait for what it stores, and nobody for a dead one."""

    name = "single-flight"

    @requirement(f"One reader alone makes one query, and the record is kept for {TTL} s", hint=1)
    def alone(self, scene: CachedScene):
        right, seen = scene.loads(ID, TTL)
        finds = scene.source.finds
        return right and finds == 1, f"{seen}, by {count(finds, 'query')}"

    @requirement("While it loads, a lock lies in Redis, where other processes see it", hint=1)
    def in_redis(self, scene: CachedScene):
        locks = []
        scene.source.before_find = lambda _: locks.extend(scene.beside(ID))
        scene.call(ID)
        seen = ", ".join(map(self.short, locks)) or "no key"
        return bool(locks), f"besides the entry there was {seen} during the query"

    @requirement(f"The lock ends by itself after {LOCK_TTL} s, from the moment it is there", hint=2)
    def mortal(self, scene: CachedScene):
        lives, late = {}, []
        scene.source.before_find = lambda _: lives.update({key: scene.left(key) for key in scene.beside(ID)})
        scene.tap.before = lambda command: late.extend(self.expiry_of(scene, command))
        scene.call(ID)
        if late and lives:
            return False, "its TTL came in a second command: who dies between the two leaves a lock without one"
        wanted = bool(lives) and all(near(seconds, LOCK_TTL) for seconds in lives.values())
        return wanted, f"the lock lives {' and '.join(map(life, lives.values())) or 'not at all'}; wanted {LOCK_TTL} s"

    @requirement("Whoever gets the lock looks once more before it loads", hint=3)
    def look_again(self, scene: CachedScene):
        row = scene.source.row(ID)

        def just_before(command):
            """Another reader stores the record and is gone, between this one's GET and its lock."""
            if any(str(part).startswith(scene.keys.prefix) and part != scene.keys.user(ID) for part in command):
                scene.tap.before = lambda command: None
                scene.store(ID, row, 1000 * TTL)

        scene.tap.before = just_before
        scene.call(ID)
        finds = scene.source.finds
        return (
            finds == 0,
            f"the record came between its GET and its lock, and it made {count(finds, 'query')}; wanted 0",
        )

    @requirement(f"{READERS} readers who miss at once make one query", hint=3)
    @crowded
    def one_query(self, scene: CachedScene, values, seconds):
        return scene.source.finds == 1, f"{count(scene.source.finds, 'query')} for {READERS} readers; wanted 1"

    @requirement("All of them get the record", hint=3)
    @crowded
    def all_served(self, scene: CachedScene, values, seconds):
        right = values.count(scene.source.row(ID))
        return right == READERS, f"{right} of {READERS} got it"

    @requirement("Nobody waits much longer than the load takes", hint=3)
    @crowded
    def soon(self, scene: CachedScene, values, seconds):
        return max(seconds) <= LOAD + SLACK, f"the load takes {LOAD} s, the slowest reader took {max(seconds):.2f} s"

    @requirement("The lock is given back", hint=4)
    def given_back(self, scene: CachedScene):
        scene.call(ID)
        left = scene.beside(ID)
        return not left, f"afterwards there is {', '.join(map(self.short, left)) or 'no lock'}"

    @requirement("Only its owner gives it back", hint=4)
    def owner(self, scene: CachedScene):
        """The first reader's lock ends while it loads; the second takes it; then the first is done."""
        ends, loading = [False, False], scene.source
        loading.before_find = lambda number: number > 2 or eventually(lambda: ends[number - 1], 2 * PATIENCE)
        try:
            first = scene.begin(ID)
            eventually(lambda: loading.finds == 1)
            if not (locks := scene.beside(ID)):
                return False, "there was no lock in Redis"
            scene.server.delete(*locks)
            scene.begin(ID)
            if not eventually(lambda: loading.finds == 2 and scene.beside(ID)):
                return False, "a second reader could not take the lock after the first one's had ended"
            ends[0] = True
            first.done(PATIENCE)
            kept = scene.beside(ID)
            return bool(kept), f"a late reader {'left' if kept else 'took away'} the lock that was another's by then"
        finally:
            ends[:] = True, True

    @staticmethod
    def expiry_of(scene: CachedScene, command) -> list[str]:
        """The lock that this command gives a TTL after the fact."""
        name, *keys = map(str, command)
        late = re.fullmatch("P?EXPIRE(AT)?", name.upper()) and keys[0] != scene.keys.user(ID)
        return [keys[0]] if late else []

    @staticmethod
    def short(key: str) -> str:
        """A key without this check's prefix."""
        return re.sub(r"redislab:\w+:exercise:\w+:\d+:", "", key)
