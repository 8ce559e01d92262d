"""Give a TTL to the keys of a group that have none, while others write: EXPIRE NX, a page of SCAN at a time."""

from redislab.bench.races import races
from redislab.lessons.anti_patterns.walks import FEW_TRIPS, KEYS, MOST, WALKING, batches, steps
from redislab.study.checks import CheckContext, Exercise, no_schedule_breaks, requirement

GROUPS = {"code": 3000, "cart": 86_400}  # s
JITTER, SLACK = 0.1, 5  # of a TTL; s that a check may take
EACH, PERMANENT, HAVING, VANISHED = 400, {"codes": 200, "account": 100}, 100, 10  # keys; together 1200
SHORT, LONG = 20, 1_000_000  # s that keys have which had a TTL before


class GroupsContext(CheckContext):
    """Keys of two groups and of two permanent kinds, without a TTL; and some of a group that have one.

    Attributes:
        mortal: names by group, of those without a TTL; permanent: names; having: names of those with one.
    """

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.mortal = {kind: self.named(kind, EACH) for kind in GROUPS}
        self.permanent = [name for kind, number in PERMANENT.items() for name in self.named(kind, number)]
        self.having = self.named("cart:7", HAVING)

    def named(self, kind: str, number: int) -> list[str]:
        return [f"{self.keys.prefix}:{kind}:{id}" for id in range(number)]

    def prepare(self) -> None:
        names = [name for names in self.mortal.values() for name in names] + self.permanent
        pipeline = self.redis.pipeline().mset(dict.fromkeys(names, "x"))
        for name in self.having:
            pipeline.set(name, "x", ex=self.had(name))
        pipeline.execute()

    def had(self, name: str) -> int:
        """The TTL that a key in `having` had before; half of them have one that is longer than their group's."""
        return SHORT if int(name[-1]) % 2 else LONG

    def call(self):
        return self.function(self.client, self.keys.prefix, dict(GROUPS))

    def ttls(self, names) -> list[int]:
        """Seconds, as TTL has them, in order of size."""
        pipeline = self.redis.pipeline(transaction=False)
        for name in names:
            pipeline.ttl(name)
        return sorted(pipeline.execute())

    def owner_comes(self):
        """A race with a client that gives the same key a short TTL of its own."""

        def give_ttls(client, keys):
            self.function(client, keys.prefix, dict(GROUPS))

        def owner(client, keys):
            client.expire(keys.entity("code", 1), SHORT)

        def kept(client, keys):
            left = client.ttl(keys.entity("code", 1))
            return 0 <= left <= SHORT or f"the key lives for {left} s, though its owner said {SHORT}"

        return races(give_ttls, owner, given={"race:code:1": "x"}, expect=kept, lab=self.ground)


class TtlByGroup(Exercise):
    """SCAN, and for each page a pipeline of EXPIRE … NX with a TTL that varies."""

    name, context = "ttl-by-group", GroupsContext

    @requirement("Every key of a group has a TTL, and no key of a permanent kind has one", hint=6)
    def grouped(self, context):
        context.call()
        without = sum(ttl < 0 for names in context.mortal.values() for ttl in context.ttls(names))
        wrongly = sum(ttl >= 0 for ttl in context.ttls(context.permanent))
        seen = f"{without} of {2 * EACH} keys of groups have none, and {wrongly} of {len(context.permanent)} permanent ones"
        return (without, wrongly) == (0, 0), f"{seen} have one"

    @requirement("The TTLs of a group lie within 10 % of its own, and all over that range", hint=5)
    def varied(self, context):
        context.call()
        for kind, ttl in GROUPS.items():
            found = context.ttls(context.mortal[kind])
            low, high, different = found[0], found[-1], len(set(found))
            near = (1 - JITTER) * ttl - SLACK <= low and high <= (1 + JITTER) * ttl + SLACK
            wide = low < (1 - JITTER / 2) * ttl and high > (1 + JITTER / 2) * ttl and different > EACH / 4
            if not (near and wide):
                wanted = f"from {(1 - JITTER) * ttl:,.0f} to {(1 + JITTER) * ttl:,.0f}"
                return (
                    False,
                    f"{EACH} TTLs of {kind!r} lie from {low:,} to {high:,} s, {different} different values; wanted {wanted}",
                )
        return True, f"{len(GROUPS)} groups, each with TTLs from 90 to 110 %"

    @requirement("A key that has a TTL keeps it", hint=3)
    def kept(self, context):
        context.call()
        changed = sum(not 0 <= context.had(name) - context.redis.ttl(name) <= SHORT for name in context.having)
        return not changed, f"{changed} of {HAVING} keys that had {SHORT} or {LONG:,} s left have another TTL"

    @requirement("Also if it gets it meanwhile, between any two commands", hint=4)
    def race(self, context):
        met, seen = no_schedule_breaks(context.owner_comes())
        return met, f"another client (B) gives the key {SHORT} s at any moment: {seen}"

    @requirement(f"No client waits for the walk: no KEYS, and no SCAN of more than {MOST}", hint=1)
    def walks(self, context):
        return steps(context.trips())

    @requirement(f"{KEYS} keys take {FEW_TRIPS} round trips at most, each of about {MOST} keys at most", hint=2)
    def batched(self, context):
        return batches(context.trips(), lambda command: 1)

    @requirement("It returns how many keys got a TTL; keys that are gone by then do not count", hint=7)
    def counted(self, context):
        gone = context.mortal["code"][:VANISHED]
        context.tap.before = lambda command: command[0] in WALKING or context.redis.delete(*gone)
        got, wanted = context.call(), 2 * EACH - VANISHED
        return got == wanted, f"it returned {got!r}; wanted {wanted}, as {VANISHED} keys had just gone"
