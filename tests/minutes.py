"""How many minutes a notebook takes alone, computed from its text: words ÷ 200, 2 a panel, ½ a guess.

What there is to try, folded answers included, belongs to a panel's two minutes. Exercises, the learner's own code on a
panel, quizzes, stills of panels and what stands under "Going deeper" are outside.
"""

import re
from collections.abc import Iterator

WORDS, PANEL, GUESS = 200, 2.0, 0.5  # words a minute; minutes
OUTSIDE = re.compile(r"(-try|-exercise|-exercise-head|-gap|-check|-mine|-mine-head|-quiz|-quiz-head|-still)$")
PANEL_CELL = "panel(labs."
DEEPER = re.compile(r"#{2,4} .*Going deeper|## .+\n\n\*outside ")


def minutes(cells, core: bool = True) -> dict[str, float]:
    """Minutes by the heading of each section; those before the first one under "". Without `core`, also what is outside of it."""
    taken = {"": 0.0}
    for section, cell in counted(cells, core):
        taken[section] = taken.get(section, 0.0) + _cell(cell)
    return taken


def panels(cells) -> list:
    """The cells of the core that show a panel."""
    return [cell for _, cell in counted(cells) if PANEL_CELL in cell.source]


def counted(cells, core: bool = True) -> Iterator[tuple]:
    """The cells that count, each with the heading of its section."""
    section, deeper = "", False
    for cell in cells:
        if heading := re.match(r"## (.+)", cell.source):
            section, deeper = heading[1], False
        deeper = core and (deeper or bool(DEEPER.match(cell.source)))
        if not deeper and not OUTSIDE.search(cell.id):
            yield section, cell


def _cell(cell) -> float:
    if cell.cell_type == "markdown":
        text = re.sub(r"!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|<[^>]+>|[|#*`\[\]-]", " ", cell.source)
        return len(text.split()) / WORDS
    return PANEL * (PANEL_CELL in cell.source) + GUESS * ("= predict(" in cell.source)
