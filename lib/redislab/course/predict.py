"""A guess before the measurement: what was expected is what makes a figure worth remembering."""

import ipywidgets as widgets
import traitlets

from redislab.bench import Knob
from redislab.screen.controls import Control, button, close_tree
from redislab.screen.words import Words, escape, measured, quantity

_guesses: dict[str, "Guess"] = {}


def predict(question: str, low: float, high: float, *, unit: str = "", key: str = "") -> "Guess":
    """Ask for a guess between `low` and `high`. Asking again for the same `key` replaces the question.

    Args:
        key: the name of the value, among an experiment's, that the guess is about; a panel shows the two side by side.

    Raises:
        ValueError: there is nothing between `low` and `high`.
    """
    if not low < high:
        raise ValueError(f"A guess needs room: low={low} has to be below high={high}.")
    if key in _guesses:
        _guesses[key].close()
    _guesses[key] = Guess(question, low, high, unit, key)
    return _guesses[key]


class Guess(widgets.VBox):
    """A question with a slider. `value` is None until the learner keeps the guess."""

    value = traitlets.Float(None, allow_none=True)

    def __init__(self, question: str, low: float, high: float, unit: str = "", key: str = ""):
        self.question, self.unit, self.key = question, unit, key
        middle = low + round((high - low) / 2)
        knob = Knob("Your guess", "number", middle, unit, low, high)
        self._control = Control(knob, middle, lambda _: None)
        self._keep = button("Keep my guess", self._toggle, "rl-go")
        head = Words(names=["rl-question"], html=f"<p>{escape(question)}</p>")
        row = widgets.HBox([self._control.widget, self._keep]).add_class("rl-answer")
        super().__init__([head, row])
        for name in ("rl", "rl-guess"):
            self.add_class(name)

    def compare(self, found: float) -> str:
        """The guess and the measurement in one sentence."""
        if self.value is None:
            return f"No guess was kept; measured: {measured(found, self.unit)}."
        off = measured(abs(found - self.value), self.unit)
        return (
            f"You guessed {quantity(self.value, self.unit)}; measured: {measured(found, self.unit)}, "
            f"{off} {'more' if found > self.value else 'less'}."
        )

    def close(self) -> None:
        """Leave the page, with everything it is made of."""
        if self.comm is not None:
            close_tree(self)

    def _toggle(self) -> None:
        kept = self.value is None
        self.value = float(self._control.widget.value) if kept else None
        self._control.widget.disabled = kept
        self._keep.description = "Change it" if kept else "Keep my guess"

    def __repr__(self) -> str:
        return f"<Guess: {self.question} {'not kept yet' if self.value is None else quantity(self.value, self.unit)}>"
