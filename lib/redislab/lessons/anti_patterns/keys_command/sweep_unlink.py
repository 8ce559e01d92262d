"""Delete what begins with a prefix, while others are served: SCAN, and UNLINK by the hundred."""

from redislab.lessons.anti_patterns.walks import FEW_TRIPS, MOST, WalkScene, batches, steps
from redislab.study.checks import Exercise, requirement

KEYS, OTHERS, VANISHED = 1200, 300, 10
DELETIONS = ("DEL", "UNLINK")


class SweepUnlink(Exercise):
    """Page by page of SCAN, one UNLINK a page; its replies, added up, are the number."""

    name, scene, kills = "sweep-unlink", WalkScene, True

    trips = None  # of one call; each of these is judged by several requirements

    @requirement("Where there is nothing to delete it returns 0", hint=4)
    def nothing(self, scene: WalkScene):
        got = scene.call()
        return got == 0 and got is not None, f"it returned {got!r}"

    @requirement("What begins with the prefix is gone, and nothing else", hint=1)
    def gone(self, scene: WalkScene):
        mine, others = self.have(scene)
        scene.call()
        self.trips = scene.round_trips()
        left, kept = scene.server.exists(*mine), scene.server.exists(*others)
        return (left, kept) == (0, OTHERS), f"{left} of {KEYS} are left, and {kept} of {OTHERS} others"

    @requirement(f"Nobody waits for the walk: no KEYS, and no SCAN of more than {MOST}", hint=1)
    def walks(self, scene: WalkScene):
        return steps(self.trips)

    @requirement(f"{KEYS} deletions take {FEW_TRIPS} round trips at most, each of {MOST} keys or so at most", hint=2)
    def batched(self, scene: WalkScene):
        return batches(self.trips, KEYS, lambda command: len(command) - 1 if command[0] in DELETIONS else 0)

    @requirement("Nobody waits while memory is given back", hint=3)
    def unlinks(self, scene: WalkScene):
        kinds = {command[0] for trip in self.trips or () for command in trip}
        sent = "DEL frees it at once, and keeps all others waiting" if "DEL" in kinds else "no DEL was sent"
        return "DEL" not in kinds, sent

    @requirement("It returns how many it deleted; those that had gone by then are not among them", hint=4)
    def counted(self, scene: WalkScene):
        self.have(scene)
        gone = []

        def vanish(command):
            if not gone:
                gone.extend(command[1 : VANISHED + 1])
                scene.server.delete(*gone)

        scene.disturb(DELETIONS, vanish)
        got = scene.call()
        return got == KEYS - len(gone), f"it returned {got!r}; wanted {KEYS} less {len(gone)}, which had just expired"

    def have(self, scene: WalkScene) -> tuple[list, list]:
        """The keys to be deleted, and others beside them."""
        mine = [f"{scene.prefix}{number}" for number in range(KEYS)]
        others = [f"{scene.keys.prefix}:sessions:{number}" for number in range(OTHERS)]
        scene.plant(lambda pipeline, _, name: pipeline.set(name, 1), *mine, *others)
        return mine, others
