"""What every walk through a keyspace is asked."""

from redislab.study.checks import OwnServer, count

MOST = 500  # keys that a SCAN may look at, or a round trip be about
PAGE = 600  # a SCAN's page may be somewhat longer than asked for
FEW_TRIPS = 60
WALKING = ("SCAN", "KEYS")
UNTRIED = None, ""


class WalkScene(OwnServer):
    """A scene whose function is given a client and a prefix, and nothing else."""

    @property
    def prefix(self) -> str:
        return f"{self.keys.prefix}:session:"

    def call(self):
        return self.function(self.client, self.prefix)

    def plant(self, make, *names: str) -> None:
        """Have all of these keys, by `make(pipeline, number, name)`."""
        pipeline = self.server.pipeline(transaction=False)
        if self.private is None:
            self.note(*names)
        for number, name in enumerate(names):
            make(pipeline, number, name)
        pipeline.execute()

    def disturb(self, commands: tuple[str, ...], act) -> None:
        """`act(command)` comes before each of these commands."""
        self.tap.before = lambda command: act(command) if str(command[0]).upper() in commands else None


def steps(trips) -> tuple[bool, str]:
    """Whether it walked in steps, as others can bear it."""
    if trips is None:
        return UNTRIED
    commands = [command for trip in trips for command in trip]
    if any(command[0] == "KEYS" for command in commands):
        return False, "KEYS was sent, and nobody else is served while it runs"
    counts = [int(command[command.index("COUNT") + 1]) for command in commands if "COUNT" in command]
    if max(counts, default=0) > MOST:
        return False, f"SCAN was to look at {max(counts):,} in one step, which is KEYS under another name"
    scans = sum(command[0] == "SCAN" for command in commands)
    return True, count(scans, "SCAN")


def batches(trips, keys: int, about) -> tuple[bool, str]:
    """Whether so many keys took few round trips, none too long; `about` says how many keys a command is about."""
    if trips is None:
        return UNTRIED
    work = [sum(map(about, trip)) for trip in trips if trip[0][0] not in WALKING]
    seen = f"{count(len(work), 'round trip')} for {keys} keys, the longest about {max(work, default=0)}"
    return len(work) <= FEW_TRIPS and max(work, default=0) <= PAGE, seen
