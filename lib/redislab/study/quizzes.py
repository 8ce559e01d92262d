"""Questions by jupyterquiz, in the house's clothes, and with nothing fetched from elsewhere. First answers are noted."""

import html
import re
from pathlib import Path

import anywidget
import traitlets

from redislab.screen.block import Block
from redislab.screen.controls import close_tree
from redislab.screen.live import HERE as SCREEN
from redislab.study import progress

HERE = Path(__file__).parent
KINDS = ("text/html", "application/javascript")  # what jupyterquiz displays, in this order
COLOURS = {
    "--jq-multiple-choice-bg": "transparent",
    "--jq-mc-button-bg": "transparent",
    "--jq-mc-button-border": "var(--rl-axis)",
    "--jq-mc-button-inset-shadow": "transparent",
    "--jq-incorrect-color": "var(--rl-alarm)",
    "--jq-correct-color": "var(--rl-good)",
    "--jq-text-color": "var(--rl-ink)",
}
_shown: dict[str, Block] = {}


class Quiz:
    """Some questions; a notebook shows them to be clicked on, a terminal as text.

    Attributes:
        questions: as jupyterquiz has them; each answer has its `feedback`.
    """

    def __init__(self, name: str, questions: list[dict]):
        self.name, self.questions = name, questions

    @property
    def told(self) -> str:
        """How many were answered, here or in another kernel, and how many of them at once."""
        asked = {question["question"] for question in self.questions}
        right = [one.get("right") for one in progress.notes() if one["kind"] == "question" and one["id"] in asked]
        return f"{len(right)} of {len(asked)} answered, {right.count(True)} right at once." if right else ""

    def _repr_mimebundle_(self, **kwargs) -> dict:
        """Shown again, it replaces what was there."""
        if self.name in _shown:
            close_tree(_shown[self.name])
        _shown[self.name] = Block([Page(self)])
        return _shown[self.name]._repr_mimebundle_(**kwargs) | {"text/plain": repr(self)}

    def _parts(self) -> tuple[str, str]:
        """What jupyterquiz would put on the page, in our frame, and the script that it would run there.

        Its script looks for MathJax, does not know JupyterLab's, and then loads another one from a CDN. There is no
        mathematics in our questions, so it is not to find any.
        """
        from IPython.utils.capture import capture_output
        from jupyterquiz import display_quiz

        with capture_output() as captured:
            display_quiz(self.questions, shuffle_answers=False, max_width=760, border_radius=6, colors=COLOURS)
        page, script = (output.data[kind] for output, kind in zip(captured.outputs, KINDS, strict=True))
        # in there, the arrow keys choose an answer, not a cell
        frame = "<div class='rl-quiz' aria-live='polite' onkeydown='event.stopPropagation()'>"
        return f"{frame}{page}</div>", re.sub(r"\bMathJax\b", "NoMathJax", script)

    def __repr__(self) -> str:
        lines = []
        for question in self.questions:
            lines += [_plain(question["question"]), *(f"  - {_plain(a['answer'])}" for a in question["answers"]), ""]
        return "\n".join(lines).rstrip()


class Page(anywidget.AnyWidget):
    """A quiz on the page, which says what was answered first."""

    _esm = HERE / "quiz.js"
    _css = SCREEN / "screen.css"
    page = traitlets.Unicode().tag(sync=True)
    script = traitlets.Unicode().tag(sync=True)
    told = traitlets.Unicode().tag(sync=True)

    def __init__(self, quiz: Quiz):
        self.quiz = quiz
        page, script = quiz._parts()
        super().__init__(page=page, script=script, told=quiz.told)
        self.on_msg(self._hear)

    def _hear(self, _, answer: dict, __) -> None:
        question = self.quiz.questions[answer["number"]]["question"]
        progress.note("question", question, right=answer["right"], quiz=self.quiz.name)
        self.told = self.quiz.told


def _plain(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", text))
