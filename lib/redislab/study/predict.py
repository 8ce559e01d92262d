"""A guess before the measurement: what was expected is what makes a figure worth remembering."""

from pathlib import Path

import traitlets

from redislab.bench import Knob
from redislab.screen.block import Block
from redislab.screen.controls import choices, place
from redislab.screen.page import HERE, SHEET, Moved, script
from redislab.screen.words import measured, quantity
from redislab.study import progress


def predict(
    question: str, low: float = 0, high: float = 0, *, options=(), unit: str = "", key: str = "", at=None
) -> "Guess":
    """Ask for a guess between `low` and `high`, or for one of `options`.

    Asking the same again replaces the question, and what was guessed stays guessed, also in another kernel.

    Args:
        key: the name of the value, among an experiment's, that the guess is about; a panel shows the two side by side.
        at: the knobs that the question is about, name to value; what is measured while they stand elsewhere is no answer.

    Raises:
        ValueError: there is nothing to choose from.
    """
    if options and len(set(options)) < 2:
        raise ValueError(f"A guess needs a choice: {list(options)} has to hold at least two different options.")
    if not options and not low < high:
        raise ValueError(f"A guess needs room: low={low} has to be below high={high}.")
    made = Guess.show(question, question, low, high, tuple(options), unit, key, at or {})
    made.restore(progress.latest("guess", question).get("value"))
    return made


class Question(Moved):
    """A question with a slider or a menu on the page, and the guess that was kept there.

    A press carries what was on the screen, so it is kept even if the kernel is busy for a while.

    Attributes:
        values: what may be guessed; `start` and `kept` are places in it, the latter None while nothing is kept.
    """

    _esm, _css = script(HERE / "field.js", Path(__file__).with_name("guess.js")), SHEET
    question, kind = (traitlets.Unicode().tag(sync=True) for _ in range(2))
    options = traitlets.List().tag(sync=True)
    start = traitlets.Int().tag(sync=True)
    kept = traitlets.Int(None, allow_none=True).tag(sync=True)

    def __init__(self, question: str, knob: Knob, on_kept):
        self.values, self._on_kept = choices(knob), on_kept
        texts = [value if knob.kind == "choice" else quantity(value, knob.unit) for value in self.values]
        start = place(self.values, knob.default)
        super().__init__(question=question, kind=knob.kind, options=texts, start=start)

    def moved(self, place: int | None, at: float) -> None:
        """A press: the place of what was chosen, or None to change it."""
        if at == self.turn:  # no later one was heard before
            self.kept = place
            self._on_kept(None if place is None else self.values[place])

    def show(self, value) -> None:
        self.kept = None if value is None else place(self.values, value)


class Guess(Block):
    """A question, and what is guessed.

    Attributes:
        value: None until the learner keeps the guess.
        found: what was measured, as a panel beside it says when it rests; None before.
        source: where that comes from, such as `lab` and `redis`; noted with it.
    """

    value = traitlets.Any(None)
    found = traitlets.Any(None)

    def __init__(self, question: str, low: float, high: float, options: tuple, unit: str, key: str, at: dict):
        self.question, self.unit, self.key, self.at = question, unit, key, at
        self._low, self._high, self._options, self.source = low, high, options, {}
        middle = options[0] if options else low + round((high - low) / 2)
        kind = "choice" if options else "number"
        knob = Knob("Your guess", kind, middle, unit, low, high, options=options)
        self._question = Question(question, knob, self.keep)
        super().__init__([self._question], "rl-guess")

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
        """Keep `value` as the guess, as the button does with what is chosen; None takes it back."""
        self._show(value)
        bounds = {} if self._options else {"low": self._low, "high": self._high}
        progress.note("guess", self.question, value=value, unit=self.unit, **bounds)

    def restore(self, value) -> None:
        """Show `value` as the guess that was kept before; one that could not be given here, as None, is let be."""
        number = isinstance(value, (int, float)) and not self._options
        if value in self._options or (number and self._low <= value <= self._high):
            self._show(value)

    def _show(self, value) -> None:
        self.value = value if value is None or isinstance(value, str) else float(value)
        self._question.show(value)

    @traitlets.observe("found")
    def _note_found(self, _) -> None:
        if self.found is not None:
            progress.note("measurement", self.question, found=self.found, unit=self.unit, **self.source)

    def __repr__(self) -> str:
        return f"<Guess: {self.question} {self.text or 'not kept yet'}>"
