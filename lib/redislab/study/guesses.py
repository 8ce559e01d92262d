"""Guesses against what was measured: how far off they were, and to which side.

A share is compared in points: 2 % against 1 % is no worse than 52 % against 51 %. Everything else is compared as a ratio, guess ÷
measured, which is 0 or infinite where one of the two is 0.
"""

import math
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from redislab.screen.words import measured, quantity

SHARES = ("%", "points")
POINTS, FACTOR = 10.0, 1.5  # so near is close
ENOUGH = 5  # guesses; of fewer, neither a median nor a side means anything
CHANCE = 0.1  # with which coins would fall so much to one side
HIGH, CLOSE, LOW = "too high", "close", "too low"


@dataclass(frozen=True)
class Comparison:
    """One number that was guessed, and measured.

    Attributes:
        lab: the name of the experiment that measured it; "" if that is not known.
        share: whether it is compared in points.
    """

    question: str
    guess: float
    found: float
    unit: str = ""
    lab: str = ""
    share: bool = False

    @property
    def off(self) -> float:
        """In points, more than 0 if the guess is too high; or guess ÷ measured."""
        if self.share:
            return self.guess - self.found
        if self.guess == self.found:
            return 1.0
        return self.guess / self.found if self.found else math.inf

    @property
    def distance(self) -> float:
        """From what was measured; up to 1 is close, whatever is compared."""
        if self.share:
            return abs(self.off) / POINTS
        return abs(math.log(self.off)) / math.log(FACTOR) if 0 < self.off < math.inf else math.inf

    @property
    def side(self) -> str:
        if self.distance <= 1:
            return CLOSE
        return HIGH if self.guess > self.found else LOW

    @property
    def factor(self) -> float:
        """How many times the smaller of the two is in the larger."""
        return max(self.off, 1 / self.off if self.off else math.inf)

    @property
    def words(self) -> tuple[str, str, str]:
        """The guess, what was measured, and how far off."""
        return quantity(self.guess, self.unit), measured(self.found, self.unit), self._off()

    def _off(self) -> str:
        if self.guess == self.found:
            return "equal"
        if self.share:
            return points(abs(self.off))
        return "one is 0" if math.isinf(self.factor) else f"{sized(self.factor)} times"


def points(difference: float) -> str:
    return f"{difference:.0f} point{'s' * (round(difference) != 1)}"


def sized(factor: float) -> str:
    """A factor with the digits that it deserves."""
    return f"{factor:,.{0 if factor >= 10 else 1}f}"


def comparisons(notes: Iterable[dict]) -> list[Comparison]:
    """Of the notes that count: the guesses that are numbers and have met their measurements, in the order of these."""
    notes = list(notes)
    guessed = {one["id"]: one for one in notes if one["kind"] == "guess" and is_number(one.get("value"))}
    return [
        compared(guessed[one["id"]], one)
        for one in notes
        if one["kind"] == "measurement" and one["id"] in guessed and is_number(one.get("found"))
    ]


def compared(guess: dict, measurement: dict) -> Comparison:
    value, found, unit = float(guess["value"]), float(measurement["found"]), str(measurement.get("unit", ""))
    return Comparison(guess["id"], value, found, unit, str(measurement.get("lab", "")), is_share(unit, guess, found))


def is_share(unit: str, guess: dict, found: float) -> bool:
    """A percentage is one up to 100; one that may be 500 is a ratio."""
    high = guess.get("high")
    return unit in SHARES and max(float(guess["value"]), found, high if is_number(high) else 0) <= 100


def is_number(value) -> bool:
    """Also whether it can have been guessed or measured: a file may be edited by hand."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e15


def choices(notes: Iterable[dict]) -> list[tuple[str, str, str]]:
    """Question, choice and what was measured, of the guesses that are one of some options."""
    found = {one["id"]: one.get("found") for one in notes if one["kind"] == "measurement"}
    made = [(one["id"], one.get("value"), found.get(one["id"])) for one in notes if one["kind"] == "guess"]
    return [each for each in made if all(isinstance(part, str) for part in each)]


# What they say together


def told(them: list[Comparison], chosen: list[tuple], topic: Callable = lambda comparison: "") -> list[str]:
    """Sentences; none that so few guesses cannot bear.

    Args:
        topic: gives what a comparison is about, "" if that is not known; a side is told of each topic and kind of figure.
    """
    if not them and not chosen:
        return [
            "No guess of yours has met its measurement yet. Keep one in any notebook, and let the panel below it run."
        ]
    said = [*medians(them), *sides(them, topic)]
    if chosen:
        right = sum(choice == found for _, choice, found in chosen)
        said.append(f"Choices: {right} of {len(chosen)} right.")
    return said


def medians(them: list[Comparison]) -> list[str]:
    """How far off, at the median."""
    shares, others = ([each for each in them if each.share is share] for share in (True, False))
    parts = []
    if len(others) >= ENOUGH:
        factor = statistics.median(each.factor for each in others)
        off = sized(factor) if factor < 1000 else "a thousand or more"
        parts.append(f"by a factor of {off} ({len(others)} figures)")
    if len(shares) >= ENOUGH:
        off = statistics.median(abs(each.off) for each in shares)
        parts.append(f"by {points(off)} ({len(shares)} shares)")
    if parts:
        return [f"At the median your guesses were off {' and '.join(parts)}."]
    if not them:
        return []
    one = min(them, key=lambda each: each.distance)
    guess, found, _ = one.words
    nearest = f"{one.question}: you guessed {guess}, this machine measured {found}."
    count = "One guess has" if len(them) == 1 else f"{len(them)} guesses have"
    return [f"{count} met {'its' if len(them) == 1 else 'their'} measurement.", nearest]


def sides(them: list[Comparison], topic: Callable) -> list[str]:
    """Where the guesses were mostly too high or too low, beyond chance; the two that are least by chance."""
    groups: dict[str, list[Comparison]] = {}
    for each in them:
        for name in filter(None, (topic(each), kind(each))):
            groups.setdefault(name, []).append(each)
    found = []
    for name, group in ({"all together": them} | groups).items():
        counts = {side: sum(each.side == side for each in group) for side in (HIGH, LOW)}
        side = max(counts, key=counts.get)
        if (chance := by_chance(counts[side], sum(counts.values()))) <= CHANCE and len(group) >= ENOUGH:
            found.append((chance, f"{name}, {counts[side]} of {len(group)} {side}"))
    found.sort(key=lambda each: each[0])
    return [f"You lean to one side: {'; '.join(words for _, words in found[:2])}."] if found else []


def by_chance(count: int, of: int) -> float:
    """With which probability as many coins or more would fall to one side, whichever (the sign test)."""
    return min(1.0, 2 * sum(math.comb(of, each) for each in range(count, of + 1)) / 2**of)


def kind(comparison: Comparison) -> str:
    """What sort of figure it is."""
    if comparison.share:
        return "shares"
    return {"×": "speed-ups and growth", "ms": "waits", "s": "waits", "B": "sizes"}.get(comparison.unit, "")
