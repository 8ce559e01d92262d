"""The scorecard: guesses against what this machine measured, exercises, quizzes, claims and the bill; to look at and to take away."""

from pathlib import Path

import ipywidgets as widgets
import traitlets

from redislab.bench import Knob
from redislab.screen.block import Block
from redislab.screen.controls import Button, Fields, Toolbar
from redislab.screen.page import PageWidget, directly, script
from redislab.screen.words import Words, escape
from redislab.study import progress
from redislab.study.lessons import Lessons
from redislab.study.pages import STYLE
from redislab.study.score import Score, all_guesses, card, page
from redislab.study.task import Styled

NAME = "redislab-scorecard"
NO_PICTURE = "This browser makes no picture of a page ({}). Take the HTML file: it shows the same."


def show_scorecard(lessons: Lessons) -> "Scorecard":
    """The card; showing it again replaces the one that was there."""
    return Scorecard.show("scorecard", lessons)


class Page(PageWidget):
    """The card on the page, and the picture that the page makes of it."""

    _esm, _css = script(Path(__file__).with_name("scorecard.js")), STYLE
    html = traitlets.Unicode().tag(sync=True)


class Scorecard(Block):
    """The widget that `scorecard` makes. It follows what is done in this kernel; Refresh fetches what was done in others.

    Attributes:
        name: what stands on it as the learner's name; it is kept nowhere.
    """

    def __init__(self, lessons: Lessons):
        self._lessons, self.name = lessons, ""
        self._page, self._said = Page(heard=self._no_picture), Words(names=["rl-said"], live="polite")
        who = Knob("Name on the card, if you like", "text", "")
        self._fields = Fields({"name": who}, {"name": ""}, self._rename, directly, few=1)
        self.toolbar = Toolbar(
            take=[
                Button("png", "PNG", self._picture, icon="download", tooltip="A picture of the card"),
                Button("html", "HTML", self._file, icon="download", tooltip="The card with all guesses, as one file"),
                Button(
                    "refresh",
                    "Refresh",
                    self.refresh,
                    icon="refresh",
                    tooltip="What was done in other notebooks meanwhile",
                ),
            ]
        )
        self._sheet = Styled()
        row = widgets.HBox([self._fields, self.toolbar]).add_class("rl-scorecard-row")
        super().__init__([self._sheet, self._page, self._said, row])
        progress.listeners.add(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what is in the file now."""
        self.score = Score(self._lessons, progress.notes())
        self._said.html = ""
        self._show()

    def to_html(self) -> str:
        """The file that HTML downloads: it needs no network, and nothing beside it."""
        return page(self.score, self.name)

    def save(self, path: str | Path) -> None:
        """Write that file."""
        Path(path).write_text(self.to_html(), encoding="utf-8")

    def leave(self) -> None:
        progress.listeners.discard(self.refresh)

    def _show(self) -> None:
        self._page.html = card(self.score, self.name) + all_guesses(self.score)

    def _rename(self, _, value: str, at: float) -> None:
        self.name = value
        self._fields.show("name", value)
        self._show()

    def _file(self) -> None:
        self._said.download(f"{NAME}.html", self.to_html())

    def _picture(self) -> None:
        self._said.html = ""
        self._page.send({"name": f"{NAME}.png", "html": page(self.score, self.name, opened=False)})

    def _no_picture(self, message: dict) -> None:
        self._said.html = f"<p class='rl-alarm'>{escape(NO_PICTURE.format(message['failed']))}</p>"

    def __repr__(self) -> str:
        return "\n".join(self.score.sentences)
