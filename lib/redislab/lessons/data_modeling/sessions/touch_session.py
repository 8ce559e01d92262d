"""Extend a session that exists; one that has expired stays expired, whenever it expires."""

from redislab.study.checks import CheckContext, Exercise, die, expire, life, near, requirement

ID, TTL, LEFT = "3f9c", 1800, 300  # s
OLD = {"user": "42", "page": "/home"}
PAGE = "/cart"


class SessionContext(CheckContext):
    """A context with a session that has some time left."""

    @property
    def key(self) -> str:
        return self.keys.session(ID)

    def prepare(self) -> None:
        self.redis.hset(self.key, mapping=OLD)
        self.redis.expire(self.key, LEFT)

    def page(self) -> tuple[str | None, float]:
        """The page in it, and the time that it has left."""
        return self.redis.hget(self.key, "page"), self.left(self.key)


class TouchSession(Exercise):
    """The look whether it exists, the write and the new TTL are one step."""

    name, context, arguments = "touch-session", SessionContext, (ID, PAGE)

    @requirement(f"A session that exists has the new page and {TTL} s again, and True is returned", hint=1)
    def living(self, context):
        got, (page, left) = context.call(ID, PAGE), context.page()
        seen = f"page {page!r}, {life(left)}, and {got!r} was returned"
        return got is True and page == PAGE and near(left, TTL), seen

    @requirement("Its other fields stay", hint=2)
    def others(self, context):
        context.call(ID, PAGE)
        user = context.redis.hget(context.key, "user")
        return user == OLD["user"], f"it says user {user!r}; wanted {OLD['user']!r}"

    @requirement("For one that has expired nothing is written, and False is returned", hint=3)
    def ended(self, context):
        context.empty()
        got, names = context.call(ID, PAGE), context.names()
        back = f"there is a session again, kept {life(context.left(names[0]))}" if names else "there is none"
        return got is False and not names, f"{back}, and {got!r} was returned"

    @requirement("One that expires half-way stays expired too", hint=4, whenever=expire)
    def ending(self, context):
        back, left = context.redis.hgetall(context.key), life(context.left(context.key))
        return not back or "user" in back, f"it ended between two commands, and came back as {back}, kept {left}"

    @requirement("A process that dies half-way has written both the page and the TTL, or nothing", hint=5, whenever=die)
    def death(self, context):
        page, left = context.page()
        half = f"the process died between two commands, and left page {page!r}, {life(left)}"
        return (page == PAGE) == near(left, TTL), half
