"""What a learner reads of an exercise: the Markdown file beside its class."""

import inspect
import re
from dataclasses import dataclass
from pathlib import Path

from redislab.study.checks import Exercise


@dataclass(frozen=True)
class Text:
    """What a learner reads of an exercise, in Markdown's plainest: paragraphs, lists and `code`.

    Attributes:
        place: the section it belongs to.
        starter, solution: code for a cell; `afterword` says why the solution is one.
    """

    title: str
    place: str
    task: str
    starter: str
    hints: tuple[str, ...]
    solution: str
    afterword: str

    @classmethod
    def of(cls, exercise: type[Exercise]) -> "Text":
        """The parts of `its-name.md`, beside the module of the class."""
        text = Path(inspect.getfile(exercise)).with_name(f"{exercise.name}.md").read_text(encoding="utf-8")
        head, *parts = re.split(r"^## (\w+).*\n", text, flags=re.M)
        title, place, task = re.fullmatch(r"# ([^\n]+)\n+\*([^\n]+)\*\n+(.+)", head.strip(), re.S).groups()
        named = list(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))
        starter, (solution, afterword) = _code(dict(named)["Starter"])[0], _code(dict(named)["Solution"])
        return cls(title, place, task, starter, tuple(t for n, t in named if n == "Hint"), solution, afterword)


def _code(text: str) -> tuple[str, str]:
    """The first fenced block, and what follows it."""
    return re.fullmatch(r"```python\n(.*?)```\s*(.*)", text, re.S).groups()
