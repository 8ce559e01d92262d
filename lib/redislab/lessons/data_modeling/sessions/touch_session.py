"""Extend a session that exists; one that has expired stays expired, whenever it expires."""

from redislab.study.checks import CheckContext, Exercise, count, life, near, requirement

ID, TTL, LEFT = "3f9c", 1800, 300  # s
OLD = {"user": "42", "page": "/home"}
PAGE = "/cart"


class SessionContext(CheckContext):
    """A context in which there may be a session."""

    @property
    def key(self) -> str:
        return self.keys.session(ID)

    def have(self) -> None:
        """A session with some time left."""
        self.redis.hset(self.key, mapping=OLD)
        self.redis.expire(self.key, LEFT)

    def page(self) -> tuple[str | None, float]:
        """The page in it, and the time that it has left."""
        return self.redis.hget(self.key, "page"), self.left(self.key)


class TouchSession(Exercise):
    """The look whether it exists, the write and the new TTL are one step."""

    name, context = "touch-session", SessionContext

    @requirement(f"A session that exists has the new page and {TTL} s again, and True is returned", hint=1)
    def living(self, context):
        context.have()
        got, (page, left) = context.call(ID, PAGE), context.page()
        seen = f"page {page!r}, {life(left)}, and {got!r} was returned"
        return got is True and page == PAGE and near(left, TTL), seen

    @requirement("Its other fields stay", hint=1)
    def others(self, context):
        context.have()
        context.call(ID, PAGE)
        user = context.redis.hget(context.key, "user")
        return user == OLD["user"], f"it says user {user!r}; wanted {OLD['user']!r}"

    @requirement("For one that has expired nothing is written, and False is returned", hint=2)
    def ended(self, context):
        got, names = context.call(ID, PAGE), context.names()
        back = f"there is a session again, kept {life(context.left(names[0]))}" if names else "there is none"
        return got is False and not names, f"{back}, and {got!r} was returned"

    @requirement("One that expires half-way stays expired too", hint=3)
    def ending(self, context):
        moments = 0
        for moment in context.moments(context.empty):
            context.have()
            moment(ID, PAGE)
            if moment.came and (back := context.redis.hgetall(context.key)):
                left = life(context.left(context.key))
                return False, f"it ended between two commands, and came back as {back}, kept {left}"
            moments += moment.came
        return True, f"it ended at {count(moments, 'moment')}, and did not come back"

    @requirement("A process that dies half-way has written both the page and the TTL, or nothing", hint=3)
    def death(self, context):
        for dying in context.deaths():
            context.have()
            dying(ID, PAGE)
            page, left = context.page()
            if (page == PAGE) != near(left, TTL):
                return False, f"the process died between two commands, and left page {page!r}, {life(left)}"
        return True, "it did, at each moment"
