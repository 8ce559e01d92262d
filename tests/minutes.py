"""How many minutes a notebook takes alone, computed from its text: words ÷ 200, 2 a panel, ½ a guess.

What there is to try, folded answers included, belongs to a panel's two minutes. Exercises, quizzes and what stands under
"Going deeper" are outside.
"""

import re
from pathlib import Path

import nbformat

WORDS, PANEL, GUESS = 200, 2.0, 0.5  # words a minute; minutes
OUTSIDE = re.compile(r"(-try|-exercise|-exercise-head|-gap|-check|-quiz|-quiz-head)$")
DEEPER = re.compile(r"#{2,4} .*Going deeper|## .+\n\n\*outside ")


def minutes(path: Path, core: bool = True) -> dict[str, float]:
    """Minutes by the heading of each section; those before the first one under "". Without `core`, also what is outside of it."""
    taken, section, deeper = {"": 0.0}, "", False
    for cell in nbformat.read(path, as_version=4).cells:
        if heading := re.match(r"## (.+)", cell.source):
            section, deeper = heading[1], False
        deeper = core and (deeper or bool(DEEPER.match(cell.source)))
        if not deeper and not OUTSIDE.search(cell.id):
            taken[section] = taken.get(section, 0.0) + _cell(cell)
    return taken


def _cell(cell) -> float:
    if cell.cell_type == "markdown":
        text = re.sub(r"!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|<[^>]+>|[|#*`\[\]-]", " ", cell.source)
        return len(text.split()) / WORDS
    return PANEL * ("panel(labs." in cell.source) + GUESS * ("= predict(" in cell.source)
