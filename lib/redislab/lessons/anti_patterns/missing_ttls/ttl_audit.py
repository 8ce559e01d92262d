"""Find what has no TTL: a walk that reads, in portions, and takes what is gone for gone."""

from redislab.lessons.anti_patterns.walks import FEW_TRIPS, MOST, WalkScene, batches, steps
from redislab.study.checks import Exercise, requirement

KEYS, OTHERS, EACH, VANISHING = 1200, 300, 5, 10
TTL = 600  # s
ASKING = ("TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME")


class TtlAudit(Exercise):
    """SCAN's page by page, a pipeline of TTLs for each, and -1 is the answer that is looked for."""

    name, scene, kills = "ttl-audit", WalkScene, True

    trips = None  # of one call; it is judged by several requirements

    @requirement("It names what has no TTL, of whatever type, and nothing else", hint=1)
    def found(self, scene: WalkScene):
        wanted = self.have(scene)
        got, self.trips = scene.call(), scene.round_trips()
        return self.compare(wanted, got)

    @requirement("What expires before it is asked is not named", hint=1)
    def vanishing(self, scene: WalkScene):
        wanted, gone = self.have(scene), set()

        def vanish(command):
            if len(gone) < VANISHING:
                gone.add(command[1])
                scene.server.delete(command[1])

        scene.disturb(ASKING, vanish)
        names = set(scene.call())
        dead = len(names & gone)
        met, seen = self.compare(wanted - gone, names - gone)
        return met and not dead, f"{dead} of {len(gone)} that had expired were named; of the others {seen}"

    @requirement(f"Nobody waits for the walk: no KEYS, and no SCAN of more than {MOST}", hint=2)
    def walks(self, scene: WalkScene):
        return steps(self.trips)

    @requirement(
        f"To ask about {KEYS} keys takes {FEW_TRIPS} round trips at most, each of {MOST} or so at most", hint=3
    )
    def pipelined(self, scene: WalkScene):
        return batches(self.trips, KEYS, lambda command: command[0] in ASKING)

    @requirement("It has only read: every key is there, and ends when it did", hint=4)
    def reads(self, scene: WalkScene):
        wanted = self.have(scene)
        scene.call()
        ends = self.ends(scene)
        lost, given = KEYS - len(ends), sum(ends.get(name, -1) != -1 for name in wanted)
        other = sum(not 0 <= ends[name] <= TTL for name in ends.keys() - wanted)
        seen = f"{lost} of {KEYS} keys are gone, {given} have got a TTL, and of {other} it is another"
        return lost == given == other == 0, seen

    def compare(self, wanted: set, got) -> tuple[bool, str]:
        names = list(got)
        missing, wrong, twice = len(wanted - set(names)), len(set(names) - wanted), len(names) - len(set(names))
        seen = f"{missing} of {len(wanted)} were missed, {wrong} were named for nothing, and {twice} twice"
        return missing == wrong == twice == 0, seen

    def ends(self, scene: WalkScene) -> dict[str, int]:
        """The TTL of each key that is there."""
        names = self.names(scene)
        pipeline = scene.server.pipeline(transaction=False)
        for name in names:
            pipeline.ttl(name)
        return {name: left for name, left in zip(names, pipeline.execute(), strict=True) if left != -2}

    def names(self, scene: WalkScene) -> list[str]:
        return [f"{scene.prefix}{number}" for number in range(KEYS)]

    def have(self, scene: WalkScene) -> set[str]:
        """Keys of every type, each fifth without a TTL; which those are. And others beside them."""
        names, others = self.names(scene), [f"{scene.keys.prefix}:sessions:{number}" for number in range(OTHERS)]
        scene.plant(self.make, *names)
        scene.plant(lambda pipeline, _, name: pipeline.set(name, 1), *others)
        return set(names[::EACH])

    def make(self, pipeline, number: int, name: str) -> None:
        (pipeline.set, pipeline.rpush, pipeline.sadd)[number % 3](name, 1)
        if number % EACH:
            pipeline.expire(name, TTL)
