"""What a section asks to turn is in sight when its panel opens, or is said to be under *More*."""

import re

import pytest

from redislab import labs
from redislab.screen.controls import KNOBS
from tests.notebooks import NOTEBOOKS, cells

MORE = "under **more**"


def tries(path):
    """Each panel's lab, with every item that tells what to do with it, the instructor's note included."""
    lab, note = None, ""
    for cell in cells(path):
        note = cell.metadata.get("redislab", {}).get("drag", note)
        if named := re.search(r"panel\(labs\.(\w+)", cell.source):
            lab = named[1]
            yield cell.id, lab, note
            note = ""
        if cell.id.endswith("-try"):
            asked = cell.source.partition("<details>")[0]
            for item in re.split(r"\n\d\. ", asked)[1:]:
                yield cell.id, lab, item


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_knob_that_is_to_be_turned_is_in_sight(path):
    for cell, lab, item in tries(path):
        folded = [knob.label for knob in getattr(labs, lab).knobs().values()][KNOBS:]
        named = re.findall(r"\*\*([^*]+)\*\*", item) or [
            word.strip() for word in re.split(r"[,;.“”]| to | on | and ", item)
        ]
        assert MORE in item.lower() or not {*named} & {*folded}, f"{cell}: {item}"
