"""Many miss, one loads: a lock in Redis that ends with its owner, and that only its owner releases."""

import itertools
import re
from threading import Event

from redislab.lessons.caching_patterns.cached import CachedContext, CachedExercise
from redislab.study.checks import PATIENCE, count, done, lives, near, requirement
from redislab.study.tap import undisturbed
from redislab.world.waiting import eventually

TTL, LOCK_TTL = 60, 5  # s
READERS = 32
LOAD, SLACK = 0.3, 1.0  # s
ID = 42


class FlightContext(CachedContext):
    """A context in which one record is missed."""

    def crowd(self) -> tuple[list, list[float]]:
        """READERS who miss simultaneously, while a load takes LOAD seconds: what each got, and how long it took."""
        self.database.added_latency = LOAD
        values, seconds = self.together(READERS, ID)
        self.database.added_latency = 0.0
        return values, seconds

    def locks(self) -> list[str]:
        return self.beside(ID)

    def spelt(self, locks: list[str], none: str) -> str:
        """Their names without this check's prefix."""
        return ", ".join(lock.replace(f"{self.keys.prefix}:", "") for lock in locks) or none


class SingleFlight(CachedExercise):
    """Of all that miss, one queries the database; the others wait for what it stores, and never for a dead one."""

    name, context = "single-flight", FlightContext

    @requirement(f"One reader alone makes one query, and the record is kept for {TTL} s", hint=1)
    def alone(self, context):
        right, seen = context.loads(ID, TTL)
        finds = context.source.finds
        return right and finds == 1, f"{seen}, by {count(finds, 'query')}"

    @requirement("During the load there is a lock in Redis, where other processes see it", hint=1)
    def in_redis(self, context):
        locks = []
        context.source.before_find = lambda _: locks.extend(context.locks())
        context.call(ID)
        return bool(locks), f"besides the entry there was {context.spelt(locks, 'no key')} during the query"

    @requirement(f"The lock expires after {LOCK_TTL} s, from the moment it exists", hint=2)
    def mortal(self, context):
        kept, late = {}, []
        context.source.before_find = lambda _: kept.update({key: context.left(key) for key in context.locks()})
        context.tap.before = lambda command: late.extend(expiry(command, but=context.keys.user(ID)))
        context.call(ID)
        if late and kept:
            return False, "its TTL came in a second command: a process that dies between the two leaves a lock for ever"
        wanted = bool(kept) and all(near(seconds, LOCK_TTL) for seconds in kept.values())
        return wanted, f"the lock lives {lives(kept.values()) or 'not at all'}; wanted {LOCK_TTL} s"

    @requirement("The reader that gets the lock looks once more before it loads", hint=3)
    def look_again(self, context):
        row, entry = context.row(ID), context.keys.user(ID)

        def overtake(command):
            """Another reader stores the record, between this one's GET and its lock."""
            if any(str(part).startswith(context.keys.prefix) and part != entry for part in command):
                context.tap.before = undisturbed
                context.store(ID, row, 1000 * TTL)

        context.tap.before = overtake
        context.call(ID)
        finds = context.source.finds
        seen = f"the record came between its GET and its lock, and it made {count(finds, 'query')}; wanted 0"
        return finds == 0, seen

    @requirement(f"{READERS} readers that miss simultaneously make one query", hint=3)
    def one_query(self, context):
        context.crowd()
        finds = context.source.finds
        return finds == 1, f"{count(finds, 'query')} for {READERS} readers; wanted 1"

    @requirement("All of them get the record", hint=3)
    def all_served(self, context):
        values, _ = context.crowd()
        right = values.count(context.row(ID))
        return right == READERS, f"{right} of {READERS} got it"

    @requirement("None waits much longer than the load takes", hint=3)
    def soon(self, context):
        _, seconds = context.crowd()
        return max(seconds) <= LOAD + SLACK, f"the load takes {LOAD} s, the slowest reader took {max(seconds):.2f} s"

    @requirement("The lock is released", hint=4)
    def released(self, context):
        context.call(ID)
        locks = context.locks()
        return not locks, f"afterwards there is {context.spelt(locks, 'no lock')}"

    @requirement("Only its owner releases it", hint=4)
    def owner(self, context):
        """The first reader's lock expires during its load; the second reader takes it; then the first one is done."""
        source, calls = context.source, itertools.count(1)
        first_may, second_may = Event(), Event()
        source.before_find = lambda _: (first_may if next(calls) == 1 else second_may).wait(2 * PATIENCE)
        first = context.begin(ID)
        eventually(lambda: source.finds == 1)
        if not context.locks():
            return False, "there was no lock in Redis"
        context.empty()
        context.begin(ID)
        if not eventually(lambda: source.finds == 2 and context.locks()):
            return False, "a second reader could not take the lock after the first one's had expired"
        first_may.set()
        done(first, PATIENCE)
        kept = context.locks()
        return bool(kept), f"a late reader {'left' if kept else 'took away'} the lock that was another's by then"


def expiry(command, but: str) -> list[str]:
    """The key to which this command gives a TTL after the fact."""
    name, *keys = map(str, command)
    return keys[:1] if re.fullmatch("P?EXPIRE(AT)?", name.upper()) and keys[0] != but else []
