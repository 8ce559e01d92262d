"""Refresh an entry before it expires: no reader waits, and the database gets one query."""

import threading

from redislab.lessons.caching_patterns.cached import CachedContext, CachedExercise
from redislab.study.checks import PATIENCE, count, done, life, lives, near, requirement
from redislab.world.waiting import eventually

TTL, AHEAD = 60, 12  # s
ID = 42
NEAR_END, LAST_MOMENT = 5000, 450  # ms
OLD = "Old Name"
SETTLING = 0.3  # s, for queries that should not be made


class RefreshContext(CachedContext):
    """A context with an entry that is older than its row."""

    def have(self, ms: int) -> None:
        """The entry, with so many ms left."""
        self.store(ID, self.row(ID) | {"name": OLD}, ms)

    def is_old(self, record) -> bool:
        return (record or {}).get("name") == OLD

    def hold(self) -> threading.Event:
        """Let queries wait until the event is set, or the check has lost patience."""
        go_on = threading.Event()
        self.source.before_find = lambda _: go_on.wait(2 * PATIENCE)
        return go_on


class GuardedRefresh(CachedExercise):
    """Near its end one process loads an entry again, in the background; every reader gets the old value immediately."""

    name, context = "guarded-refresh", RefreshContext

    @requirement(f"A miss loads the record and keeps it for {TTL} s", hint=1)
    def miss(self, context):
        return context.loads(ID, TTL)

    @requirement("While there is plenty of time, nothing is loaded", hint=2)
    def idle(self, context):
        context.have(1000 * TTL)
        for _ in range(5):
            context.call(ID)
        finds = eventually(lambda: context.source.finds, SETTLING)
        return finds == 0, f"{count(finds, 'query')} for 5 reads with {TTL} s left; wanted 0"

    @requirement("A hit is one round trip, for the value and the time that is left", hint=3)
    def one_trip(self, context):
        context.have(1000 * TTL)
        context.call(ID)
        commands, trips, _ = context.sent()
        return trips == 1, f"{count(commands, 'command')} in {count(trips, 'round trip')}; wanted 1"

    @requirement(f"With less than {AHEAD} s left, the reader has the old value before the query is done", hint=4)
    def immediately(self, context):
        context.have(NEAR_END)
        context.hold()
        reader = context.begin(ID)
        if not done(reader, PATIENCE / 2):
            return False, "the reader waited for the query"
        return context.is_old(reader.result()), f"it returned {reader.result()!r:.60}"

    @requirement(f"Then the new value is there, for {TTL} s again", hint=5)
    def refreshed(self, context):
        context.have(NEAR_END)
        context.call(ID)
        new = eventually(lambda: context.stored(ID) == context.row(ID))
        kept, queries = context.left(context.keys.user(ID)), count(context.source.finds, "query")
        seen = f"{'the new' if new else 'still the old'} value, {life(kept)}, after {queries}"
        return new and near(kept, TTL), seen

    @requirement("With 0.4 s left it is still refreshed", hint=6)
    def last_moment(self, context):
        for _ in range(5):  # the entry may expire before a busy machine comes to read it
            context.source.finds = 0
            context.have(LAST_MOMENT)
            if context.is_old(context.call(ID)):
                break
        finds = eventually(lambda: context.source.finds, 1.0)
        return finds > 0, f"{count(finds, 'query')} after a read with {LAST_MOMENT / 1000:g} s left; wanted 1"

    @requirement(
        f"The guard is in Redis, and expires within {AHEAD} s, so that a load that died is tried again in time", hint=7
    )
    def mortal(self, context):
        context.have(NEAR_END)
        kept, looked = [], threading.Event()

        def look(_):
            kept.extend(context.left(key) for key in context.beside(ID))
            looked.set()

        context.source.before_find = look
        context.call(ID)
        looked.wait(PATIENCE)
        there = f"lives {lives(kept)}" if kept else "is not in Redis: other processes do not see it"
        return bool(kept) and all(0 < seconds <= AHEAD for seconds in kept), f"during the query the guard {there}"

    @requirement("Two readers near the end make one query", hint=8)
    def guarded(self, context):
        return context.one_query(ID, given=lambda context: context.have(NEAR_END))
