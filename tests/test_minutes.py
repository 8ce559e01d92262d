"""The minutes that heads and tables promise are those of the text."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.minutes import minutes
from tests.notebooks import NOTEBOOKS, cells

CORE = 120


def alone(path: Path) -> int:
    return round(sum(minutes(cells(path)).values()))


@pytest.mark.parametrize("path", NOTEBOOKS[:-1], ids=lambda path: path.stem)
def test_a_notebook_says_how_long_it_takes_alone(path):
    head = cells(path)[0].source
    said = re.search(r"(\d+) minutes in a room, (\d+) alone|about (\d+) minutes", head)
    assert int(said[2] or said[3]) == alone(path)


def test_the_takeaways_say_how_long_they_take_afterwards():
    said = re.search(r"after the 60 minutes, (\d+) alone", cells(NOTEBOOKS[-1])[0].source)
    assert int(said[1]) == round(sum(minutes(cells(NOTEBOOKS[-1]), core=False).values()))


def test_the_core_fits_into_two_hours():
    assert sum(map(alone, NOTEBOOKS[:-1])) <= CORE
    assert f"| **{sum(map(alone, NOTEBOOKS[:-1]))}** |" in NOTEBOOKS[0].read_text()


def test_what_is_going_deeper_and_what_is_practised_does_not_count():
    def taken(*texts) -> float:
        made = [SimpleNamespace(id=name, source=text, cell_type="markdown") for name, text in texts]
        return sum(minutes(made).values())

    section = ("some-question", "## 1 A section\n\n" + "word " * 200)
    assert taken(section) == pytest.approx(1.0, abs=0.03)
    assert taken(section, ("some-try", "word " * 200)) == taken(section)
    deeper = ("some-more", "### Going deeper: more"), ("some-text", "word " * 200)
    assert taken(section, *deeper) == taken(section)
    assert taken(section, *deeper, ("next-question", "## 2 Another")) > taken(section)
