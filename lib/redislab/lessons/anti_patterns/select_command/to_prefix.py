"""Move what is in a database of its own under a prefix in database 0, while it is in use."""

from redislab.bench.races import races
from redislab.study.checks import CheckContext, Exercise, count, life, near, no_schedule_breaks, requirement
from redislab.study.tap import Tap

TTL = 600  # s
NAME, NEWER = "report:7", "a newer seven"
THEIRS = "the shop's own"
REPORTS = {NAME: "seven", "report:8": ["eight", "rows"], "report:9": "nine", "report:10": ["ten"]}


class DatabaseContext(CheckContext):
    """A context with reports in database 1, half of them with a TTL, and a key of the same name in database 0.

    Attributes:
        old: a client of database 1; `client` is one of database 0. The tap sees both.
        look: for looking into database 1, as `redis` does into database 0.
        prefix: what the new names begin with.
    """

    def __init__(self, function, lab, prefix: str, stop):
        super().__init__(function, lab, prefix, stop)
        self.prefix, self.old, self.look = f"{prefix}:reports:", lab.client(db=1), lab.client(db=1)
        Tap(self.old, stop).before = lambda command: self.tap.before(command)
        self.old.ping()  # so that no SELECT is among the commands before which it dies

    def prepare(self) -> None:
        self.redis.set(NAME, THEIRS)
        for number, (name, value) in enumerate(REPORTS.items()):
            self.look.set(name, value) if isinstance(value, str) else self.look.rpush(name, *value)
            if number % 2 == 0:
                self.look.expire(name, TTL)

    def call(self):
        return self.function(self.old, self.client, self.prefix)

    def misplaced(self) -> list[str]:
        """The reports that are not in database 0 under their new names, with their values, or still in database 1 too."""
        there = [name for name, value in REPORTS.items() if held(self.redis, self.prefix + name) == value]
        return sorted(name for name in REPORTS if name not in there or self.look.exists(name))

    def client_of(self, *_):
        """The move, as a client of a race in database 1."""
        new = self.ground.clients(1)[0]

        def moves(old):
            self.function(old, new, self.prefix)

        return moves

    def mover_dies(self):
        """A race of one that may die, and runs again."""

        def moved():
            self.call()
            wrong = self.misplaced()
            return f"it died, and after a second run {wrong[0]} is not where it belongs" if wrong else ""

        return self.race(self.client_of(), dies=True, expect=moved, db=1)

    def writer_meanwhile(self):
        """A race: an application still writes a report into database 1 while it is moved."""

        def writes(old):
            old.set(NAME, NEWER)

        def given(client):
            self.look.set(NAME, REPORTS[NAME])

        def kept(client):
            self.function(self.look, self.redis, self.prefix)  # once more, for what was written too late
            found = held(self.redis, self.prefix + NAME)
            return "" if found == NEWER else f"after a second run the report is {found!r}; wanted {NEWER!r}"

        return races(self.client_of(), writes, given=given, expect=kept, lab=self.ground, db=1)


class ToPrefix(Exercise):
    """COPY into database 0, and UNLINK, in one transaction for each key."""

    name, context = "to-prefix", DatabaseContext

    @requirement(
        "Every key of database 1, of whatever type, is in database 0 under the prefix, and no longer in 1", hint=1
    )
    def moved(self, context):
        context.call()
        wrong = context.misplaced()
        there = f"{count(len(REPORTS) - len(wrong), 'key')} of {len(REPORTS)}"
        return not wrong, f"{there}, not {wrong[0]}" if wrong else there

    @requirement("The shop's key of the same name in database 0 is as it was", hint=2)
    def theirs(self, context):
        context.call()
        found = held(context.redis, NAME)
        return found == THEIRS, f"{NAME} in database 0 is {found!r}; it was {THEIRS!r}"

    @requirement("Each key expires when it would have, or never", hint=3)
    def expiry(self, context):
        context.call()
        ending, lasting = (context.left(context.prefix + name) for name in list(REPORTS)[:2])
        seen = f"a key that had {TTL} s left is kept {life(ending)}, one without a TTL {life(lasting)}"
        return near(ending, TTL) and lasting == -1, seen

    @requirement("If the process dies before any command and runs again, everything has moved", hint=4)
    def death(self, context):
        return no_schedule_breaks(context.mover_dies())

    @requirement("What an application still writes into database 1 meanwhile is not lost", hint=5)
    def race(self, context):
        return no_schedule_breaks(context.writer_meanwhile())


def held(client, name: str):
    """A text, a list of texts, or None."""
    kind = client.type(name)
    return client.get(name) if kind == "string" else client.lrange(name, 0, -1) if kind == "list" else None
