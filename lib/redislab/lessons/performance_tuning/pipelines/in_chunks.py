"""Read thousands of keys: in few round trips, none of which is long."""

from redislab.study.checks import Exercise, Scene, count, requirement

KEYS, EACH, MOST, FEW_TRIPS = 1234, 7, 500, 6  # each 7th key is not there


class InChunks(Exercise):
    """A pipeline, or an MGET, for each so many ids, and the rest that is left over."""

    name = "in-chunks"
    trips = None  # of one call; it is judged by two requirements

    @requirement("The values come in the order of the ids, None where there is none", hint=1)
    def ordered(self, scene: Scene):
        wanted = self.have(scene)[: 2 * MOST]
        got = list(scene.call(range(len(wanted))))
        return got == wanted, told(got, wanted)

    @requirement(f"{KEYS} ids take {FEW_TRIPS} round trips at most", hint=1)
    def few(self, scene: Scene):
        trips = self.trips = self.sent(scene)
        return len(trips) <= FEW_TRIPS, f"{count(len(trips), 'round trip')} for {KEYS} ids"

    @requirement(f"None of them asks for more than {MOST}", hint=2)
    def bounded(self, scene: Scene):
        longest = max((sum(len(command) - 1 for command in trip) for trip in self.trips or ()), default=0)
        return longest <= MOST, f"one round trip asks for {longest}"

    @requirement("Any number of ids will do: 1, some that are left over, and none at all", hint=3)
    def any_number(self, scene: Scene):
        wanted = self.have(scene)
        for number in (1, KEYS, 0):
            got = list(scene.call(range(number)))
            if got != wanted[:number]:
                return False, f"with {count(number, 'id')} {told(got, wanted[:number])}"
        return True, "each has its value"

    @requirement("The ids may come from a generator, which can be walked through once", hint=3)
    def generated(self, scene: Scene):
        wanted = self.have(scene)
        got = list(scene.call(number for number in range(KEYS)))
        return got == wanted, told(got, wanted)

    def sent(self, scene: Scene) -> list:
        self.have(scene)
        scene.round_trips()
        scene.call(range(KEYS))
        return scene.round_trips()

    def have(self, scene: Scene) -> list:
        """The value of each id."""
        values = [None if number % EACH == 0 else f"user {number}" for number in range(KEYS)]
        names = [scene.keys.user(number) for number in range(KEYS)]
        scene.note(*names)
        pipeline = scene.server.pipeline(transaction=False)
        for name, value in zip(names, values, strict=True):
            if value:
                pipeline.set(name, value)
        pipeline.execute()
        return values


def told(got: list, wanted: list) -> str:
    if len(got) != len(wanted):
        return f"{count(len(got), 'value')} came; wanted {len(wanted)}"
    wrong = sum(one != other for one, other in zip(got, wanted, strict=True))
    return f"{wrong} of {len(wanted)} are another's" if wrong else f"{count(len(got), 'value')}, each in its place"
