"""A log of admissions in one script: on the server's clock, with an entry for each, however many a tick."""

import contextlib
import time

from redislab.lessons.data_modeling.rate_limits.limits import LIMIT, WINDOW, LimitContext
from redislab.study.checks import Exercise, life, requirement

OFF = 3600.0  # s, by which a caller's clock is wrong
UNITS = (1.0, 1e3, 1e6)  # in a second
CLOSE = 5.0  # s, for two readings of one clock


class LogContext(LimitContext):
    """A context whose function keeps a log of what it admitted."""

    @property
    def log(self) -> str:
        return self.keys.limit("log", "ada")

    def entries(self) -> list[tuple[str, float]]:
        return self.redis.zrange(self.log, 0, -1, withscores=True)

    def age(self, seconds: float) -> None:
        """Make all entries look so much older."""
        for entry, score in self.entries():
            unit = max((each for each in UNITS if each <= score / 1e9), default=1.0)
            self.redis.zadd(self.log, {entry: score - seconds * unit})

    def offset(self, value: float) -> float | None:
        """How many seconds a time in s, ms or µs is ahead of the server's clock; None if it is not a time near now."""
        seconds, micros = self.redis.time()
        now = seconds + micros / 1e6
        return next((value / unit - now for unit in UNITS if abs(value / unit - now) < 1e7), None)


class SlidingLog(Exercise):
    """One script trims, counts and adds; it asks the server for the time, and names each entry differently."""

    name, context = "sliding-log", LogContext

    @requirement(f"At most {LIMIT} are admitted, and a refused one leaves no entry", hint=1)
    def admitted(self, context):
        got, entries = [context.ask() for _ in range(3 * LIMIT)], len(context.entries())
        seen = f"{got.count(True)} of {len(got)} were admitted, and the log holds {entries} entries"
        return got.count(True) == entries == LIMIT and all(got[:LIMIT]), f"{seen}; wanted {LIMIT} and {LIMIT}"

    @requirement("Admissions older than the window no longer count, and younger ones do", hint=2)
    def slides(self, context):
        for _ in range(LIMIT):
            context.ask()
        context.age(0.75 * WINDOW)
        early = context.ask()
        context.age(0.75 * WINDOW)
        late, entries = context.ask(), len(context.entries())
        seen = f"after 45 s it was {said(early)}, after 90 s {said(late)}, with {entries} in the log"
        return not early and late and entries == 1, f"{seen}; wanted refused, admitted, 1"

    @requirement(f"The log expires when there was no request for {WINDOW} s", hint=3)
    def ends(self, context):
        context.ask()
        context.redis.expire(context.log, 5)  # as if it were some time ago
        context.ask()
        left = context.left(context.log)
        return 0.9 * WINDOW <= left <= 2 * WINDOW, f"after a second request it is kept {life(left)}; wanted {WINDOW} s"

    @requirement("If one place is left and two requests race for it, one of them gets it", hint=4)
    def last_place(self, context):
        return context.last_place()

    @requirement("A caller whose clock is an hour fast changes nothing", hint=5)
    def clock(self, context):
        with shifted_clock(OFF):
            context.ask()
        for _, score in context.entries():
            off = context.offset(score)
            return off is not None and abs(off) < CLOSE, f"its entry is {about(off)}"
        return False, "there is no entry in the log"

    @requirement("An entry's name is not its time: in one tick there may be two", hint=6)
    def members(self, context):
        for _ in range(3):
            context.ask()
        for entry, _ in context.entries():
            with contextlib.suppress(ValueError):  # not a number, and so not a time
                if context.offset(float(entry)) is not None:
                    return False, f"an entry is called {entry!r}: the next one of that tick would take its place"
        return True, f"such as {entry!r:.60}"


def about(off: float | None) -> str:
    if off is None:
        return "not a time in s, ms or µs"
    return "on the server's clock" if abs(off) < CLOSE else f"{off:+.0f} s off the server's clock"


def said(admitted: bool) -> str:
    return "admitted" if admitted else "refused"


@contextlib.contextmanager
def shifted_clock(seconds: float):
    """Have this process's clock go wrong."""
    plain, plain_ns = time.time, time.time_ns
    time.time, time.time_ns = lambda: plain() + seconds, lambda: plain_ns() + int(seconds * 1e9)
    try:
        yield
    finally:
        time.time, time.time_ns = plain, plain_ns
