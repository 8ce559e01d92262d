"""An increment that loses nothing: no other's, no TTL, no digit."""

from redislab.study.checks import Exercise, Scene, life, near, requirement

NAME, TTL, LEFT = "orders", 3600, 600  # s
BIG = 2**53 + 1


class CountOnce(Exercise):
    """INCRBY counts, and a new counter has its TTL in the same step."""

    name = "count-once"

    @requirement("30 and 10 make 40, which is stored and returned, and the counter ends when it did", hint=1)
    def adds(self, scene: Scene):
        key = self.have(scene, 30)
        got, stored, left = scene.call(NAME, 10), scene.server.get(key), scene.left(key)
        seen = f"{stored!r} is stored, {life(left)}, and {got!r} was returned; there were {LEFT} s left"
        return str(got) == stored == "40" and near(left, LEFT), seen

    @requirement(f"A counter that is not there yet begins at 0, and is kept for {TTL} s", hint=2)
    def first(self, scene: Scene):
        got, key = scene.call(NAME, 10), scene.keys.counter(NAME)
        stored, left = scene.server.get(key), scene.left(key)
        return (
            str(got) == stored == "10" and near(left, TTL),
            f"{stored!r} is stored, {life(left)}, and {got!r} was returned",
        )

    @requirement("What another adds meanwhile is not lost", hint=3)
    def another(self, scene: Scene):
        key = scene.keys.counter(NAME)
        for moment in scene.moments(lambda: scene.server.incrby(key, 5)):
            self.have(scene, 30)
            moment(NAME, 10)
            stored, wanted = scene.server.get(key), "45" if moment.came else "40"
            if stored != wanted:
                return False, f"30, 10 and the 5 that came between two commands make {stored}; wanted {wanted}"
        return True, "30 and 10 and 5 make 45, at each moment"

    @requirement("Whoever dies half-way leaves no counter without an end", hint=3)
    def death(self, scene: Scene):
        return self.ends(scene, scene.deaths(), "the process died")

    @requirement("Nor is there one after a counter that ended half-way", hint=3)
    def end(self, scene: Scene):
        for present in (False, True):
            met, seen = self.ends(scene, scene.moments(scene.forget), "the counter ended", present)
            if not met:
                break
        return met, seen

    @requirement("It counts to the last digit, beyond 2^53 too, and returns what it has counted", hint=4)
    def exact(self, scene: Scene):
        key = self.have(scene, BIG)
        got, stored = scene.call(NAME, 10), scene.server.get(key)
        seen = f"{BIG} and 10 are stored as {stored}, and {got!r} was returned; wanted {BIG + 10}"
        return str(got) == stored == str(BIG + 10), seen

    def ends(self, scene: Scene, moments, what: str, present: bool = False):
        for moment in moments:
            scene.forget()
            if present:
                self.have(scene, 30)
            moment(NAME, 10)
            if scene.left(scene.keys.counter(NAME)) == -1:
                return False, f"{what} between two commands, and there is a counter that is kept for ever"
        return True, "each ends, whenever that is"

    def have(self, scene: Scene, number: int) -> str:
        """A counter with some time left; its key."""
        key = scene.keys.counter(NAME)
        scene.note(key)
        scene.server.set(key, number, ex=LEFT)
        return key
