"""Change two fields of a profile as fields, without writing the whole profile back."""

from redislab.study.checks import CheckContext, Exercise, die, life, near, requirement

ID, TTL = 42, 600
OLD = {"name": "Ada", "city": "London", "points": "30", "theme": "dark"}
CITY, POINTS = "Turin", 10
CHANGE = ID, CITY, POINTS


class ProfileContext(CheckContext):
    """A context with one profile."""

    @property
    def key(self) -> str:
        return self.keys.profile(ID)

    def prepare(self) -> None:
        self.redis.hset(self.key, mapping=OLD)
        self.redis.expire(self.key, TTL)

    def profile(self) -> dict:
        kind = self.redis.type(self.key)
        return self.redis.hgetall(self.key) if kind == "hash" else {"city": f"no hash any more, but a {kind}"}


class OwnField(Exercise):
    """HSET for what is set, HINCRBY for what is counted, MULTI around both: nothing is read, so nothing is overwritten."""

    name, context, arguments = "own-field", ProfileContext, CHANGE

    @requirement("The city is the new one, the points are added, and their new number is returned", hint=1)
    def changed(self, context):
        got, now = context.call(*CHANGE), context.profile()
        seen = f"city {now.get('city')!r}, points {now.get('points')!r}, and {got!r:.40} was returned"
        return (now.get("city"), now.get("points"), str(got)) == (CITY, "40", "40"), seen

    @requirement("The other fields, and the time until the profile expires, are as they were", hint=2)
    def others(self, context):
        context.call(*CHANGE)
        now, left = context.profile(), context.left(context.key)
        lost = sorted(now.keys() ^ OLD.keys())
        same = not lost and all(now[field] == OLD[field] for field in ("name", "theme"))
        seen = f"{', '.join(lost)} came or went" if lost else "the fields are there" if same else "others have changed"
        return same and near(left, TTL), f"{seen}, and the profile is kept {life(left)}"

    @requirement(
        "Another writer's field survives, whenever it is written", hint=3,
        whenever=lambda context, client: client.hset(context.key, "theme", "light"),
    )  # fmt: skip
    def another_field(self, context):
        theme = context.profile().get("theme")
        return theme == "light", f"between two commands another one set the theme to 'light', and now it is {theme!r}"

    @requirement(
        "Points that another writer adds meanwhile are not lost", hint=4,
        whenever=lambda context, client: client.hincrby(context.key, "points", 5),
    )  # fmt: skip
    def another_count(self, context):
        points = context.profile().get("points")
        return points == "45", f"30 points, 10 of yours and 5 that came between two commands make {points}; wanted 45"

    @requirement("A process that dies half-way has changed both, or nothing", hint=5, whenever=die)
    def death(self, context):
        city, points = map(context.profile().get, ("city", "points"))
        left = f"the process died between two commands, and left the city {city!r} with {points} points"
        return (city == CITY) == (points == "40"), left
