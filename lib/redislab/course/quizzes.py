"""Questions by jupyterquiz, in the house's clothes, and with nothing fetched from elsewhere."""

import difflib
import functools
import html
import json
import re
from pathlib import Path

from redislab.screen.live import HERE as SCREEN

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


@functools.cache
def groups() -> dict[str, list[dict]]:
    """All questions, by group, as jupyterquiz wants them."""
    return json.loads((HERE / "quizzes.json").read_text(encoding="utf-8"))


def quiz(name: str) -> "Quiz":
    """The questions of one group, such as "cache-aside"; a click on an answer says why it is right or wrong.

    Raises:
        ValueError: there is no such group; names those that there are.
    """
    if name not in groups():
        near = difflib.get_close_matches(name, groups(), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"There is no quiz {name!r}.{hint} There are: {', '.join(groups())}.")
    return Quiz(groups()[name])


class Quiz:
    """Some questions; a notebook shows them to be clicked on, a terminal as text.

    Attributes:
        questions: as jupyterquiz has them; each answer has its `feedback`.
    """

    def __init__(self, questions: list[dict]):
        self.questions = questions

    def _ipython_display_(self) -> None:
        from IPython.display import HTML, Javascript, display

        page, script = self._parts()
        display(HTML(page))
        display(Javascript(script))

    def _parts(self) -> tuple[str, str]:
        """What jupyterquiz would put on the page, in our frame.

        Its script looks for MathJax, does not know JupyterLab's, and then loads another one from a CDN. There is no
        mathematics in our questions, so it is not to find any.
        """
        from IPython.utils.capture import capture_output
        from jupyterquiz import display_quiz

        with capture_output() as captured:
            display_quiz(self.questions, shuffle_answers=False, max_width=760, border_radius=6, colors=COLOURS)
        page, script = (output.data[kind] for output, kind in zip(captured.outputs, KINDS, strict=True))
        sheet = (SCREEN / "screen.css").read_text(encoding="utf-8")
        # in there, the arrow keys choose an answer, not a cell
        frame = "<div class='rl rl-quiz' aria-live='polite' onkeydown='event.stopPropagation()'>"
        return f"<style>{sheet}</style>{frame}{page}</div>", re.sub(r"\bMathJax\b", "NoMathJax", script)

    def __repr__(self) -> str:
        lines = []
        for question in self.questions:
            lines += [_plain(question["question"]), *(f"  - {_plain(a['answer'])}" for a in question["answers"]), ""]
        return "\n".join(lines).rstrip()


def _plain(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", text))
