"""A control for each kind of knob, buttons, and how to take widgets off the page for good."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import ipywidgets as widgets
import traitlets

from redislab.bench import Knob
from redislab.bench.knobs import nearest
from redislab.screen.page import HERE, Moved, PageWidget, directly, script
from redislab.screen.words import quantity

KNOBS, CHARTS = 3, 2  # that are in sight when a panel opens


class Fields(Moved):
    """A slider over stops, a menu, a switch or a line of text for each knob, as its kind is; one widget for all of them.

    What goes to the page is the place of a stop or an option, and its text. `show` moves a field without a word;
    `on_move(name, value, at)` is called when the page has moved it.

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

    def __init__(self, knobs: dict[str, Knob], values: dict, on_move: Callable, post: Callable, **folding):
        self._on_move, self._values = on_move, {name: choices(knob) for name, knob in knobs.items()}
        states = {name: place(self._values[name], values[name]) for name in knobs}
        looks = [self._field(name, knob) for name, knob in knobs.items()]
        super().__init__(post, fields=looks, states=states, **folding)

    def _field(self, name: str, knob: Knob) -> dict:
        texts = [option if knob.kind == "choice" else quantity(option, knob.unit) for option in self._values[name]]
        return {"name": name, "kind": knob.kind, "label": knob.label, "help": knob.help, "options": texts}

    def value(self, name: str):
        """Where a field stands; a slider takes the stop that is nearest to its knob."""
        values, state = self._values[name], self.states[name]
        return values[state] if values else state

    def show(self, name: str, value) -> None:
        self.states = self.states | {name: place(self._values[name], value)}

    def moved(self, move, at: float) -> None:
        name, state = move
        values = self._values[name]
        self._on_move(name, values[state] if values else state, at)


class Decision(Moved):
    """Asks its way down a tree. `value` is the name of the leaf, and stays what it was until another leaf is reached.

    The rows are groups of radio buttons, so Tab goes from question to question and the arrows from answer to answer.

    Args:
        tree: (question, {answer: tree or name of a leaf}).
        on_move: called with the leaf that the page has reached, and when; it is shown if this sets `value`.
    """

    _esm = script(HERE / "decision.js")
    tree = traitlets.List().tag(sync=True)
    value = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)

    def __init__(self, tree, on_move: Callable, post: Callable, *, value: str, label: str):
        self._on_move = on_move
        super().__init__(post, tree=_listed(tree), value=value, label=label)

    def moved(self, leaf: str, at: float) -> None:
        self._on_move(leaf, at)


def _listed(tree):
    """Lists keep their order on the way to the page, whatever is done to objects there."""
    return tree if isinstance(tree, str) else [tree[0], [[answer, _listed(rest)] for answer, rest in tree[1].items()]]


class Controls:
    """A control on the page for each knob: one widget for all `fields`, and a widget for each of the `decisions`.

    Args:
        on_turn: called with a knob's name and value when the page has moved it.
        post: how to call what takes a move.
        charts: how many charts *More* unfolds, beside the knobs that it does.
        more: whether it is unfolded.
    """

    def __init__(
        self,
        knobs: dict[str, Knob],
        values: dict,
        on_turn: Callable,
        post: Callable = directly,
        charts: int = 0,
        more: bool = False,
    ):
        self._on_turn, self._set_at = on_turn, dict.fromkeys(knobs, 0.0)
        trees = {name: knob for name, knob in knobs.items() if knob.kind == "decision"}
        plain = {name: knob for name, knob in knobs.items() if name not in trees}
        few = KNOBS - len(trees)
        folded = {"knob": max(0, len(plain) - few), "chart": charts}
        text = ", ".join(f"{count} {what}{'s' * (count > 1)}" for what, count in folded.items() if count)
        self.fields = Fields(plain, values, self._on_move, post, few=few, folded=text, more=more)
        self.decisions = {
            name: Decision(
                knob.tree, functools.partial(self._on_move, name), post, value=values[name], label=knob.label
            )
            for name, knob in trees.items()
        }

    def show(self, name: str, value) -> None:
        """Where the experiment's knob stands."""
        if name in self.decisions:
            self.decisions[name].value = value
        else:
            self.fields.show(name, value)

    def value(self, name: str):
        return self.decisions[name].value if name in self.decisions else self.fields.value(name)

    def newest(self, name: str, at: float) -> bool:
        """Whether the page has not set this knob later than `at`; then that is noted as when it was."""
        newest = at >= self._set_at[name]
        self._set_at[name] = max(at, self._set_at[name])
        return newest

    def _on_move(self, name: str, value, at: float) -> None:
        if self.newest(name, at):
            self.show(name, value)
            self._on_turn(name, value)


def choices(knob: Knob) -> list:
    """What a slider or a menu offers, in order; nothing for a switch or a text."""
    return knob.stops if knob.slides else list(knob.options)


def place(values: list, value):
    """Where the value stands among these, or the one that is nearest to it; without any, the value itself."""
    if not values:
        return value
    return values.index(value if value in values else nearest(values, value))


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

    Attributes:
        pressed_at: when the button was pressed whose `press` is called, in ms of the page's clock; 0 if it was not on a page.
    """

    _esm = script(HERE / "toolbar.js")
    buttons = traitlets.List().tag(sync=True)
    pressed_at = 0.0

    def __init__(self, post: Callable = directly, **groups: list[Button]):
        self._presses = {button.name: button.press for group in groups.values() for button in group}
        looks = [vars(button) | {"group": name} for name, group in groups.items() for button in group]
        super().__init__(post, buttons=[{key: look[key] for key in look if key != "press"} for look in looks])

    def look(self, name: str) -> dict:
        """How a button looks now."""
        return next(button for button in self.buttons if button["name"] == name)

    def change(self, name: str, **look) -> None:
        """Have a button look differently."""
        self.buttons = [button | look if button["name"] == name else button for button in self.buttons]

    def toggle(self, name: str) -> bool:
        """Press a toggle down, or release it; whether it is down now."""
        pressed = not self.look(name)["pressed"]
        self.change(name, pressed=pressed)
        return pressed

    def press(self, name: str, at: float = 0.0) -> None:
        """Press a button, as on the page."""
        if not self.look(name)["disabled"]:
            self.pressed_at = at
            self._presses[name]()

    def heard(self, message: dict) -> None:
        """An impatient second press was not meant for what the first has made of the button."""
        look = self.look(message["press"])
        if all(look[name] == message[name] for name in ("label", "pressed")):
            self.press(message["press"], message["at"])


def close_tree(widget: widgets.Widget) -> None:
    """Close a widget with all it is made of: ipywidgets closes only what it is told to."""
    for child in getattr(widget, "children", ()):
        close_tree(child)
    for name in ("layout", "style"):
        if isinstance(part := getattr(widget, name, None), widgets.Widget):
            part.close()
    widgets.Widget.close(widget)
