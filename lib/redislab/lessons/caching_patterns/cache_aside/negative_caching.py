"""Cache a miss: 1000 reads of an unknown id cost one query."""

from redislab.lessons.caching_patterns.cached import CachedExercise
from redislab.study.checks import count, lives, near, requirement

TTL, MISSING_TTL = 60, 5  # s
KNOWN, UNKNOWN = 42, 999_999_999
READS = 1000


class NegativeCaching(CachedExercise):
    """A missing record is cached too, for a short time, and is never taken for a record."""

    name = "negative-caching"

    @requirement(f"A record is returned, and kept for {TTL} s", hint=1)
    def record(self, context):
        return context.loads(KNOWN, TTL)

    @requirement("Its next read is a hit: one round trip, no query", hint=2)
    def hit(self, context):
        first = context.call(KNOWN)
        queries, _ = context.source.finds, context.sent()
        second, trips, finds = context.call(KNOWN), context.sent().trips, context.source.finds - queries
        same = "the same record" if first == second else f"{second!r:.60}"
        seen = f"{count(trips, 'round trip')}, {count(finds, 'query')}, {same}; wanted 1 and 0"
        return trips == 1 and finds == 0 and first == second, seen

    @requirement("An unknown id gives None, each time it is read", hint=3)
    def nothing(self, context):
        got = [context.call(UNKNOWN) for _ in range(3)]
        return got == [None] * 3, f"three reads gave {', '.join(f'{each!r:.40}' for each in got)}"

    @requirement(f"{READS} reads of an unknown id are one query", hint=4)
    def once(self, context):
        for _ in range(READS):
            context.call(UNKNOWN)
        return context.source.finds == 1, f"{count(context.source.finds, 'query')} for {READS} reads; wanted 1"

    @requirement(f"The missing record is remembered for {MISSING_TTL} s only", hint=5)
    def briefly(self, context):
        context.call(UNKNOWN)
        kept = [context.left(key) for key in context.names()] or [-2]
        wanted = all(near(seconds, MISSING_TTL) for seconds in kept)
        return wanted, f"it is kept {lives(kept)}; wanted {MISSING_TTL} s"
