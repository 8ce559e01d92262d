"""Change a value only if it is what the caller expects, and leave its TTL alone."""

from redislab.study.checks import CheckContext, Exercise, die, life, near, requirement

NAME, OLD, NEW, OTHER = "version", "1.20", "1.21", "2.0"
LEFT, LONGER = 600, 5000  # s
SWAP = NAME, OLD, NEW


class ValueContext(CheckContext):
    """A context with the old value, which has some time left."""

    @property
    def key(self) -> str:
        return self.keys.entity("config", NAME)

    def prepare(self) -> None:
        self.redis.set(self.key, OLD, ex=LEFT)

    def time_left(self) -> float:
        return self.left(self.key)

    def ends(self, wanted: float, what: str) -> tuple[bool, str]:
        """Whether it has so many seconds left, after `what` came between two commands."""
        left = self.time_left()
        return near(left, wanted), f"{what} between two commands, and it is kept {life(left)}"


class SwapKeepsTtl(Exercise):
    """One script: GET, compare, SET with KEEPTTL."""

    name, context, arguments = "swap-keeps-ttl", ValueContext, SWAP

    @requirement("If it holds the old value, it holds the new one, and True is returned", hint=1)
    def equal(self, context):
        got, value = context.call(*SWAP), context.redis.get(context.key)
        return got is True and value == NEW, f"it holds {value!r}, and {got!r} was returned"

    @requirement("If it holds another value, even one that looks like it, nothing changes: False", hint=2)
    def different(self, context):
        for old in (OTHER, "1.2"):
            got, value = context.call(NAME, old, NEW), context.redis.get(context.key)
            if got is not False or value != OLD:
                return False, f"it held {OLD!r}, {old!r} was expected; now it holds {value!r}, and {got!r} was returned"
        return True, "it is as it was"

    @requirement("If there is nothing, nothing is created: False", hint=3)
    def absent(self, context):
        context.empty()
        got, names = context.call(*SWAP), context.names()
        return got is False and not names, f"there is {'a key now' if names else 'none'}, and {got!r} was returned"

    @requirement("It expires when it would have expired", hint=4)
    def ends(self, context):
        context.call(*SWAP)
        left = context.time_left()
        return near(left, LEFT), f"it had {LEFT} s left, and is kept {life(left)}"

    @requirement("A value without a TTL has none afterwards", hint=5)
    def endless(self, context):
        context.redis.persist(context.key)
        got, left = context.call(*SWAP), context.time_left()
        return left == -1 and got is True, f"it is kept {life(left)}, and {got!r} was returned"

    @requirement(
        "Another writer, at any moment, is not overwritten", hint=6,
        whenever=lambda context, client: client.set(context.key, OTHER, keepttl=True),
    )  # fmt: skip
    def another(self, context):
        value = context.redis.get(context.key)
        return value == OTHER, f"{OTHER!r} came between two commands, and is lost: {value!r}"

    @requirement(
        "Nor is another writer's EXPIRE", hint=7,
        whenever=lambda context, client: client.expire(context.key, LONGER),
    )  # fmt: skip
    def another_end(self, context):
        return context.ends(LONGER, f"{LONGER} s were given to it")

    @requirement("A process that dies half-way does not remove the TTL", hint=8, whenever=die)
    def death(self, context):
        return context.ends(LEFT, "the process died")
