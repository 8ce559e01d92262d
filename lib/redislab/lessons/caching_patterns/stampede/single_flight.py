"""Many miss, one loads: a lock in Redis that ends with its owner, and that only its owner releases."""

import re
from contextlib import suppress

from redislab.bench.race_ground import KEYS
from redislab.bench.races import races
from redislab.lessons.caching_patterns.cached import CachedContext, CachedExercise
from redislab.study.checks import count, lives, near, no_schedule_breaks, requirement
from redislab.study.tap import undisturbed

TTL, LOCK_TTL = 60, 5  # s
READERS = 32
LOAD, SLACK = 0.3, 1.0  # s
ID = 42
MOST_STEPS = 30  # of a reader whose lock is another's by now: it may wait for it


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

    def lock_of_a_reader(self) -> str | None:
        """The key that is there besides the entry while one reader loads, as races have it."""
        states = races(self.reader, lab=self.ground).replay().states
        locks = {name for state in states for name in state if isinstance(name, str)} - {KEYS.user(ID)}
        return next(iter(locks), None)

    def reader(self, client, users, keys):
        with suppress(Exception):  # it may say that it has lost its lock
            self.function(client, users, keys, ID)

    def late_release(self, lock: str):
        """A reader, and another one: at some moment the first one's lock has expired, and is the other's."""

        def another(client):
            return client.set(lock, "another", xx=True)

        def kept(client, returned):
            return not returned[1] or client.get(lock) == "another" or "A takes it away"

        return races(self.reader, another, expect=kept, may_wait=True, most_steps=MOST_STEPS, lab=self.ground)

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

    @requirement("Only its owner releases it, also if it expires and another reader takes it", hint=4)
    def owner(self, context):
        lock = context.lock_of_a_reader()
        if lock is None:
            return False, "there was no lock in Redis"
        met, seen = no_schedule_breaks(context.late_release(lock))
        return met, f"another reader (B) takes the lock that has expired. {seen}"


def expiry(command, but: str) -> list[str]:
    """The key to which this command gives a TTL after the fact."""
    name, *keys = map(str, command)
    return keys[:1] if re.fullmatch("P?EXPIRE(AT)?", name.upper()) and keys[0] != but else []
