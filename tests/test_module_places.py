"""Nothing of the workshop module is left out: each of its lines has its place in a notebook, under a heading, in words that are there."""

import re
from pathlib import Path

import nbformat
import pytest

from redislab.lessons import LESSONS

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
PLACES = [
    [part.strip() for part in line.split(" | ")]
    for line in Path(__file__).with_name("module_places.txt").read_text().splitlines()
    if not line.startswith("#")
]


def section(number: str, heading: str) -> str:
    """All that stands under a heading of the second level, code and outputs' questions included."""
    (path,) = NOTEBOOKS.glob(f"{number}_*.ipynb")
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
    parts = re.split(r"^##? (.*)$", text, flags=re.M)
    return "\n".join(body for name, body in zip(parts[1::2], parts[2::2], strict=True) if name == heading)


@pytest.mark.parametrize(("line", "says", "notebook", "heading", "pattern"), PLACES, ids=[place[0] for place in PLACES])
def test_what_the_module_says_has_its_place(line, says, notebook, heading, pattern):
    found = section(notebook, heading)
    assert found, f"{heading!r} is no heading of notebook {notebook}"
    if pattern.startswith("claim "):  # a row of the board
        assert pattern.removeprefix("claim ") in {claim.id for claim in LESSONS.claims}
        return
    assert re.search(pattern, found, re.I), f"{says!r} (line {line}) is no longer under {heading!r}"
