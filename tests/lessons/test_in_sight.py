"""What a section asks to turn is in sight when its panel opens, or is said to be under *More*."""

import re

import nbformat
import pytest

from redislab import labs
from redislab.screen.controls import KNOBS
from tests.test_hygiene import NOTEBOOKS

MORE = "under **more**"


def tries():
    """Each panel's lab, with every item that tells what to do with it, the instructor's note included."""
    for path in NOTEBOOKS:
        lab, note = None, ""
        for cell in nbformat.read(path, as_version=4).cells:
            note = cell.metadata.get("redislab", {}).get("drag", note)
            if named := re.search(r"panel\(labs\.(\w+)", cell.source):
                lab = named[1]
                yield pytest.param(lab, note, id=f"{cell.id}-note")
                note = ""
            if cell.id.endswith("-try"):
                asked = cell.source.partition("<details>")[0]
                for number, item in enumerate(re.split(r"\n\d\. ", asked)[1:], 1):
                    yield pytest.param(lab, item, id=f"{cell.id}-{number}")


@pytest.mark.parametrize(("lab", "item"), [*tries()])
def test_a_knob_that_is_to_be_turned_is_in_sight(lab, item):
    folded = [knob.label for knob in getattr(labs, lab).knobs().values()][KNOBS:]
    named = re.findall(r"\*\*([^*]+)\*\*", item) or [
        word.strip() for word in re.split(r"[,;.“”]| to | on | and ", item)
    ]
    assert MORE in item.lower() or not {*named} & {*folded}
