"""Nothing of the workshop module is left out: each of its lines has its place in a notebook, under a heading, in words that are there."""

import re
from pathlib import Path

import pytest

from redislab.lessons import LESSONS
from tests.notebooks import NOTEBOOKS, cells

PLACES = [
    [part.strip() for part in line.split(" | ")]
    for line in Path(__file__).with_name("module_places.txt").read_text().splitlines()
    if not line.startswith("#")
]
CLAIMS = {claim.id for claim in LESSONS.claims}


def section(number: str, heading: str) -> str:
    """All that stands under a heading of the second level, code and outputs' questions included."""
    text = "\n".join(cell.source for cell in cells(NOTEBOOKS[int(number)]))
    parts = re.split(r"^##? (.*)$", text, flags=re.M)
    return "\n".join(body for name, body in zip(parts[1::2], parts[2::2], strict=True) if name == heading)


@pytest.mark.parametrize("number", sorted({place[2] for place in PLACES}))
def test_what_the_module_says_has_its_place(number):
    missing = []
    for line, says, notebook, heading, pattern in PLACES:
        if notebook == number:
            found = section(notebook, heading)
            if not found:
                missing.append(f"line {line}: {heading!r} is no heading")
            elif pattern.startswith("claim "):  # a row of the board
                assert pattern.removeprefix("claim ") in CLAIMS, line
            elif not re.search(pattern, found, re.I):
                missing.append(f"line {line}: {says!r} is no longer under {heading!r}")
    assert not missing
