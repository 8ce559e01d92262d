"""Count requests: admit exactly the limit, in a window that no request prolongs and that always ends."""

from redislab.lessons.data_modeling.rate_limits.limits import LIMIT, WINDOW, LimitContext
from redislab.study.checks import Exercise, die, expire, life, lives, near, requirement

ASKED = 12
LEFT = 20  # s


class FixedWindow(Exercise):
    """INCR counts and answers in one step; the counter gets its TTL once, when it is created."""

    name, context, arguments = "fixed-window", LimitContext, ("ada", LIMIT, WINDOW)

    @requirement(f"Of {ASKED} requests the first {LIMIT} are admitted, and as many of another subject's", hint=1)
    def admitted(self, context):
        wanted = [True] * LIMIT + [False] * (ASKED - LIMIT)
        for subject in ("ada", "bob"):
            got = [context.ask(subject) for _ in range(ASKED)]
            if got != wanted:
                first = "" if got.count(True) != LIMIT else ", but not the first"
                return False, f"{got.count(True)} of {ASKED} were admitted of {subject}{first}; wanted {LIMIT}"
        return True, f"{LIMIT} of {ASKED}, twice"

    @requirement("If one place is left and two requests race for it, one of them gets it", hint=2)
    def last_place(self, context):
        return context.last_place()

    @requirement(f"The window ends {WINDOW} s after its first request", hint=3)
    def ends(self, context):
        context.ask()
        kept = [context.left(key) for key in context.names()] or [-2]
        return all(near(left, WINDOW) for left in kept), f"the counter is kept {lives(kept)}"

    @requirement("No later request prolongs it, admitted or refused", hint=4)
    def not_prolonged(self, context):
        context.ask()
        for key in context.names():
            context.redis.expire(key, LEFT)
        for _ in range(2 * LIMIT):
            context.ask()
        longest = max(map(context.left, context.names()), default=-2)
        seen = f"with {LEFT} s left came {2 * LIMIT} requests, and then the counter was kept {life(longest)}"
        return near(longest, LEFT), seen

    @requirement("A process that dies half-way leaves no counter without a TTL", hint=5, whenever=die)
    def death(self, context):
        return self.expires(context, "the process died")

    @requirement("Nor does a request whose window ends half-way", hint=6, given=LimitContext.ask, whenever=expire)
    def end(self, context):
        return self.expires(context, "the window ended")

    def expires(self, context, what: str) -> tuple[bool, str]:
        endless = any(context.left(key) == -1 for key in context.names())
        return not endless, f"{what} between two commands, and the counter is kept for ever"
