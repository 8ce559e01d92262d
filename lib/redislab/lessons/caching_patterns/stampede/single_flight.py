"""Many miss, one loads: a lock in Redis that ends with its owner, and that only its owner releases."""

from contextlib import suppress

from redislab.lessons.caching_patterns.cached import CachedContext, CachedExercise
from redislab.study.checks import count, die, lives, near, no_schedule_breaks, requirement

TTL, LOCK_TTL = 60, 5  # s
READERS = 32
LOAD, SLACK = 0.3, 1.0  # s
ID = 42
MOST_STEPS = 30  # of a reader whose lock is another's by now: it may wait for it


class FlightContext(CachedContext):
    """A context in which one record is missed."""

    def crowd(self) -> list[float]:
        """How long it takes READERS who miss simultaneously, while a load takes LOAD seconds."""
        self.database.added_latency = LOAD
        return self.together(READERS, ID)

    def locks(self) -> list[str]:
        return self.beside(ID)

    def lock_of_a_reader(self) -> str | None:
        """The key that is there besides the entry while one reader loads, as races have it."""
        return next((name for name in self.keys_of(self.client_of(ID)) if name != self.keys.user(ID)), None)

    def late_release(self, lock: str):
        """A reader, and another one: at some moment the first one's lock has expired, and is the other's."""
        read = self.client_of(ID)

        def reader(client, users):
            with suppress(Exception):  # it may say that it has lost its lock
                read(client, users)

        def another(client):
            return client.set(lock, "another", xx=True)

        def kept(client, returned):
            if returned[1] and client.get(lock) != "another":
                return "A's lock had expired and was B's by then, and A took it away"

        return self.race(reader, another, expect=kept, may_wait=True, most_steps=MOST_STEPS)

    def spelt(self, locks: list[str], none: str) -> str:
        """Their names without this check's prefix."""
        return ", ".join(lock.replace(f"{self.keys.prefix}:", "") for lock in locks) or none


class SingleFlight(CachedExercise):
    """Of all that miss, one queries the database; the others wait for what it stores, and never for a dead one."""

    name, context, arguments = "single-flight", FlightContext, (ID,)

    @requirement(f"One reader alone makes one query, and the record is kept for {TTL} s", hint=1)
    def alone(self, context):
        right, seen = context.loads(ID, TTL)
        finds = context.source.finds
        return right and finds == 1, f"{seen}, by {count(finds, 'query')}"

    @requirement("During the load there is a lock in Redis, where other processes see it", hint=2)
    def in_redis(self, context):
        locks = []
        context.source.before_find = lambda _: locks.extend(context.locks())
        context.call(ID)
        return bool(locks), f"besides the entry there was {context.spelt(locks, 'no key')} during the query"

    @requirement(f"The lock expires after {LOCK_TTL} s", hint=3)
    def mortal(self, context):
        kept = {}
        context.source.before_find = lambda _: kept.update({key: context.left(key) for key in context.locks()})
        context.call(ID)
        wanted = bool(kept) and all(near(seconds, LOCK_TTL) for seconds in kept.values())
        return wanted, f"the lock lives {lives(kept.values()) or 'not at all'}; wanted {LOCK_TTL} s"

    @requirement("A reader that dies leaves no lock without a TTL", hint=4, whenever=die)
    def death(self, context):
        endless = any(context.left(key) == -1 for key in context.locks())
        return not endless, "the reader died, and the lock lives for ever: its TTL came in a second command"

    @requirement("Two readers make one query, also if the second one missed before the first one stored", hint=5)
    def one_query(self, context):
        return context.one_query(ID)

    @requirement("Both of them get the record", hint=6)
    def both_served(self, context):
        row, reader = context.row(ID), context.client_of(ID)

        def expect(returned):
            return "; ".join(f"a reader got {value!r:.60}" for value, _ in returned if value != row)

        return no_schedule_breaks(context.race(reader, reader, expect=expect))

    @requirement(f"None of {READERS} readers waits much longer than the load takes", hint=7)
    def soon(self, context):
        seconds = context.crowd()
        return max(seconds) <= LOAD + SLACK, f"the load takes {LOAD} s, the slowest reader took {max(seconds):.2f} s"

    @requirement("The lock is released", hint=8)
    def released(self, context):
        context.call(ID)
        locks = context.locks()
        return not locks, f"afterwards there is {context.spelt(locks, 'no lock')}"

    @requirement("Only its owner releases it, also if it expires and another reader takes it", hint=9)
    def owner(self, context):
        lock = context.lock_of_a_reader()
        if lock is None:
            return False, "there was no lock in Redis"
        return no_schedule_breaks(context.late_release(lock))
