"""What was found, as cards, and the panel that one of them opens."""

import contextlib

import pytest

from redislab.bench import Card, Experiment, number
from redislab.screen.block import Block
from redislab.screen.panel import panel


class Shown(Experiment):
    size = number(10, 1, 1000, label="Size", unit="B", log=True, integer=True)


class Finds(Experiment):
    """Finds what it is told."""

    def cards(self, values):
        return [
            Card("warning", "large", name, opens=lambda size=size: Shown(size=size), offer="Open the lab: Shown")
            for name, size in values["found"].items()
        ] + [Card("hint", "and more")]


@pytest.fixture
def finding():
    with contextlib.closing(panel(Finds(), autostart=False)) as shown:
        shown.found.show(shown.experiment.cards({"found": {"a": 100, "b": 500, "c": 900}}))
        yield shown


def keys(cards) -> list[str]:
    return [card["subject"] or card["title"] for card in cards.cards]


def test_a_card_opens_a_panel_below_itself_with_the_knobs_set(finding):
    found = finding.found
    upper, lower = found.children
    assert keys(upper) == ["a", "b", "c", "and more"] and keys(lower) == []
    found.press("large b")
    upper, opened, lower = found.children
    assert keys(upper) == ["a", "b"] and keys(lower) == ["c", "and more"] and opened.experiment.size == 500
    assert [card["offer"] for card in upper.cards] == ["Open the lab: Shown", "Close the lab"]
    assert lower.cards[-1]["offer"] == ""  # there is nothing to open
    found.press("and more ")
    assert len(found.children) == 2 and opened.comm is None


def test_one_at_a_time_and_the_same_again_closes_it(finding):
    found = finding.found
    found.press("large a")
    first = found.children[1]
    found.press("large c")
    assert first.comm is None and found.children[1].experiment.size == 900
    found.press("large c")
    assert len(found.children) == 2 and found.opened is None and keys(found.children[0])[-1] == "and more"


def test_the_panel_of_what_is_no_longer_found_is_closed(finding):
    found = finding.found
    found.press("large b")
    opened = found.children[1]
    found.show(finding.experiment.cards({"found": {"b": 500}}))
    assert found.children[1] is opened and opened.comm is not None
    found.show(finding.experiment.cards({"found": {"a": 100}}))
    assert opened.comm is None and len(found.children) == 2


def test_the_panel_of_a_section_stays_beside_it_and_nothing_stays_behind(finding):
    with contextlib.closing(panel(Shown(), autostart=False)) as section:
        finding.found.press("large a")
        opened = finding.found.children[1]
        assert section.comm is not None and opened is not section
        finding.close()
        assert opened.comm is None and opened not in Block._shown.values() and section.comm is not None
