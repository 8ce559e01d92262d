"""Count requests: exactly the limit, in a window that nobody prolongs and that always ends."""

from redislab.lessons.data_modeling.rate_limits.limits import LIMIT, WINDOW, ask, last_place
from redislab.study.checks import Exercise, Scene, life, near, requirement

ASKED = 12
LEFT = 20  # s


class FixedWindow(Exercise):
    """INCR counts and answers in one step; its TTL comes once, and with it."""

    name = "fixed-window"

    @requirement(f"Of {ASKED} requests the first {LIMIT} are admitted, and of another subject's as well", hint=1)
    def admitted(self, scene: Scene):
        wanted = [True] * LIMIT + [False] * (ASKED - LIMIT)
        for who in ("ada", "bob"):
            got = [ask(scene, who) for _ in range(ASKED)]
            if got != wanted:
                first = "" if got.count(True) != LIMIT else ", but not the first"
                return False, f"{got.count(True)} of {ASKED} were admitted of {who}{first}; wanted {LIMIT}"
        return True, f"{LIMIT} of {ASKED}, twice"

    @requirement("If one place is left and two ask at once, one of them has it", hint=1)
    def last_place(self, scene: Scene):
        return last_place(scene)

    @requirement(f"The window ends {WINDOW} s after its first request", hint=2)
    def ends(self, scene: Scene):
        ask(scene)
        lives = [scene.left(key) for key in scene.kept()] or [-2]
        return all(near(left, WINDOW) for left in lives), f"the counter is kept {' and '.join(map(life, lives))}"

    @requirement("No later request prolongs it, admitted or refused", hint=2)
    def not_prolonged(self, scene: Scene):
        ask(scene)
        for key in scene.kept():
            scene.server.expire(key, LEFT)
        for _ in range(2 * LIMIT):
            ask(scene)
        longest = max(map(scene.left, scene.kept()), default=-2)
        seen = f"with {LEFT} s left came {2 * LIMIT} requests, and then the counter was kept {life(longest)}"
        return near(longest, LEFT), seen

    @requirement("Whoever dies half-way leaves no counter without an end", hint=3)
    def death(self, scene: Scene):
        for turn, dying in enumerate(scene.deaths()):
            dying(f"ada{turn}", LIMIT, WINDOW)
            if any(scene.left(key) == -1 for key in scene.kept()):
                return False, "the process died between two commands, and its counter is kept for ever"
        return True, f"it died at {turn} moments, and each counter ends"

    @requirement("Nor does one whose window ends half-way", hint=3)
    def end(self, scene: Scene):
        for moment in scene.moments(scene.forget):
            ask(scene)
            moment("ada", LIMIT, WINDOW)
            if any(scene.left(key) == -1 for key in scene.kept()):
                return False, "the window ended between two commands, and the next counter is kept for ever"
        return True, "whenever it ended, the next one ends too"
