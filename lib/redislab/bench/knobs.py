"""Knobs: the traits of an experiment that a learner may turn, each with a label, a unit and its bounds."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from traitlets import Any, TraitType

from redislab.bench.yours import Yours
from redislab.errors import KnobError

STOPS = [float(stop) for stop in "1 1.1 1.2 1.4 1.5 1.6 1.8 2 2.2 2.5 2.8 3 3.5 4 4.5 5 6 7 8 9".split()]  # in a decade


@dataclass(frozen=True)
class Knob:
    """What a screen needs to draw a knob, and a test to try it."""

    label: str
    kind: str  # "number", "integer", "choice", "decision", "switch" or "text"
    default: object
    unit: str = ""
    low: float | None = None
    high: float | None = None
    log: bool = False
    step: float | None = None
    options: tuple = ()
    tree: tuple = ()
    help: str = ""
    yours: Yours | None = None
    name: str = ""

    def check(self, value):
        """Return the value as this knob keeps it.

        Raises:
            KnobError: not of the knob's kind, or out of its bounds; says what may be chosen.
        """
        if self.kind == "switch" and isinstance(value, bool):
            return value
        if self.kind in ("choice", "decision") and value in self.options:
            return value
        if self.kind == "text" and isinstance(value, str) and len(value) <= self.high:
            return value
        if self.kind in ("number", "integer") and self._within(value):
            return int(value) if self.kind == "integer" else float(value)
        raise KnobError(f"{self.name} = {value!r} does not work: choose {self.choices}.")

    @property
    def slides(self) -> bool:
        return self.kind in ("number", "integer")

    @property
    def stops(self) -> list:
        """The values that a slider offers: figures that one would also say aloud."""
        if self.log:
            decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            values = [float(f"{stop * 10.0**decade:.2g}") for decade in decades for stop in STOPS]
        else:
            step = self.step or (1 if self.kind == "integer" else (self.high - self.low) / 100)
            values = [float(f"{self.low + i * step:.6g}") for i in range(math.ceil((self.high - self.low) / step))]
        inside = {self.low, self.high, self.default, *(each for each in values if self.low <= each <= self.high)}
        return sorted(
            {int(each) for each in inside if each == int(each)} if self.kind == "integer" else map(float, inside)
        )

    def fit(self, value) -> tuple[object, str]:
        """The nearest value that this knob has, and what was changed for that, in words; "" if nothing was.

        Raises:
            KnobError: a choice that there is not.
        """
        if self.kind == "text":
            cut = value[: self.high]
            return cut, "" if cut == value else f"{self.label}: its first {self.high} characters"
        if not self.slides:
            return self.check(value), ""
        fitting = nearest(self.stops, value)
        end = (
            f"the lab goes to {self.said(fitting)}" if value > self.high else f"the lab begins at {self.said(fitting)}"
        )
        stop = f"the nearest stop is {self.said(fitting)}"
        changed = self.said(fitting) != self.said(value)
        return (
            fitting,
            f"{self.label}: your {self.said(value)}; {stop if self._within(value) else end}" if changed else "",
        )

    def said(self, value) -> str:
        """A figure with this knob's unit, or an option."""
        if not self.slides:
            return str(value)
        text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
        return f"{text}{'' if self.unit.startswith('/') else ' '}{self.unit}".rstrip()

    def _within(self, value) -> bool:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        whole = number and (self.kind == "number" or float(value).is_integer())
        return whole and self.low <= value <= self.high

    @property
    def choices(self) -> str:
        if self.kind == "switch":
            return "True or False"
        if self.kind in ("choice", "decision"):
            return "one of " + ", ".join(repr(option) for option in self.options)
        if self.kind == "text":
            return f"a text of at most {self.high} characters"
        whole = "a whole number " if self.kind == "integer" else ""
        return f"{whole}from {self.low:g} to {self.high:g} {self.unit}".rstrip()


class KnobTrait(TraitType):
    """A trait that refuses what its knob refuses, in the knob's own words."""

    def __init__(self, **knob):
        super().__init__(knob["default"])
        self._knob = knob

    @property
    def knob(self) -> Knob:
        return Knob(name=self.name, **self._knob)

    def validate(self, obj, value):
        return obj.knobs()[self.name].check(value)


def number(default, low, high, *, label, unit="", log=False, integer=False, step=None, help="") -> Any:
    """A slider from `low` to `high`; `log=True` spaces it by ratio, `integer=True` keeps it whole."""
    kind = "integer" if integer else "number"
    return KnobTrait(
        label=label, kind=kind, default=default, unit=unit, low=low, high=high, log=log, step=step, help=help
    )


def choice(default, options, *, label, help="", yours: Yours | None = None) -> Any:
    """A menu of named options. A learner's code may be one more, called as `yours` says."""
    return KnobTrait(label=label, kind="choice", default=default, options=tuple(options), help=help, yours=yours)


def text(default, *, label, most=200, help="") -> Any:
    """A box to type in, at most `most` characters."""
    return KnobTrait(label=label, kind="text", default=default, high=most, help=help)


def decision(default, tree, *, label) -> Any:
    """A tree of questions; the knob's value is the name of the leaf that the answers lead to.

    Args:
        tree: (question, {answer: tree or name of a leaf}).
    """
    return KnobTrait(label=label, kind="decision", default=default, options=tuple(leaves(tree)), tree=tree)


def nearest(values, value):
    return min(values, key=lambda each: abs(each - value))


def leaves(tree) -> Iterator[str]:
    """The names of a tree's leaves, from left to right."""
    if isinstance(tree, str):
        yield tree
    else:
        for branch in tree[1].values():
            yield from leaves(branch)


def switch(default, *, label, help="") -> Any:
    """On or off."""
    return KnobTrait(label=label, kind="switch", default=default, help=help)
