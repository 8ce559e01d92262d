"""The search through all schedules of a race, without those that only swap steps with nothing in common."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from redislab.bench.race_ground import Ground
from redislab.bench.race_run import UNLIKE, Execution, Step
from redislab.errors import RaceError


@dataclass
class Found:
    """What a search has found.

    Attributes:
        schedules: how many there are, those included that only swap steps with nothing in common.
        failed: how many of these break the expectation.
        ran: those that were run; each of the others is like one of these.
        failing: those that were run and break it, by what is broken.
        bound: why these are not all; "" if they are.
    """

    schedules: int = 0
    failed: int = 0
    ran: list[str] = field(default_factory=list)
    failing: dict[str, str] = field(default_factory=dict)
    bound: str = ""

    @property
    def tried(self) -> int:
        return len(self.ran)

    @property
    def pruned(self) -> int:
        return self.schedules - self.tried


class Node:
    """A place in the search: the turns to try there, those tried, and those that need not be tried."""

    def __init__(self, turns: list[str], asleep: dict[str, Step]):
        self.turns, self.asleep, self.done = turns, asleep, {}
        self.turn = turns[0]

    def next(self) -> bool:
        """Go to the next turn; False if there is none."""
        left = [turn for turn in self.turns if turn not in self.done]
        if left:
            self.turn = left[0]
        return bool(left)

    def asleep_after(self) -> dict[str, Step]:
        """The turns that need not be tried after this one: they were tried before it, and the order does not matter."""
        taken = self.done[self.turn]
        tried = {turn: step for turn, step in self.done.items() if turn != self.turn}
        return {turn: step for turn, step in (self.asleep | tried).items() if not step.depends_on(taken)}


def orders(steps: list[Step]) -> int:
    """In how many orders these steps can come, if those stay in order that depend on each other."""
    if all(one.depends_on(other) for one, other in itertools.pairwise(steps)):
        return 1
    lanes: dict[str, list[int]] = {}
    for place, step in enumerate(steps):
        lanes.setdefault(step.turn[0], []).append(place)

    def needed(place: int, lane: list[int]) -> int:
        """How many steps of a lane have to come before this one."""
        numbers = enumerate(lane, 1)
        return max((n for n, other in numbers if other < place and steps[other].depends_on(steps[place])), default=0)

    lines = list(lanes.values())
    needs = [[needed(place, lane) for lane in lines] for place in range(len(steps))]
    ways = {(0,) * len(lines): 1}
    for _ in steps:
        further: dict[tuple, int] = {}
        for made, count in ways.items():
            for index, lane in enumerate(lines):
                number = made[index]
                if number < len(lane) and all(map(int.__ge__, made, needs[lane[number]])):
                    after = (*made[:index], number + 1, *made[index + 1 :])
                    further[after] = further.get(after, 0) + count
        ways = further
    return sum(ways.values())


def search(race, ground: Ground) -> Found:
    """Run every schedule that is not like one that was run: depth first, with sleep sets (Godefroid, 1996)."""
    found, path, first = Found(), [], None
    while True:
        with Execution(race, ground) as execution:
            if follow(execution, path):
                found.ran.append(execution.name)
                first = first or execution.steps
                count = orders(execution.steps) if race.prune else 1
                found.schedules += count
                if trouble := execution.trouble():
                    found.failing[execution.name] = trouble
                    found.failed += count
                if not execution.over and not race.may_wait:
                    found.bound = f"Schedules end after {race.most_steps} steps."
        while path and not path[-1].next():
            path.pop()
        if not path:
            break
        if found.tried >= race.limit:
            found.bound = f"The search ended after {race.limit:,} schedules."
            break
    # once more: does it depend on anything that the others have left in Python?
    with Execution(race, ground) as execution:
        strayed = set()
        for step in first or ():
            again(execution, step.turn, step, strayed)
    return found


def follow(execution: Execution, path: list[Node]) -> bool:
    """Go along the path, and on to an end; False if what would come next was tried before, in another order."""
    race, strayed = execution.race, set()
    for node in path:
        node.done[node.turn] = again(execution, node.turn, node.done.get(node.turn), strayed)
    while not execution.over and (turns := execution.choices()) and len(execution.steps) < race.most_steps:
        asleep = path[-1].asleep_after() if path and race.prune else {}
        turns = [turn for turn in turns if turn not in asleep]
        if not turns:
            return False
        path.append(node := Node(turns, asleep))
        node.done[node.turn] = execution.take(node.turn)
    return True


def again(execution: Execution, turn: str, before: Step | None, strayed: set) -> Step:
    """Take a turn that was taken `before`, after the same ones.

    Args:
        strayed: the clients that have had another reply this time, such as a time: what they do from now on may differ.

    Raises:
        RaceError: its client does something else.
    """
    step = execution.take(turn)
    if before is not None and turn[0] not in strayed:
        names = [[words[0] for words in each.sent] for each in (before, step)]
        if names[0] != names[1] or before.footprint != step.footprint:
            raise RaceError(f"{turn[0]} {UNLIKE}")
        if before.replies != step.replies:
            strayed.add(turn[0])
    return step
