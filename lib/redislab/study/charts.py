"""Charts as SVG, which a notebook, a file and a picture show alike; colours and sizes are in pages.css."""

import math
from dataclasses import dataclass
from html import escape

from redislab.study.guesses import CLOSE, FACTOR, HIGH, LOW, POINTS, Comparison

SIDE, LEFT, TOP, BELOW = 300, 52, 6, 44  # px
MARKS = {HIGH: "▲", CLOSE: "●", LOW: "▼"}
SHAPES = {
    HIGH: "M0-6.4L6 4.4H-6Z",
    LOW: "M0 6.4L6-4.4H-6Z",
    CLOSE: "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0-5 0Z",
}  # around 0, 0
STRIP, ROW = 320, 30  # px


@dataclass
class Axis:
    """From `low` to `high`, which are powers of ten if it is `log`; then 0 may have a place before the first decade, `zero`."""

    low: float
    high: float
    log: bool = False
    zero: bool = False

    @classmethod
    def decades(cls, values: list[float]) -> "Axis":
        """A log axis around some values."""
        powers = [math.log10(value) for value in values if value > 0] or [0.0]
        low, high = math.floor(min(powers)), math.ceil(max(powers))
        return cls(low - (0 in values), max(high, low + 1), log=True, zero=0 in values)

    @property
    def near(self) -> float:
        """How much of it is close to a value."""
        return (math.log10(FACTOR) if self.log else POINTS) / (self.high - self.low)

    def place(self, value: float) -> float:
        """From 0 to 1."""
        if self.log:
            value = math.log10(value) if value > 0 else self.low
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    def ticks(self) -> list[tuple[float, str]]:
        if not self.log:
            return [(part / 4, f"{self.low + (self.high - self.low) * part / 4:g}") for part in range(5)]
        first = self.low + self.zero
        powers = range(first, self.high + 1, math.ceil((self.high - first) / 5))
        return [(0.0, "0")] * self.zero + [(self.place(10.0**power), decade(power)) for power in powers]


def decade(power: int) -> str:
    return (
        f"{10.0**power:,.{max(0, -power)}f}"
        if power < 6
        else f"10{str(power).translate(str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹'))}"
    )


def calibration(them: list[Comparison], share: bool) -> str:
    """Guesses against what was measured: on the diagonal they are equal, in the band close. A point names its question."""
    values = [value for each in them for value in (each.guess, each.found)]
    axis = Axis(0, 100) if share else Axis.decades(values)
    told = f"{len(them)} guesses against what was measured" + (", in %" if share else "")
    near, ticks = SIDE * axis.near, axis.ticks()
    band = f"M0 {SIDE - near:.1f}L{SIDE - near:.1f} 0H{SIDE}V{near:.1f}L{near:.1f} {SIDE}H0Z"
    lines = "".join(
        f"<path class='rl-line' d='M{SIDE * at:.1f} 0V{SIDE}M0 {SIDE * (1 - at):.1f}H{SIDE}'/>" for at, _ in ticks
    )
    texts = "".join(
        f"<text x='{LEFT + SIDE * at:.1f}' y='{TOP + SIDE + 17}' text-anchor='middle'>{text}</text>"
        f"<text x='{LEFT - 7}' y='{TOP + SIDE * (1 - at) + 4:.1f}' text-anchor='end'>{text}</text>"
        for at, text in ticks
    )
    unit = ", %" if share else ""
    return (
        f"<svg class='rl-calibration' viewBox='0 0 {LEFT + SIDE + 26} {TOP + SIDE + BELOW}' role='img' aria-label='{told}'>"
        f"<svg x='{LEFT}' y='{TOP}' width='{SIDE}' height='{SIDE}'><path class='rl-band' d='{band}'/>{lines}"
        f"<path class='rl-diagonal' d='M0 {SIDE}L{SIDE} 0'/></svg>{texts}"
        f"<text class='rl-axis' x='{LEFT + SIDE / 2}' y='{TOP + SIDE + 37}' text-anchor='middle'>measured{unit}</text>"
        f"<text class='rl-axis' transform='translate(13 {TOP + SIDE / 2})rotate(-90)' text-anchor='middle'>your guess{unit}</text>"
        f"<g transform='translate({LEFT} {TOP})'><text x='9' y='19'>too high</text>"
        f"<text x='{SIDE - 9}' y='{SIDE - 10}' text-anchor='end'>too low</text>"
        f"{''.join(point(each, axis) for each in them)}</g></svg>"
    )


def point(comparison: Comparison, axis) -> str:
    guess, found, off = comparison.words
    x, y = SIDE * axis.place(comparison.found), SIDE * (1 - axis.place(comparison.guess))
    title = escape(f"{comparison.question}: guessed {guess}, measured {found} ({off})")
    name = comparison.side.replace(" ", "-")
    return f"<path class='rl-{name}' transform='translate({x:.1f} {y:.1f})' d='{SHAPES[comparison.side]}'><title>{title}</title></path>"


def strip(guesses: list[float], found: list[float], share: bool, told: str) -> str:
    """One question of a class: a dot a guess, the middle half as a box, and below them what was measured."""
    values = [*guesses, *found]
    wide = not share and max(values) > 30 * max(min(values), 1e-9)
    axis = Axis.decades(values) if wide else Axis(0, 100 if share else max(max(values), 1e-9))

    def at(value: float) -> float:
        return 8 + (STRIP - 16) * axis.place(value)

    ranked = sorted(guesses)
    low, middle, high = (at(ranked[round(part * (len(ranked) - 1))]) for part in (0.25, 0.5, 0.75))
    dots = "".join(f"<circle cx='{at(value):.1f}' cy='9' r='3.5'/>" for value in ranked)
    seen = [at(value) for value in found]
    marks = "".join(f"<path class='rl-seen' d='M{x:.1f} 19l4.5 8h-9Z'/>" for x in seen)
    return (
        f"<svg class='rl-strip' viewBox='0 0 {STRIP} {ROW}' role='img' aria-label='{escape(told)}'>"
        f"<path class='rl-line' d='M8 18H{STRIP - 8}'/><rect x='{low - 4:.1f}' y='3' width='{high - low + 8:.1f}' height='12' rx='6'/>"
        f"{dots}<path class='rl-middle' d='M{middle:.1f} 1V17'/>{marks}</svg>"
    )
