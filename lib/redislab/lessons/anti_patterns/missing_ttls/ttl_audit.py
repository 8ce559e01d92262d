"""Find keys without a TTL: a walk that only reads, in batches, and does not report a key that has just expired."""

from redislab.lessons.anti_patterns.walks import FEW_TRIPS, KEYS, MOST, WalkContext, batches, steps
from redislab.study.checks import Exercise, requirement

EACH, VANISHING = 5, 10
TTL = 600  # s
ASKING = ("TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME")


class AuditContext(WalkContext):
    """A context with keys of several types, of which each fifth has no TTL.

    Attributes:
        endless: the names of those.
    """

    def prepare(self) -> None:
        self.endless = set(self.mine[::EACH])
        pipeline = self.redis.pipeline(transaction=False).mset(dict.fromkeys(self.others, 1))
        for number, name in enumerate(self.mine):
            (pipeline.set, pipeline.rpush, pipeline.sadd)[number % 3](name, 1)
            if name not in self.endless:
                pipeline.expire(name, TTL)
        pipeline.execute()

    def ttls(self) -> dict[str, int]:
        """The TTL of each key of ours that exists."""
        pipeline = self.redis.pipeline(transaction=False)
        for name in self.mine:
            pipeline.ttl(name)
        return {name: left for name, left in zip(self.mine, pipeline.execute(), strict=True) if left != -2}


class TtlAudit(Exercise):
    """SCAN page by page, a pipeline of TTLs for each page; -1 is the answer to look for."""

    name, context = "ttl-audit", AuditContext

    @requirement("It names every key without a TTL, of whatever type, and no other", hint=1)
    def found(self, context):
        return compare(context.endless, context.call())

    @requirement("A key that expires before its TTL is asked for is not named", hint=2)
    def vanishing(self, context):
        gone = set()

        def vanish(command):
            if len(gone) < VANISHING:
                gone.add(command[1])
                context.redis.delete(command[1])

        context.disturb(ASKING, vanish)
        names = set(context.call())
        dead = len(names & gone)
        met, seen = compare(context.endless - gone, names - gone)
        return met and not dead, f"{dead} of {len(gone)} that had expired were named; of the others {seen}"

    @requirement(f"No client waits for the walk: no KEYS, and no SCAN of more than {MOST}", hint=3)
    def walks(self, context):
        return steps(context.trips())

    @requirement(f"The TTLs of {KEYS} keys take {FEW_TRIPS} round trips at most, each of about {MOST} at most", hint=4)
    def pipelined(self, context):
        return batches(context.trips(), lambda command: command[0] in ASKING)

    @requirement("It only reads: every key is still there, and expires when it would have", hint=5)
    def reads(self, context):
        context.call()
        ttls = context.ttls()
        lost, given = KEYS - len(ttls), sum(ttls.get(name, -1) != -1 for name in context.endless)
        other = sum(not 0 <= ttls[name] <= TTL for name in ttls.keys() - context.endless)
        seen = f"{lost} of {KEYS} keys are gone, {given} have got a TTL, and {other} have another one"
        return lost == given == other == 0, seen


def compare(wanted: set, got) -> tuple[bool, str]:
    names = list(got)
    missing, wrong, twice = len(wanted - set(names)), len(set(names) - wanted), len(names) - len(set(names))
    seen = f"{missing} of {len(wanted)} were missed, {wrong} were named by mistake, and {twice} twice"
    return missing == wrong == twice == 0, seen
