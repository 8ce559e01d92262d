"""Extend a session that is there; one that has ended stays ended, whenever it ends."""

from redislab.study.checks import Exercise, Scene, count, life, near, requirement

ID, TTL, LEFT = "3f9c", 1800, 300  # s
OLD = {"user": "42", "page": "/home"}
PAGE = "/cart"


class TouchSession(Exercise):
    """Whether it is there, what is written, and its new end are one step."""

    name = "touch-session"

    @requirement(f"A living session has the new page and {TTL} s again, and True is returned", hint=1)
    def living(self, scene: Scene):
        key = self.have(scene)
        got, page, left = scene.call(ID, PAGE), scene.server.hget(key, "page"), scene.left(key)
        return got is True and page == PAGE and near(
            left, TTL
        ), f"page {page!r}, {life(left)}, and {got!r} was returned"

    @requirement("What else is in it stays", hint=1)
    def others(self, scene: Scene):
        key = self.have(scene)
        scene.call(ID, PAGE)
        user = scene.server.hget(key, "user")
        return user == OLD["user"], f"it says user {user!r}; wanted {OLD['user']!r}"

    @requirement("Of one that has ended nothing is written, and False is returned", hint=2)
    def ended(self, scene: Scene):
        got, kept = scene.call(ID, PAGE), scene.kept()
        back = f"there is a session again, kept {life(scene.left(kept[0]))}" if kept else "there is none"
        return got is False and not kept, f"{back}, and {got!r} was returned"

    @requirement("One that ends half-way stays ended too", hint=3)
    def ending(self, scene: Scene):
        moments = 0
        for moment in scene.moments(scene.forget):
            key = self.have(scene)
            moment(ID, PAGE)
            if moment.came and (back := scene.server.hgetall(key)):
                return False, f"it ended between two commands, and came back as {back}, kept {life(scene.left(key))}"
            moments += moment.came
        return True, f"it ended at {count(moments, 'moment')}, and did not come back"

    @requirement("Whoever dies half-way has written both the page and the end, or nothing", hint=3)
    def death(self, scene: Scene):
        for dying in scene.deaths():
            key = self.have(scene)
            dying(ID, PAGE)
            page, left = scene.server.hget(key, "page"), scene.left(key)
            if (page == PAGE) != near(left, TTL):
                return False, f"the process died between two commands, and left page {page!r}, {life(left)}"
        return True, "it did, at each moment"

    def have(self, scene: Scene) -> str:
        """A session with some time left; its key."""
        key = scene.keys.session(ID)
        scene.note(key)
        scene.server.pipeline().delete(key).hset(key, mapping=OLD).expire(key, LEFT).execute()
        return key
