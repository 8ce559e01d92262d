"""Multiple-choice questions on the page: each answer says why it is right or wrong, and beside it what the learner's own
panel has measured. The first answer is noted."""

import html
import re
from pathlib import Path

import traitlets

from redislab.screen import words
from redislab.screen.block import Block
from redislab.screen.page import SHEET, PageWidget, script
from redislab.study import progress

NOT_MEASURED = "Run the panel that this is about, and your own figure will stand here."


class Quiz:
    """Some questions; a notebook shows them as buttons, a terminal as text.

    Attributes:
        questions: dicts of `question` and `answers`, which have `answer`, `correct` and `feedback`; the texts are HTML. A
            question may name a `guess`, by what `predict` asks, and say of what its panel has `measured`: "It was {found}."
    """

    def __init__(self, name: str, questions: list[dict]):
        self.name, self.questions = name, questions

    @property
    def summary(self) -> str:
        """How many were answered, here or in another kernel, and how many of them right the first time."""
        asked = {question["question"] for question in self.questions}
        right = [one.get("right") for one in progress.notes() if one["kind"] == "question" and one["id"] in asked]
        return f"{len(right)} of {len(asked)} answered, {right.count(True)} right the first time." if right else ""

    @property
    def measured(self) -> list[str]:
        """For each question what was measured here, in this kernel or another one, in a sentence; "" where it names no guess."""
        notes = {one["id"]: one for one in progress.notes() if one["kind"] == "measurement"}
        return [_measured(question, notes) for question in self.questions]

    def _repr_mimebundle_(self, **kwargs) -> dict:
        """Shown again, it replaces what was there."""
        block = Card.show(f"quiz {self.name}", Page(self))
        return block._repr_mimebundle_(**kwargs) | {"text/plain": repr(self)}

    def __repr__(self) -> str:
        lines = []
        for question in self.questions:
            lines += [plain(question["question"]), *(f"  - {plain(a['answer'])}" for a in question["answers"]), ""]
        return "\n".join(lines).rstrip()


class Page(PageWidget):
    """A quiz on the page. The page sends the number of a question and whether its first answer was right."""

    _esm, _css = script(Path(__file__).with_name("quiz.js")), SHEET
    questions = traitlets.List().tag(sync=True)
    measured = traitlets.List().tag(sync=True)
    summary = traitlets.Unicode().tag(sync=True)

    def __init__(self, quiz: Quiz):
        self.quiz = quiz
        super().__init__(questions=quiz.questions)
        self.refresh()

    def refresh(self) -> None:
        with self.hold_sync():
            self.measured, self.summary = self.quiz.measured, self.quiz.summary

    def heard(self, answer: dict) -> None:
        question = self.quiz.questions[answer["number"]]["question"]
        progress.note("question", question, right=answer["right"], quiz=self.quiz.name)


class Card(Block):
    """A quiz in its place. It follows what is noted in this kernel, such as what a panel has measured meanwhile."""

    def __init__(self, page: Page):
        super().__init__([page])
        self._refresh = page.refresh
        progress.listeners.add(self._refresh)

    def leave(self) -> None:
        progress.listeners.discard(self._refresh)


def _measured(question: dict, notes: dict[str, dict]) -> str:
    if "guess" not in question:
        return ""
    note = notes.get(question["guess"])
    return (
        question["measured"].format(found=words.measured(note["found"], note.get("unit", ""))) if note else NOT_MEASURED
    )


def plain(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", text))
