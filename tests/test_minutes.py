"""The minutes that heads and tables promise are those of the text."""

import re
from pathlib import Path

import nbformat
import pytest

from tests.minutes import minutes

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CORE = 120


def alone(path: Path) -> int:
    return round(sum(minutes(path).values()))


@pytest.mark.parametrize("path", NOTEBOOKS[:-1], ids=lambda path: path.stem)
def test_a_notebook_says_how_long_it_takes_alone(path):
    head = nbformat.read(path, as_version=4).cells[0].source
    said = re.search(r"(\d+) minutes in a room, (\d+) alone|about (\d+) minutes", head)
    assert int(said[2] or said[3]) == alone(path)


def test_the_takeaways_say_how_long_they_take_afterwards():
    said = re.search(r"after the 60 minutes, (\d+) alone", nbformat.read(NOTEBOOKS[-1], as_version=4).cells[0].source)
    assert int(said[1]) == round(sum(minutes(NOTEBOOKS[-1], core=False).values()))


def test_the_core_fits_into_two_hours():
    assert sum(map(alone, NOTEBOOKS[:-1])) <= CORE
    assert f"| **{sum(map(alone, NOTEBOOKS[:-1]))}** |" in NOTEBOOKS[0].read_text()


def test_what_is_going_deeper_and_what_is_practised_does_not_count(tmp_path):
    def taken(*cells) -> float:
        made = [nbformat.v4.new_markdown_cell(text, id=name) for name, text in cells]
        path = tmp_path / "one.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=made), path)
        return sum(minutes(path).values())

    section = ("some-question", "## 1 A section\n\n" + "word " * 200)
    assert taken(section) == pytest.approx(1.0, abs=0.03)
    assert taken(section, ("some-try", "word " * 200)) == taken(section)
    deeper = ("some-more", "### Going deeper: more"), ("some-text", "word " * 200)
    assert taken(section, *deeper) == taken(section)
    assert taken(section, *deeper, ("next-question", "## 2 Another")) > taken(section)
