"""An increment that loses nothing: no other client's, no TTL, no digit."""

from redislab.study.checks import CheckContext, Exercise, die, expire, life, near, requirement

NAME, TTL, LEFT = "orders", 3600, 600  # s
BIG = 2**53 + 1


class CounterContext(CheckContext):
    """A context in which there may be a counter."""

    @property
    def key(self) -> str:
        return self.keys.counter(NAME)

    def begin_at(self, number: int = 30) -> None:
        """A counter with some time left."""
        self.redis.set(self.key, number, ex=LEFT)

    def add(self) -> tuple[str, str, str]:
        """What a call returns and stores; and both in words."""
        got, stored = self.call(NAME, 10), self.redis.get(self.key)
        return str(got), stored, f"{stored!r} is stored, {life(self.left(self.key))}, and {got!r} was returned"


class CountOnce(Exercise):
    """INCRBY counts, and a new counter gets its TTL in the same step."""

    name, context, arguments = "count-once", CounterContext, (NAME, 10)

    @requirement("30 and 10 make 40, which is stored and returned, and the counter expires when it would have", hint=1)
    def adds(self, context):
        context.begin_at()
        got, stored, seen = context.add()
        right = got == stored == "40" and near(context.left(context.key), LEFT)
        return right, f"{seen}; there were {LEFT} s left"

    @requirement(f"A counter that does not exist yet begins at 0, and is kept for {TTL} s", hint=2)
    def first(self, context):
        got, stored, seen = context.add()
        return got == stored == "10" and near(context.left(context.key), TTL), seen

    @requirement(
        "What another client adds meanwhile is not lost", hint=3, given=CounterContext.begin_at,
        whenever=lambda context, client: client.incrby(context.key, 5),
    )  # fmt: skip
    def another(self, context):
        stored = context.redis.get(context.key)
        return stored == "45", f"30, 10 and the 5 that came between two commands make {stored}; wanted 45"

    @requirement("A process that dies half-way leaves no counter without a TTL", hint=4, whenever=die)
    def death(self, context):
        return self.expires(context, "the process died")

    @requirement("A new counter that expires half-way has a TTL again", hint=5, whenever=expire)
    def new_end(self, context):
        return self.expires(context, "the counter expired")

    @requirement("So has one that was there before", hint=6, given=CounterContext.begin_at, whenever=expire)
    def end(self, context):
        return self.expires(context, "the counter expired")

    @requirement("It counts to the last digit, beyond 2^53 too, and returns what it has counted", hint=7)
    def exact(self, context):
        context.begin_at(BIG)
        got, stored, _ = context.add()
        seen = f"{BIG} and 10 are stored as {stored}, and {got} was returned; wanted {BIG + 10}"
        return got == stored == str(BIG + 10), seen

    def expires(self, context, what: str) -> tuple[bool, str]:
        endless = context.left(context.key) == -1
        return not endless, f"{what} between two commands, and there is a counter that is kept for ever"
