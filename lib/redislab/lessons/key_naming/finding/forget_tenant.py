"""Delete all keys that an index set lists, while others add to it: a key is gone, or it is listed."""

from redislab.bench.races import races
from redislab.lessons.anti_patterns.walks import MOST, WALKING
from redislab.study.checks import CheckContext, Exercise, count, no_schedule_breaks, requirement

TENANT, NEIGHBOUR = "acme", "acme2"
KEYS, OTHERS, EXPIRED = 1200, 300, 10
FEW_TRIPS = 20
OLD, NEW = (1, 2), 3  # carts of the race


class TenantContext(CheckContext):
    """A tenant's keys and its neighbour's, each listed in the set of their owner."""

    def prepare(self) -> None:
        pipeline = self.redis.pipeline()
        for tenant, number in ((TENANT, KEYS), (NEIGHBOUR, OTHERS)):
            names = [self.keys.tenant(tenant).entity("cart", id) for id in range(number)]
            pipeline.mset(dict.fromkeys(names, "x")).sadd(self.listed(tenant), *names)
        pipeline.execute()

    def listed(self, tenant: str) -> str:
        return self.keys.index("key", "tenant", tenant)

    def writer_comes(self):
        """A race with a client that writes a known key and a new one; the forgetful one may die."""

        def names(*ids):
            return [self.keys.tenant(TENANT).entity("cart", id) for id in ids]

        def write(client, *ids):
            pipeline = client.pipeline().mset(dict.fromkeys(names(*ids), "x"))
            pipeline.sadd(self.listed(TENANT), *names(*ids)).execute()

        def given(client):
            write(client, *OLD)

        def writer(client):
            write(client, OLD[0], NEW)

        def found(client):
            there = {name for name in names(*OLD, NEW) if client.exists(name)}
            lost = there - set(client.smembers(self.listed(TENANT)))
            return not lost or f"{min(lost)} is there, and no longer listed"

        forget = self.client_of(TENANT)  # not `self.race`, which would prepare all keys for each schedule
        return races(forget, writer, given=given, expect=found, dies=forget, lab=self.ground)


class ForgetTenant(Exercise):
    """A batch of names from the set; UNLINK and SREM of that batch in one transaction."""

    name, context = "forget-tenant", TenantContext

    @requirement("Every key of the tenant is gone, and the set; the neighbour's are there", hint=1)
    def gone(self, context):
        context.call(TENANT)
        mine, others = (f"{context.keys.tenant(tenant).prefix}:*" for tenant in (TENANT, NEIGHBOUR))
        left, kept = (len(list(context.redis.scan_iter(pattern, count=1000))) for pattern in (mine, others))
        listed, still = context.redis.scard(context.listed(TENANT)), context.redis.scard(context.listed(NEIGHBOUR))
        mine = f"of the tenant {left} of {KEYS} keys and {listed} names are left"
        seen = f"{mine}, of the neighbour {kept} of {OTHERS} keys and {still} names"
        return (left, listed, kept, still) == (0, 0, OTHERS, OTHERS), seen

    @requirement("It looks at this tenant's names, not at every key", hint=2)
    def sparing(self, context):
        kinds = {command[0] for trip in context.trips(TENANT) for command in trip} & set(WALKING)
        return not kinds, f"{' and '.join(kinds)} was sent" if kinds else "neither SCAN nor KEYS was sent"

    @requirement(
        f"No command concerns more than {MOST} names, and {KEYS} keys take {FEW_TRIPS} round trips at most", hint=3
    )
    def batched(self, context):
        trips = context.trips(TENANT)
        names = max(len(command) - 1 - (command[0] == "SREM") for trip in trips for command in trip)
        seen = f"{count(len(trips), 'round trip')}; the longest command concerned {count(names, 'name')}"
        return len(trips) <= FEW_TRIPS and names <= MOST, seen

    @requirement("A key that is written meanwhile, or left when the process dies, is still listed", hint=4)
    def race(self, context):
        met, seen = no_schedule_breaks(context.writer_comes())
        return met, f"another client (B) writes cart {OLD[0]} and cart {NEW} at any moment: {seen}"

    @requirement("It returns how many keys it deleted; those that had expired do not count, and nothing is 0", hint=5)
    def counted(self, context):
        context.redis.delete(*(context.keys.tenant(TENANT).entity("cart", id) for id in range(EXPIRED)))
        got, again = context.call(TENANT), context.call("no-one")
        seen = (
            f"it returned {got!r}, wanted {KEYS} less {EXPIRED}, which had expired; for a tenant without keys {again!r}"
        )
        return got == KEYS - EXPIRED and again == 0, seen
