"""A control for each kind of knob, buttons, and how to take widgets off the page for good."""

import math
from collections.abc import Callable

import ipywidgets as widgets

from redislab.bench import Knob
from redislab.screen.decision import Decision
from redislab.screen.words import quantity

STOPS = [float(stop) for stop in "1 1.1 1.2 1.4 1.5 1.6 1.8 2 2.2 2.5 2.8 3 3.5 4 4.5 5 6 7 8 9".split()]  # in a decade


class Control:
    """One knob on the page. `show` moves it without a word; `on_turn(value)` is called when the page moves it."""

    def __init__(self, knob: Knob, value, on_turn: Callable):
        self.knob, self._on_turn, self._shown = knob, on_turn, value
        self.widget = {"choice": _menu, "switch": _switch, "text": _text, "decision": _tree}.get(knob.kind, _slider)(
            knob, value
        )
        self.widget.tooltip = knob.help or None
        for name in ("rl-knob", f"rl-{knob.kind}"):
            self.widget.add_class(name)
        self.widget.observe(self._moved, "value")

    def show(self, value) -> None:
        """Where the experiment's knob stands; a slider takes its nearest stop."""
        self._shown = nearest(self.widget.options, value) if self._slides else value
        self.widget.value = self._shown

    @property
    def _slides(self) -> bool:
        return self.knob.kind in ("number", "integer")

    def _moved(self, change) -> None:
        if change.new != self._shown:
            self._shown = change.new
            self._on_turn(change.new)


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


def nearest(options, value):
    return min((option for _, option in options), key=lambda option: abs(option - value))


def _slider(knob: Knob, value):
    options = [(quantity(stop, knob.unit), stop) for stop in stops(knob)]
    return widgets.SelectionSlider(
        options=options, value=nearest(options, value), description=knob.label, continuous_update=True
    )


def _menu(knob: Knob, value):
    return widgets.Dropdown(options=knob.options, value=value, description=knob.label)


def _tree(knob: Knob, value):
    return Decision(knob.tree, value=value, label=knob.label)


def _switch(knob: Knob, value):
    return widgets.Checkbox(value=value, description=knob.label, indent=False)


def _text(knob: Knob, value):
    return widgets.Text(value=value, description=knob.label, continuous_update=True)


def button(label: str, press: Callable, *names: str, icon: str = "", tooltip: str = "") -> widgets.Button:
    """A button that calls `press()`."""
    made = widgets.Button(description=label, icon=icon, tooltip=tooltip or None)
    for name in ("rl-button", *names):
        made.add_class(name)
    made.on_click(lambda _: press())
    return made


def close_tree(widget: widgets.Widget) -> None:
    """Close a widget with all it is made of: ipywidgets closes only what it is told to."""
    for child in getattr(widget, "children", ()):
        close_tree(child)
    for name in ("layout", "style"):
        if isinstance(part := getattr(widget, name, None), widgets.Widget):
            part.close()
    widgets.Widget.close(widget)
