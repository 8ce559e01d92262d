"""A control for each kind of knob, buttons, and how to take widgets off the page for good."""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import ipywidgets as widgets
import traitlets

from redislab.bench import Knob
from redislab.screen.decision import Decision
from redislab.screen.page import HERE, PageWidget, script
from redislab.screen.words import quantity

KNOBS, CHARTS = 3, 2  # that are in sight when a panel opens
STOPS = [float(stop) for stop in "1 1.1 1.2 1.4 1.5 1.6 1.8 2 2.2 2.5 2.8 3 3.5 4 4.5 5 6 7 8 9".split()]  # in a decade


class Fields(PageWidget):
    """A slider over stops, a menu, a switch or a line of text for each knob, as its kind is; one widget for all of them.

    What goes to the page is the place of a stop or an option, and its text. `show` moves a field without a word;
    `on_turn(name, value)` is called when the page moves it.

    Attributes:
        few: how many are in sight while the others are folded away.
        folded: what the button *More* unfolds, in words; empty if there is nothing.
        more: whether it is unfolded.
    """

    _esm = script(HERE / "field.js", HERE / "knobs.js")
    fields = traitlets.List().tag(sync=True)
    states = traitlets.Dict().tag(sync=True)
    few = traitlets.Int().tag(sync=True)
    folded = traitlets.Unicode().tag(sync=True)
    more = traitlets.Bool().tag(sync=True)

    def __init__(self, knobs: dict[str, Knob], values: dict, on_turn: Callable, **folding):
        self._on_turn, self._values = on_turn, {name: choices(knob) for name, knob in knobs.items()}
        self._shown = {name: place(self._values[name], values[name]) for name in knobs}
        looks = [self._field(name, knob) for name, knob in knobs.items()]
        super().__init__(fields=looks, states=self._shown, **({"few": len(looks)} | folding))
        self.observe(self._moved, "states")

    def _field(self, name: str, knob: Knob) -> dict:
        texts = [option if knob.kind == "choice" else quantity(option, knob.unit) for option in self._values[name]]
        return {"name": name, "kind": knob.kind, "label": knob.label, "help": knob.help, "options": texts}

    def value(self, name: str):
        """Where a field stands; a slider takes the stop that is nearest to its knob."""
        values, state = self._values[name], self.states[name]
        return values[state] if values else state

    def show(self, name: str, value) -> None:
        self._shown = self._shown | {name: place(self._values[name], value)}
        self.states = self._shown

    def _moved(self, change) -> None:
        turned = [name for name, state in change.new.items() if state != self._shown[name]]
        self._shown = change.new
        for name in turned:
            self._on_turn(name, self.value(name))


class Controls:
    """A control on the page for each knob: one widget for all `fields`, and a widget for each of the `decisions`.

    Args:
        charts: how many charts *More* unfolds, beside the knobs that it does.
        more: whether it is unfolded.
    """

    def __init__(self, knobs: dict[str, Knob], values: dict, on_turn: Callable, charts: int = 0, more: bool = False):
        trees = {name: knob for name, knob in knobs.items() if knob.kind == "decision"}
        plain = {name: knob for name, knob in knobs.items() if name not in trees}
        few = KNOBS - len(trees)
        folded = {"knob": max(0, len(plain) - few), "chart": charts}
        text = ", ".join(f"{count} {what}{'s' * (count > 1)}" for what, count in folded.items() if count)
        self.fields = Fields(plain, values, on_turn, few=few, folded=text, more=more)
        self.decisions = {
            name: Decision(knob.tree, value=values[name], label=knob.label) for name, knob in trees.items()
        }
        self._on_turn, self._shown = on_turn, {name: values[name] for name in trees}
        for name, decision in self.decisions.items():
            decision.observe(functools.partial(self._decided, name), "value")

    def show(self, name: str, value) -> None:
        """Where the experiment's knob stands."""
        if name in self.decisions:
            self._shown[name] = self.decisions[name].value = value
        else:
            self.fields.show(name, value)

    def value(self, name: str):
        return self.decisions[name].value if name in self.decisions else self.fields.value(name)

    def _decided(self, name: str, change) -> None:
        if change.new != self._shown[name]:
            self._shown[name] = change.new
            self._on_turn(name, change.new)


def slides(knob: Knob) -> bool:
    return knob.kind in ("number", "integer")


def choices(knob: Knob) -> list:
    """What a slider or a menu offers, in order; nothing for a switch or a text."""
    return stops(knob) if slides(knob) else list(knob.options)


def place(values: list, value):
    """Where the value stands among these, or the one that is nearest to it; without any, the value itself."""
    if not values:
        return value
    return values.index(value if value in values else nearest(values, value))


def stops(knob: Knob) -> list:
    """The values that a slider offers: figures that one would also say aloud."""
    if knob.log:
        decades = range(math.floor(math.log10(knob.low)), math.ceil(math.log10(knob.high)) + 1)
        values = [float(f"{stop * 10.0**decade:.2g}") for decade in decades for stop in STOPS]
    else:
        step = knob.step or (1 if knob.kind == "integer" else (knob.high - knob.low) / 100)
        values = [float(f"{knob.low + i * step:.6g}") for i in range(math.ceil((knob.high - knob.low) / step))]
    inside = {knob.low, knob.high, knob.default, *(value for value in values if knob.low <= value <= knob.high)}
    return sorted(
        {int(value) for value in inside if value == int(value)} if knob.kind == "integer" else map(float, inside)
    )


def nearest(values, value):
    return min(values, key=lambda each: abs(each - value))


@dataclass(frozen=True)
class Button:
    """A button of a toolbar; `names` are classes for the sheet, and `pressed` says of a toggle whether it is."""

    name: str
    label: str
    press: Callable
    names: str = ""
    icon: str = ""
    tooltip: str = ""
    pressed: bool | None = None
    disabled: bool = False


class Toolbar(PageWidget):
    """Buttons by the group they stand in; a press calls the button's `press()`.

    One widget for all of them: ipywidgets has three models a button, and cannot say that a toggle is pressed.
    """

    _esm = script(HERE / "toolbar.js")
    buttons = traitlets.List().tag(sync=True)

    def __init__(self, **groups: list[Button]):
        self._presses = {button.name: button.press for group in groups.values() for button in group}
        looks = [vars(button) | {"group": name} for name, group in groups.items() for button in group]
        super().__init__(buttons=[{key: look[key] for key in look if key != "press"} for look in looks])

    def look(self, name: str) -> dict:
        """How a button looks now."""
        return next(button for button in self.buttons if button["name"] == name)

    def change(self, name: str, **look) -> None:
        """Have a button look differently."""
        self.buttons = [button | look if button["name"] == name else button for button in self.buttons]

    def press(self, name: str) -> None:
        """Press a button, as on the page."""
        if not self.look(name)["disabled"]:
            self._presses[name]()

    def heard(self, message: dict) -> None:
        self.press(message["press"])


def close_tree(widget: widgets.Widget) -> None:
    """Close a widget with all it is made of: ipywidgets closes only what it is told to."""
    for child in getattr(widget, "children", ()):
        close_tree(child)
    for name in ("layout", "style"):
        if isinstance(part := getattr(widget, name, None), widgets.Widget):
            part.close()
    widgets.Widget.close(widget)
