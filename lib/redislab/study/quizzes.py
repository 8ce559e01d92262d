"""Multiple-choice questions on the page: each answer says why it is right or wrong, and the first one is noted."""

import html
import re
from pathlib import Path

import traitlets

from redislab.screen.block import Block
from redislab.screen.page import SHEET, PageWidget, script
from redislab.study import progress


class Quiz:
    """Some questions; a notebook shows them as buttons, a terminal as text.

    Attributes:
        questions: dicts of `question` and `answers`, which have `answer`, `correct` and `feedback`; the texts are HTML.
    """

    def __init__(self, name: str, questions: list[dict]):
        self.name, self.questions = name, questions

    @property
    def summary(self) -> str:
        """How many were answered, here or in another kernel, and how many of them right the first time."""
        asked = {question["question"] for question in self.questions}
        right = [one.get("right") for one in progress.notes() if one["kind"] == "question" and one["id"] in asked]
        return f"{len(right)} of {len(asked)} answered, {right.count(True)} right the first time." if right else ""

    def _repr_mimebundle_(self, **kwargs) -> dict:
        """Shown again, it replaces what was there."""
        block = Block.show(f"quiz {self.name}", [Page(self)])
        return block._repr_mimebundle_(**kwargs) | {"text/plain": repr(self)}

    def __repr__(self) -> str:
        lines = []
        for question in self.questions:
            lines += [_plain(question["question"]), *(f"  - {_plain(a['answer'])}" for a in question["answers"]), ""]
        return "\n".join(lines).rstrip()


class Page(PageWidget):
    """A quiz on the page. The page sends the number of a question and whether its first answer was right."""

    _esm, _css = script(Path(__file__).with_name("quiz.js")), SHEET
    questions = traitlets.List().tag(sync=True)
    summary = traitlets.Unicode().tag(sync=True)

    def __init__(self, quiz: Quiz):
        self.quiz = quiz
        super().__init__(questions=quiz.questions, summary=quiz.summary)

    def heard(self, answer: dict) -> None:
        question = self.quiz.questions[answer["number"]]["question"]
        progress.note("question", question, right=answer["right"], quiz=self.quiz.name)
        self.summary = self.quiz.summary


def _plain(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", text))
