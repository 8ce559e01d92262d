"""A guess before the measurement: what was expected is what makes a figure worth remembering."""

import ipywidgets as widgets
import traitlets

from redislab.bench import Knob
from redislab.screen.block import Block
from redislab.screen.controls import Control, button, close_tree
from redislab.screen.words import Words, escape, measured, quantity

_guesses: dict[str, "Guess"] = {}


def predict(question: str, low: float = 0, high: float = 0, *, options=(), unit: str = "", key: str = "") -> "Guess":
    """Ask for a guess between `low` and `high`, or for one of `options`.

    Asking the same for the same `key` again replaces the question, and what was guessed stays guessed.

    Args:
        key: the name of the value, among an experiment's, that the guess is about; a panel shows the two side by side.

    Raises:
        ValueError: there is nothing to choose from.
    """
    if options and len(set(options)) < 2:
        raise ValueError(f"A guess needs a choice: {list(options)} has to hold at least two different options.")
    if not options and not low < high:
        raise ValueError(f"A guess needs room: low={low} has to be below high={high}.")
    made, former = Guess(question, low, high, tuple(options), unit, key), _guesses.get(key or question)
    if former is not None:
        former.close()
        if former.asks == made.asks and former.value is not None:
            made.keep(former.value)
    _guesses[key or question] = made
    return made


class Guess(Block):
    """A question with a slider or a menu. `value` is None until the learner keeps the guess."""

    value = traitlets.Any(None)

    def __init__(self, question: str, low: float, high: float, options: tuple = (), unit: str = "", key: str = ""):
        self.question, self.unit, self.key = question, unit, key
        self.asks = (question, low, high, options)
        middle = options[0] if options else low + round((high - low) / 2)
        kind = "choice" if options else "number"
        self._control = Control(
            Knob("Your guess", kind, middle, unit, low, high, options=options), middle, lambda _: None
        )
        self._keep = button("Keep my guess", self._toggle, "rl-go")
        head = Words(names=["rl-question"], html=f"<p>{escape(question)}</p>")
        row = widgets.HBox([self._control.widget, self._keep]).add_class("rl-answer")
        super().__init__([head, row], "rl-guess")

    @property
    def text(self) -> str:
        """The guess in words; "" before there is one."""
        if self.value is None:
            return ""
        return self.value if isinstance(self.value, str) else quantity(self.value, self.unit)

    def compare(self, found) -> str:
        """The guess and the measurement in one sentence."""
        seen = measured(found, self.unit)
        if self.value is None:
            return f"No guess was kept; measured: {seen}."
        if isinstance(self.value, str):
            return f"You guessed {self.text}; measured: {seen}{', as you said' if found == self.value else ''}."
        off = measured(abs(found - self.value), self.unit)
        return f"You guessed {self.text}; measured: {seen}, {off} {'more' if found > self.value else 'less'}."

    def keep(self, value) -> None:
        """Keep `value` as the guess, as the button does with what is chosen."""
        self._control.show(value)
        self._toggle()

    def close(self) -> None:
        """Leave the page, with everything it is made of; what was guessed is forgotten."""
        if _guesses.get(self.key or self.question) is self:
            del _guesses[self.key or self.question]
        if self.comm is not None:
            close_tree(self)

    def _toggle(self) -> None:
        kept, chosen = self.value is None, self._control.widget.value
        self.value = (chosen if isinstance(chosen, str) else float(chosen)) if kept else None
        self._control.widget.disabled = kept
        self._keep.description = "Change it" if kept else "Keep my guess"

    def __repr__(self) -> str:
        return f"<Guess: {self.question} {self.text or 'not kept yet'}>"
