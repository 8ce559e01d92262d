"""What a scorecard says is computed from the notes, and what is in them means nothing as markup."""

import math
import re
from html.parser import HTMLParser

import pytest

from redislab.lessons import LESSONS, scorecard
from redislab.study import progress
from redislab.study.guesses import CLOSE, LOW, comparisons
from redislab.study.progress import note, notes
from redislab.study.score import Score, card, page

EVIL = "<img src=x onerror=alert(1)>'\"&"


def guessed(question: str, guess, found, unit: str = "ms", lab: str = "", **facts) -> None:
    note("guess", question, value=guess, unit=unit, **facts)
    note("measurement", question, found=found, unit=unit, lab=lab)


def said() -> str:
    return " ".join(Score(LESSONS, notes()).sentences)


def test_shares_are_compared_in_points_and_figures_by_their_ratio():
    guessed("a rare share", 2, 1, "%", high=100)  # twice as much, and close all the same
    guessed("a sweep", 110, 330, "%", high=500)  # a ratio, whatever it is written in
    guessed("nothing is lost", 0, 0, "rows")
    guessed("some are lost", 0, 8, "rows")
    found = {each.question: each for each in comparisons(notes())}
    assert {name: each.side for name, each in found.items()} == {
        "a rare share": CLOSE,
        "a sweep": LOW,
        "nothing is lost": CLOSE,
        "some are lost": LOW,
    }
    assert found["a rare share"].off == 1.0 and found["a sweep"].off == pytest.approx(1 / 3)
    assert found["some are lost"].factor == math.inf and "one is 0" in found["some are lost"].words


def test_no_more_is_said_than_the_guesses_bear():
    assert "No guess of yours has met its measurement yet" in said()
    guessed("How slow?", 10, 40)
    assert "One guess has met its measurement. How slow?: you guessed 10 ms, this machine measured 40.0 ms." in said()
    for number, factor in enumerate((0.5, 0.25, 4, 8)):  # to both sides
        guessed(f"How slow {number}?", 10 * factor, 10)
    assert "off by a factor of 4.0 (5 figures)" in said() and "lean" not in said()
    # If one notebook's guesses are all too high, expect that said of it
    for number in range(5):
        guessed(f"How much faster {number}?", 100, 10, "×", lab="PipeliningLab")
    assert "Performance tuning, 5 of 5 too high" in said() and "speed-ups and growth, 5 of 5 too high" in said()
    # and of a file from elsewhere whose lab is not known here, that nothing breaks
    guessed("Of another course", 1, 1, lab="NoSuchLab")
    assert "Of another course" in page(Score(LESSONS, notes()))


class Elements(HTMLParser):
    def __init__(self, text: str):
        super().__init__()
        self.found, self.addresses = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href", "srcset", "data")]
        assert not any(name.startswith("on") for name, _ in attributes)


def test_a_file_that_was_edited_by_hand_brings_no_markup_and_nothing_breaks():
    rows = {EVIL: 3, "b": EVIL, "c": None, "d": 2.5}
    for name, value in (("a", 5), ("b", True), ("c", float("nan")), ("d", [1]), ("e", -3), ("f", 1e300), ("g", EVIL)):
        guessed(EVIL + name, value, value, EVIL, EVIL)
        guessed(EVIL + EVIL + name, value, EVIL, EVIL, EVIL)
        note("measurement", f"never guessed {name}", found=value, redis=EVIL)
        note("claim", LESSONS.claims[0].id, verdict=value, redis=EVIL)
        note("exercise", next(iter(LESSONS.exercises)), passed=value)
        note("question", EVIL, right=value)
        note("bill", EVIL + name, rows=rows, simple=[EVIL], day=value)
        note("bill", name, rows=value, simple=value)
    progress.note(EVIL, EVIL)
    made = page(Score(LESSONS, notes()), EVIL)
    elements = Elements(made)
    assert not {"img", "script", "iframe", "link"} & set(elements.found) and elements.addresses == []
    assert "&lt;img src=x" in made and not re.search(r"url\(|@import|https?://", made)


def test_the_claims_and_the_bill_are_counted_and_the_same_day_stands_beside_it():
    them = [claim.id for claim in LESSONS.claims[:4]]
    for name, verdict in zip(them, ("holds", "holds", "depends", "does not hold"), strict=True):
        note("claim", name, verdict="undecided")
        note("claim", name, verdict=verdict)  # the last one counts
    note("bill", "all simple", rows={"requests failed": 1204}, simple=["stock"], day=[1, 60, 80])
    note("bill", "another day", rows={"requests failed": 9999}, simple=["stock"], day=[2, 60, 80])
    note("bill", "all yours", rows={"requests failed": 13}, simple=[], day=[1, 60, 80])
    said = re.sub(r"<[^>]+>", " ", card(Score(LESSONS, notes())))
    assert f"4 of {len(LESSONS.claims)} claims" in said and "● holds: 2" in said and "undecided: 0" in said
    assert re.search(r"the bill\s+all yours\s+all simple\s+requests failed\s+13\s+1,204", said) and "9,999" not in said


def test_the_card_follows_what_is_done_and_closing_leaves_nothing(tmp_path):
    before = set(progress.listeners)
    shown = scorecard()
    guessed("How slow?", 10, 40)
    assert "How slow?" in shown._page.html and "How slow?" in repr(shown)
    shown._fields.moved(["name", "Ada <3"], 1.0)
    shown.save(tmp_path / "card.html")
    assert "Ada &lt;3" in (tmp_path / "card.html").read_text(encoding="utf-8")
    shown.close()
    assert progress.listeners == before
