"""A race on the page: the learner decides whose step comes next, or has every schedule tried."""

import traitlets

from redislab.bench.race_table import commands, rows
from redislab.errors import RedislabError
from redislab.screen.block import Block
from redislab.screen.loop import KernelLoop
from redislab.screen.page import HERE, PageWidget, script, together

SUFFIXES = {"!": "dies", "?": "reply lost"}


class Page(PageWidget):
    """The buttons and the table. The page sends {"press": a turn or the name of a method}."""

    _esm = script(HERE / "race_board.js")
    _css = together(HERE / "screen.css", HERE / "race_board.css")
    title = traitlets.Unicode().tag(sync=True)
    turns = traitlets.List().tag(sync=True)  # [turn, label], once
    choices = traitlets.List().tag(sync=True)  # those that may come next
    rows = traitlets.List().tag(sync=True)  # the head, then a line for each step
    clients = traitlets.Int().tag(sync=True)  # how many columns are clients
    next = traitlets.List().tag(sync=True)  # what each client is about to do
    verdict = traitlets.Unicode().tag(sync=True)
    broken = traitlets.Bool(False).tag(sync=True)
    summary = traitlets.Unicode().tag(sync=True)
    failing = traitlets.Int(0).tag(sync=True)
    can_undo = traitlets.Bool(False).tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)


class RaceBoard(Block):
    """What a notebook shows of a Race.

    Attributes:
        race: the race; `board.race.found` is what *Try all* finds.
        played: the schedule on the board, with its steps; None while none could be run.
    """

    def __init__(self, race):
        self.race, self.played, self._place = race, None, None
        self._loop = KernelLoop()
        turns = [[turn, label(race, turn)] for turn in race.turns()]
        self.page = Page(heard=self._heard, title=race.title, turns=turns, clients=len(race.names))
        super().__init__([self.page], "rl-race")
        self.start_over()

    # What its buttons do

    def step(self, turn: str) -> None:
        """Let a client take its next step: "A"; "A!" lets it die, "A?" loses the reply, "x" lets the key expire."""
        if self.played is not None and turn in self.played.choices:
            self._place = None
            self._show(f"{self.played.turns} {turn}".strip())

    def undo(self) -> None:
        """Take the last step back."""
        self._place = None
        self._show(self.played.turns.rpartition(" ")[0] if self.played is not None else "")

    def start_over(self) -> None:
        """Begin again, with nothing done."""
        self._place = None
        self._show("")

    def try_all(self) -> None:
        """Begin to run every schedule; `wait` waits for the end."""
        if not self.page.busy:
            self.page.busy, self.page.summary = True, "Trying every schedule …"
            self.work(self._search)

    def shortest(self) -> None:
        """Show the shortest schedule that breaks the expectation."""
        self._show_failing(0)

    def next_failing(self) -> None:
        """Show the one after it, and after the last one the first."""
        self._show_failing(0 if self._place is None else self._place + 1)

    def previous_failing(self) -> None:
        """Show the one before it."""
        self._show_failing(-1 if self._place is None else self._place - 1)

    def _heard(self, message: dict) -> None:
        actions = (self.undo, self.start_over, self.try_all, self.shortest, self.next_failing, self.previous_failing)
        what, named = message["press"], {action.__name__: action for action in actions}
        named[what]() if what in named else self.step(what)

    # What it shows

    def _search(self) -> None:
        try:
            said = self.race.summary
            failing = len(self.race.failing)
        except Exception as failure:
            said, failing = told(failure), 0
        self.post(self._searched, said, failing)

    def _searched(self, said: str, failing: int) -> None:
        self.page.summary, self.page.failing, self.page.busy = said, failing, False

    def _show_failing(self, place: int) -> None:
        if failing := self.race.failing:
            self._place = place % len(failing)
            self._show(failing[self._place])

    def _show(self, turns: str) -> None:
        try:
            self.played = played = self.race.replay(turns)
        except Exception as failure:  # of the learner's code too: a button has no place for a traceback
            self.page.verdict, self.page.broken = told(failure), True
            return
        with self.page.hold_trait_notifications():
            self.page.rows = rows(self.race, played)
            self.page.next = [about_to(played, letter) for letter in self.race.names]
            self.page.choices, self.page.can_undo = played.choices, bool(played.turns)
            self.page.broken, self.page.verdict = bool(played.trouble), self._verdict()

    def _verdict(self) -> str:
        played, where = self.played, ""
        if self._place is not None:
            where = f"Failing schedule {self._place + 1} of {self.page.failing}. "
        if played.trouble:
            return f"{where}✗ {played.trouble}"
        if not played.choices:
            return f"{where}✓ The expectation holds. Start over, and look for an order that breaks it."
        return "Which client takes the next step?"

    def __repr__(self) -> str:
        return repr(self.race)


def show_race(race) -> RaceBoard:
    """The board of a race; showing it again, or another one of its title, replaces the one that was there."""
    return RaceBoard.show(race.title, race)


def bundle(race) -> dict:
    """What a notebook shows when a race is the last thing in its cell."""
    text = f"<Race {race.title}: print it, and every schedule is tried>"
    return show_race(race)._repr_mimebundle_() | {"text/plain": text}


def label(race, turn: str) -> str:
    """What a turn's button says."""
    if turn[0] == "x":
        return f"{race.expires[turn]} expires"
    return f"{turn[0]} {SUFFIXES.get(turn[1:], race.names[turn[0]])}"


def told(failure: Exception) -> str:
    """What went wrong: our own messages are sentences."""
    return str(failure) if isinstance(failure, RedislabError) else f"{type(failure).__name__}: {failure}"


def about_to(played, letter: str) -> str:
    """What a client would do next; "" if it has ended."""
    return commands(played.waiting[letter]) if letter in played.waiting else ""
