"""A log of admissions in one script: on the server's clock, with an entry for each, whatever the tick."""

import contextlib
import time

from redislab.lessons.data_modeling.rate_limits.limits import LIMIT, WINDOW, ask, last_place
from redislab.study.checks import Exercise, Scene, life, requirement

OFF = 3600.0  # s, by which a caller's clock is wrong
UNITS = (1.0, 1e3, 1e6)  # in a second
CLOSE = 5.0  # s, for two readings of one clock


class SlidingLog(Exercise):
    """One script trims, counts and adds; it asks the server for the time, and names each entry anew."""

    name = "sliding-log"

    @requirement(f"At most {LIMIT} are admitted, and a refused one leaves no entry", hint=1)
    def admitted(self, scene: Scene):
        got = [ask(scene) for _ in range(3 * LIMIT)]
        entries = scene.server.zcard(self.log(scene))
        seen = f"{got.count(True)} of {len(got)} were admitted, and the log holds {entries} entries; wanted {LIMIT} and {LIMIT}"
        return got.count(True) == entries == LIMIT and all(got[:LIMIT]), seen

    @requirement("What is older than the window counts no more, and what is younger does", hint=1)
    def slides(self, scene: Scene):
        for _ in range(LIMIT):
            ask(scene)
        self.age(scene, 0.75 * WINDOW)
        early = ask(scene)
        self.age(scene, 0.75 * WINDOW)
        late, entries = ask(scene), scene.server.zcard(self.log(scene))
        seen = f"after 45 s it was {said(early)}, after 90 s {said(late)}, with {entries} in the log; "
        return not early and late and entries == 1, seen + "wanted refused, admitted, 1"

    @requirement(f"The log ends by itself when nobody has asked for {WINDOW} s", hint=1)
    def ends(self, scene: Scene):
        ask(scene)
        scene.server.expire(self.log(scene), 5)  # as if it were some time ago
        ask(scene)
        left = scene.left(self.log(scene))
        return 0.9 * WINDOW <= left <= 2 * WINDOW, f"after a second request it is kept {life(left)}; wanted {WINDOW} s"

    @requirement("If one place is left and two ask at once, one of them has it", hint=2)
    def last_place(self, scene: Scene):
        return last_place(scene)

    @requirement("A caller whose clock is an hour fast changes nothing", hint=3)
    def clock(self, scene: Scene):
        with shifted_clock(OFF):
            ask(scene)
        for _entry, score in scene.server.zrange(self.log(scene), 0, -1, withscores=True):
            off = offset(scene, score)
            return off is not None and abs(off) < CLOSE, f"its entry is {about(off)}"
        return False, "there is no entry in the log"

    @requirement("An entry is not called by its time: in one tick there may be two", hint=4)
    def members(self, scene: Scene):
        for _ in range(3):
            ask(scene)
        for entry in scene.server.zrange(self.log(scene), 0, -1):
            try:
                named = offset(scene, float(entry))
            except ValueError:
                continue
            if named is not None:
                return False, f"an entry is called {entry!r}: the next one of that tick would take its place"
        return True, f"such as {entry!r:.60}"

    def log(self, scene: Scene) -> str:
        return scene.keys.limit("log", "ada")

    def age(self, scene: Scene, seconds: float) -> None:
        """Have all entries look so much older."""
        log = self.log(scene)
        for entry, score in scene.server.zrange(log, 0, -1, withscores=True):
            unit = max((each for each in UNITS if each <= score / 1e9), default=1.0)
            scene.server.zadd(log, {entry: score - seconds * unit})


def offset(scene: Scene, value: float) -> float | None:
    """How many seconds a time in s, ms or µs is ahead of the server's clock; None if it is no time of these days."""
    seconds, micros = scene.server.time()
    now = seconds + micros / 1e6
    return next((value / unit - now for unit in UNITS if abs(value / unit - now) < 1e7), None)


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
