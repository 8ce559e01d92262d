"""Delete all keys with a prefix while others are served: SCAN, and one UNLINK for hundreds of keys."""

from redislab.lessons.anti_patterns.walks import FEW_TRIPS, KEYS, MOST, OTHERS, WalkContext, batches, steps
from redislab.study.checks import Exercise, requirement

VANISHED = 10
DELETIONS = ("DEL", "UNLINK")


class SweepContext(WalkContext):
    """A context with keys to be deleted, and others."""

    def prepare(self) -> None:
        self.redis.mset(dict.fromkeys([*self.mine, *self.others], 1))


class SweepUnlink(Exercise):
    """Page by page of SCAN, one UNLINK a page; its replies, added up, are the number."""

    name, context = "sweep-unlink", SweepContext

    @requirement("Where there is nothing to delete it returns 0", hint=1)
    def nothing(self, context):
        context.empty()
        got = context.call()
        return got == 0 and got is not None, f"it returned {got!r}"

    @requirement("Every key with the prefix is gone, and no other", hint=2)
    def gone(self, context):
        context.call()
        left, kept = context.redis.exists(*context.mine), context.redis.exists(*context.others)
        return (left, kept) == (0, OTHERS), f"{left} of {KEYS} are left, and {kept} of {OTHERS} others"

    @requirement(f"No client waits for the walk: no KEYS, and no SCAN of more than {MOST}", hint=3)
    def walks(self, context):
        return steps(context.trips())

    @requirement(f"{KEYS} deletions take {FEW_TRIPS} round trips at most, each of about {MOST} keys at most", hint=4)
    def batched(self, context):
        return batches(context.trips(), lambda command: len(command) - 1 if command[0] in DELETIONS else 0)

    @requirement("No client waits while memory is freed", hint=5)
    def unlinks(self, context):
        kinds = {command[0] for trip in context.trips() for command in trip}
        seen = "DEL frees it immediately, and keeps all others waiting" if "DEL" in kinds else "no DEL was sent"
        return "DEL" not in kinds, seen

    @requirement("It returns how many it deleted; keys that had expired by then do not count", hint=6)
    def counted(self, context):
        gone = []

        def vanish(command):
            if not gone:
                gone.extend(command[1 : VANISHED + 1])
                context.redis.delete(*gone)

        context.disturb(DELETIONS, vanish)
        got = context.call()
        return got == KEYS - len(gone), f"it returned {got!r}; wanted {KEYS} less {len(gone)}, which had just expired"
