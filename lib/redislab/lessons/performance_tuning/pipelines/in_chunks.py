"""Read thousands of keys: in few round trips, none of which is long."""

from redislab.study.checks import CheckContext, Exercise, count, requirement

KEYS, EACH, MOST, FEW_TRIPS = 1234, 7, 500, 6  # each 7th key does not exist
VALUES = [None if number % EACH == 0 else f"user {number}" for number in range(KEYS)]


class UsersContext(CheckContext):
    """A context with many users."""

    def prepare(self) -> None:
        self.redis.mset({self.keys.user(number): value for number, value in enumerate(VALUES) if value})


class InChunks(Exercise):
    """A pipeline, or an MGET, for each chunk of ids, the last one shorter than the others."""

    name, context = "in-chunks", UsersContext

    @requirement("The values come in the order of the ids, None where there is none", hint=1)
    def ordered(self, context):
        return compare(context.call(range(2 * MOST)), VALUES[: 2 * MOST])

    @requirement(f"{KEYS} ids take {FEW_TRIPS} round trips at most", hint=2)
    def few(self, context):
        trips = len(context.trips(range(KEYS)))
        return trips <= FEW_TRIPS, f"{count(trips, 'round trip')} for {KEYS} ids"

    @requirement(f"None of them asks for more than {MOST}", hint=3)
    def bounded(self, context):
        longest = max((sum(len(command) - 1 for command in trip) for trip in context.trips(range(KEYS))), default=0)
        return longest <= MOST, f"one round trip asks for {longest}"

    @requirement("Any number of ids will do: 1, a number that is no multiple of the chunk, and none at all", hint=4)
    def any_number(self, context):
        for number in (1, KEYS, 0):
            met, seen = compare(context.call(range(number)), VALUES[:number])
            if not met:
                return False, f"with {count(number, 'id')} {seen}"
        return True, "each has its value"

    @requirement("The ids may come from a generator, which can be read only once", hint=5)
    def generated(self, context):
        return compare(context.call(number for number in range(KEYS)), VALUES)


def compare(values, wanted: list) -> tuple[bool, str]:
    got = list(values)
    if len(got) != len(wanted):
        return False, f"{count(len(got), 'value')} came; wanted {len(wanted)}"
    wrong = sum(one != other for one, other in zip(got, wanted, strict=True))
    seen = f"{wrong} of {len(wanted)} are another's" if wrong else f"{count(len(got), 'value')}, each in its place"
    return not wrong, seen
