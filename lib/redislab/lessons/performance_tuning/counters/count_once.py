"""An increment that loses nothing: no other client's, no TTL, no digit."""

from redislab.study.checks import CheckContext, Exercise, life, near, requirement

NAME, TTL, LEFT = "orders", 3600, 600  # s
BIG = 2**53 + 1


class CounterContext(CheckContext):
    """A context in which there may be a counter."""

    @property
    def key(self) -> str:
        return self.keys.counter(NAME)

    def have(self, number: int) -> None:
        """A counter with some time left."""
        self.redis.set(self.key, number, ex=LEFT)

    def add(self) -> tuple[str, str, str]:
        """What a call returns and stores; and both in words."""
        got, stored = self.call(NAME, 10), self.redis.get(self.key)
        return str(got), stored, f"{stored!r} is stored, {life(self.left(self.key))}, and {got!r} was returned"


class CountOnce(Exercise):
    """INCRBY counts, and a new counter gets its TTL in the same step."""

    name, context = "count-once", CounterContext

    @requirement("30 and 10 make 40, which is stored and returned, and the counter expires when it would have", hint=1)
    def adds(self, context):
        context.have(30)
        got, stored, seen = context.add()
        right = got == stored == "40" and near(context.left(context.key), LEFT)
        return right, f"{seen}; there were {LEFT} s left"

    @requirement(f"A counter that does not exist yet begins at 0, and is kept for {TTL} s", hint=2)
    def first(self, context):
        got, stored, seen = context.add()
        return got == stored == "10" and near(context.left(context.key), TTL), seen

    @requirement("What another client adds meanwhile is not lost", hint=3)
    def another(self, context):
        for moment in context.moments(lambda: context.redis.incrby(context.key, 5)):
            context.have(30)
            moment(NAME, 10)
            stored, wanted = context.redis.get(context.key), "45" if moment.came else "40"
            if stored != wanted:
                return False, f"30, 10 and the 5 that came between two commands make {stored}; wanted {wanted}"
        return True, "30 and 10 and 5 make 45, at each moment"

    @requirement("A process that dies half-way leaves no counter without a TTL", hint=3)
    def death(self, context):
        return self.expires(context, context.deaths(), "the process died")

    @requirement("Nor does a counter that expires half-way", hint=3)
    def end(self, context):
        met, seen = self.expires(context, context.moments(context.empty), "the counter ended")
        return self.expires(context, context.moments(context.empty), "the counter ended", 30) if met else (met, seen)

    @requirement("It counts to the last digit, beyond 2^53 too, and returns what it has counted", hint=4)
    def exact(self, context):
        context.have(BIG)
        got, stored, _ = context.add()
        seen = f"{BIG} and 10 are stored as {stored}, and {got} was returned; wanted {BIG + 10}"
        return got == stored == str(BIG + 10), seen

    def expires(self, context, moments, what: str, number: int | None = None) -> tuple[bool, str]:
        """Whether the counter has a TTL after each of these calls, before which it was at `number`, or did not exist."""
        for moment in moments:
            if number is not None:
                context.have(number)
            moment(NAME, 10)
            if context.left(context.key) == -1:
                return False, f"{what} between two commands, and there is a counter that is kept for ever"
        return True, "each expires, whenever that is"
