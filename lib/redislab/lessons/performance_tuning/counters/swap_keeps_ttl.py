"""Change a value only if it is what the caller expects, and leave its TTL alone."""

from redislab.study.checks import CheckContext, Exercise, life, near, requirement

NAME, OLD, NEW, OTHER = "version", "1.20", "1.21", "2.0"
LEFT, LONGER = 600, 5000  # s
SWAP = NAME, OLD, NEW


class ValueContext(CheckContext):
    """A context with one value."""

    @property
    def key(self) -> str:
        return self.keys.entity("config", NAME)

    def have(self, left: int | None = LEFT) -> None:
        """The old value, with some time left."""
        self.redis.set(self.key, OLD, ex=left)

    def time_left(self) -> float:
        return self.left(self.key)


class SwapKeepsTtl(Exercise):
    """One script: GET, compare, SET with KEEPTTL."""

    name, context = "swap-keeps-ttl", ValueContext

    @requirement("If it holds the old value, it holds the new one, and True is returned", hint=1)
    def equal(self, context):
        context.have()
        got, value = context.call(*SWAP), context.redis.get(context.key)
        return got is True and value == NEW, f"it holds {value!r}, and {got!r} was returned"

    @requirement("If it holds another one, or one that only looks like it, nothing changes: False", hint=1)
    def different(self, context):
        for old in (OTHER, "1.2"):
            context.have()
            got, value = context.call(NAME, old, NEW), context.redis.get(context.key)
            if got is not False or value != OLD:
                return False, f"it held {OLD!r}, {old!r} was expected; now it holds {value!r}, and {got!r} was returned"
        return True, "it is as it was"

    @requirement("If there is nothing, nothing is created: False", hint=1)
    def absent(self, context):
        got, names = context.call(*SWAP), context.names()
        return got is False and not names, f"there is {'a key now' if names else 'none'}, and {got!r} was returned"

    @requirement("It expires when it would have expired", hint=2)
    def ends(self, context):
        context.have()
        context.call(*SWAP)
        left = context.time_left()
        return near(left, LEFT), f"it had {LEFT} s left, and is kept {life(left)}"

    @requirement("A value without a TTL has none afterwards", hint=2)
    def endless(self, context):
        context.have(None)
        got, left = context.call(*SWAP), context.time_left()
        return left == -1 and got is True, f"it is kept {life(left)}, and {got!r} was returned"

    @requirement("Another writer, at any moment, is not overwritten", hint=3)
    def another(self, context):
        for moment in context.moments(lambda: context.redis.set(context.key, OTHER, keepttl=True)):
            context.have()
            got = moment(*SWAP)
            if moment.came and (value := context.redis.get(context.key)) != OTHER:
                return False, f"{OTHER!r} came between two commands, and is lost: {value!r}, and {got!r} was returned"
        return True, "none is lost, at each moment"

    @requirement("Nor is another writer's EXPIRE; and a process that dies half-way does not remove the TTL", hint=3)
    def another_end(self, context):
        for moment in context.moments(lambda: context.redis.expire(context.key, LONGER)):
            context.have()
            moment(*SWAP)
            if moment.came and not near(left := context.time_left(), LONGER):
                return False, f"{LONGER} s were given to it between two commands, and it is kept {life(left)}"
        for dying in context.deaths():
            context.have()
            dying(*SWAP)
            if not near(left := context.time_left(), LEFT):
                return False, f"the process died between two commands, and it is kept {life(left)}"
        return True, "it expires as it should, at each moment"
