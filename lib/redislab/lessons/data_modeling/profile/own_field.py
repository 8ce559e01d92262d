"""Change two fields of a profile as what they are: fields, not a profile that is written back."""

from redislab.study.checks import Exercise, Scene, life, near, requirement

ID, TTL = 42, 600
OLD = {"name": "Ada", "city": "London", "points": "30", "theme": "dark"}
CITY, POINTS = "Turin", 10


class OwnField(Exercise):
    """HSET for what is set, HINCRBY for what is counted, MULTI around both: nothing is read, so nothing is overwritten."""

    name = "own-field"

    @requirement("The city is the new one, the points are added, and their new number is returned", hint=1)
    def changed(self, scene: Scene):
        self.have(scene)
        got, now = self.move(scene.call), self.profile(scene)
        seen = f"city {now.get('city')!r}, points {now.get('points')!r}, and {got!r:.40} was returned"
        return (now.get("city"), now.get("points"), str(got)) == (CITY, "40", "40"), seen

    @requirement("The other fields, and how long the profile is kept, are as they were", hint=1)
    def others(self, scene: Scene):
        self.have(scene)
        self.move(scene.call)
        now, left = self.profile(scene), scene.left(scene.keys.profile(ID))
        lost = [field for field in OLD if field not in now] + sorted(now.keys() - OLD)
        same = not lost and all(now[field] == OLD[field] for field in ("name", "theme"))
        seen = f"{', '.join(lost)} came or went" if lost else "the fields are there" if same else "others have changed"
        return same and near(left, TTL), f"{seen}, and the profile is kept {life(left)}"

    @requirement("Another writer's field survives, whenever it is written", hint=1)
    def another_field(self, scene: Scene):
        key = scene.keys.profile(ID)
        for moment in scene.moments(lambda: scene.server.hset(key, "theme", "light")):
            self.have(scene)
            self.move(moment)
            if moment.came and (theme := self.profile(scene).get("theme")) != "light":
                return False, f"between two commands another one set the theme to 'light', and now it is {theme!r}"
        return True, "it did, at each moment"

    @requirement("Points that another adds meanwhile are not lost", hint=2)
    def another_count(self, scene: Scene):
        key = scene.keys.profile(ID)
        for moment in scene.moments(lambda: scene.server.hincrby(key, "points", 5)):
            self.have(scene)
            self.move(moment)
            points, wanted = self.profile(scene).get("points"), 45 if moment.came else 40
            if points != str(wanted):
                return False, f"30 points, 10 of yours and 5 that came between two commands make {points}; wanted 45"
        return True, "30 and 10 and 5 make 45, at each moment"

    @requirement("Whoever dies half-way has changed both, or nothing", hint=3)
    def death(self, scene: Scene):
        for dying in scene.deaths():
            self.have(scene)
            self.move(dying)
            city, points = map(self.profile(scene).get, ("city", "points"))
            if (city == CITY) != (points == "40"):
                return False, f"the process died between two commands, and left the city {city!r} with {points} points"
        return True, "it did, at each moment"

    def move(self, call):
        return call(ID, CITY, POINTS)

    def have(self, scene: Scene) -> None:
        """The profile, as if never changed."""
        key = scene.keys.profile(ID)
        scene.note(key)
        scene.server.pipeline().delete(key).hset(key, mapping=OLD).expire(key, TTL).execute()

    def profile(self, scene: Scene) -> dict:
        key = scene.keys.profile(ID)
        kind = scene.server.type(key)
        return scene.server.hgetall(key) if kind == "hash" else {"city": f"no hash any more, but a {kind}"}
