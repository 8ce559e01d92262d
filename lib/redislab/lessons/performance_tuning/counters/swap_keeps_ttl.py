"""Change a value only if it is what it was thought to be; and leave its end alone."""

from redislab.study.checks import Exercise, Scene, life, near, requirement

NAME, OLD, NEW, OTHER = "version", "1.20", "1.21", "2.0"
LEFT, LONGER = 600, 5000  # s


class SwapKeepsTtl(Exercise):
    """One script: GET, compare, SET with KEEPTTL."""

    name = "swap-keeps-ttl"

    @requirement("If it holds the old value, it holds the new one, and True is returned", hint=1)
    def equal(self, scene: Scene):
        key = self.have(scene)
        got, value = scene.call(NAME, OLD, NEW), scene.server.get(key)
        return got is True and value == NEW, f"it holds {value!r}, and {got!r} was returned"

    @requirement("If it holds another one, or what only looks like it, nothing changes: False", hint=1)
    def different(self, scene: Scene):
        for old in (OTHER, "1.2"):
            key = self.have(scene)
            got, value = scene.call(NAME, old, NEW), scene.server.get(key)
            if got is not False or value != OLD:
                return False, f"it held {OLD!r}, {old!r} was expected; now it holds {value!r}, and {got!r} was returned"
        return True, "it is as it was"

    @requirement("If there is nothing, nothing is made: False", hint=1)
    def absent(self, scene: Scene):
        got, kept = scene.call(NAME, OLD, NEW), scene.kept()
        return got is False and not kept, f"there is {'a key now' if kept else 'none'}, and {got!r} was returned"

    @requirement("It ends when it would have ended", hint=2)
    def ends(self, scene: Scene):
        key = self.have(scene)
        scene.call(NAME, OLD, NEW)
        return near(scene.left(key), LEFT), f"it had {LEFT} s left, and is kept {life(scene.left(key))}"

    @requirement("What had no end has none afterwards", hint=2)
    def endless(self, scene: Scene):
        key = self.have(scene, None)
        got = scene.call(NAME, OLD, NEW)
        return scene.left(key) == -1 and got is True, f"it is kept {life(scene.left(key))}, and {got!r} was returned"

    @requirement("Another writer, at any moment, is not overwritten", hint=3)
    def another(self, scene: Scene):
        key = scene.keys.entity("config", NAME)
        for moment in scene.moments(lambda: scene.server.set(key, OTHER, keepttl=True)):
            self.have(scene)
            got = moment(NAME, OLD, NEW)
            if moment.came and (value := scene.server.get(key)) != OTHER:
                return False, f"{OTHER!r} came between two commands, and is lost: {value!r}, and {got!r} was returned"
        return True, "none is lost, at each moment"

    @requirement("Nor is another's EXPIRE; and whoever dies half-way does not take the end away", hint=3)
    def another_end(self, scene: Scene):
        key = scene.keys.entity("config", NAME)
        for moment in scene.moments(lambda: scene.server.expire(key, LONGER)):
            self.have(scene)
            moment(NAME, OLD, NEW)
            if moment.came and not near(left := scene.left(key), LONGER):
                return False, f"{LONGER} s were given to it between two commands, and it is kept {life(left)}"
        for dying in scene.deaths():
            self.have(scene)
            dying(NAME, OLD, NEW)
            if not near(left := scene.left(key), LEFT):
                return False, f"the process died between two commands, and it is kept {life(left)}"
        return True, "it ends as it should, at each moment"

    def have(self, scene: Scene, left: int | None = LEFT) -> str:
        """The old value, with some time left; its key."""
        key = scene.keys.entity("config", NAME)
        scene.note(key)
        scene.server.set(key, OLD, ex=left)
        return key
