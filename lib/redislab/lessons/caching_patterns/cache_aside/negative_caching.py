"""Store that there is nothing: 1000 reads of an unknown id are one query."""

from redislab.lessons.caching_patterns.cached import CachedExercise, CachedScene
from redislab.study.checks import count, life, near, requirement

TTL, MISSING_TTL = 60, 5  # s
KNOWN, UNKNOWN = 42, 999_999_999
READS = 1000


class NegativeCaching(CachedExercise):
    """A missing record is cached too, for a short time, and is never taken for a record."""

    name = "negative-caching"

    @requirement(f"A record is returned, and kept for {TTL} s", hint=1)
    def record(self, scene: CachedScene):
        return scene.loads(KNOWN, TTL)

    @requirement("Its next read is a hit: one round trip, no query", hint=1)
    def hit(self, scene: CachedScene):
        first = scene.call(KNOWN)
        scene.source.finds, _ = 0, scene.sent()
        second, trips, finds = scene.call(KNOWN), scene.sent().trips, scene.source.finds
        same = "the same record" if first == second else f"{second!r:.60}"
        return (
            trips == 1 and finds == 0 and first == second,
            f"{count(trips, 'round trip')}, {count(finds, 'query')}, {same}; wanted 1 and 0",
        )

    @requirement("An unknown id gives None, each time it is read", hint=2)
    def nothing(self, scene: CachedScene):
        got = [scene.call(UNKNOWN) for _ in range(3)]
        return got == [None] * 3, f"three reads gave {', '.join(f'{each!r:.40}' for each in got)}"

    @requirement(f"{READS} reads of an unknown id are one query", hint=1)
    def once(self, scene: CachedScene):
        for _ in range(READS):
            scene.call(UNKNOWN)
        return scene.source.finds == 1, f"{count(scene.source.finds, 'query')} for {READS} reads; wanted 1"

    @requirement(f"That there is none is kept for {MISSING_TTL} s only", hint=3)
    def briefly(self, scene: CachedScene):
        scene.call(UNKNOWN)
        lives = [scene.left(key) for key in scene.kept()] or [-2]
        wanted = all(near(seconds, MISSING_TTL) for seconds in lives)
        return wanted, f"it is kept {' and '.join(map(life, lives))}; wanted {MISSING_TTL} s"
