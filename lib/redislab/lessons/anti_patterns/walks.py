"""What the exercises that walk through a keyspace have in common."""

from redislab.study.checks import CheckContext, count

MOST = 500  # keys that a SCAN may look at, or that a round trip may concern
PAGE = 600  # a SCAN's page may be somewhat longer than asked for
FEW_TRIPS = 60
WALKING = ("SCAN", "KEYS")
KEYS, OTHERS = 1200, 300


class WalkContext(CheckContext):
    """A context whose function is given a client and a prefix, and nothing else.

    Attributes:
        mine, others: names that begin with the prefix, and names that do not.
    """

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.prefix = f"{self.keys.prefix}:session:"
        self.mine = [f"{self.prefix}{number}" for number in range(KEYS)]
        self.others = [f"{self.keys.prefix}:sessions:{number}" for number in range(OTHERS)]

    def call(self):
        return self.function(self.client, self.prefix)

    def disturb(self, commands: tuple[str, ...], act) -> None:
        """`act(command)` comes before each of these commands."""
        self.tap.before = lambda command: act(command) if str(command[0]).upper() in commands else None


def steps(trips) -> tuple[bool, str]:
    """Whether it walked in steps that other clients can bear."""
    commands = [command for trip in trips for command in trip]
    if any(command[0] == "KEYS" for command in commands):
        return False, "KEYS was sent, and no other client is served while it runs"
    counts = [int(command[command.index("COUNT") + 1]) for command in commands if "COUNT" in command]
    if max(counts, default=0) > MOST:
        return False, f"SCAN was to look at {max(counts):,} in one step, which is KEYS under another name"
    return True, count(sum(command[0] == "SCAN" for command in commands), "SCAN")


def batches(trips, about) -> tuple[bool, str]:
    """Whether it took few round trips, none too long; `about` says how many keys a command concerns."""
    work = [sum(map(about, trip)) for trip in trips if trip[0][0] not in WALKING]
    seen = f"{count(len(work), 'round trip')} for {KEYS} keys, the longest about {max(work, default=0)}"
    return len(work) <= FEW_TRIPS and max(work, default=0) <= PAGE, seen
