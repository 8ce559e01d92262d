"""The finale: the same seed is the same day, and the bill knows which part was the simple version."""

import itertools

import pytest

from redislab.lessons import LESSONS
from redislab.lessons.labs import BlackFridayLab
from redislab.lessons.takeaways.black_friday.day import INCIDENTS, planned
from redislab.lessons.takeaways.black_friday.lab import SIMPLE
from redislab.lessons.takeaways.black_friday.parts import PARTS
from redislab.study import progress
from redislab.study.score import Score
from redislab.study.texts import Text

SHORT = {"seconds": 20, "rate": 60}


def test_the_same_seed_is_the_same_day_and_another_one_is_not():
    day = planned(1, 60.0, 80.0, 300, 1000)
    assert day == planned(1, 60.0, 80.0, 300, 1000) != planned(2, 60.0, 80.0, 300, 1000)
    assert [event.about for event in day if event.what == "incident"] == list(INCIDENTS.values())
    assert all(before.at <= after.at for before, after in itertools.pairwise(day))


def closed(lab) -> dict:
    """The last bill, when the shop has closed."""
    return lab.until(lambda sample: sample["over"], timeout=90)["bills"][-1].rows


@pytest.mark.quiet  # of a bot that comes one request at a time the limit lets no race through
def test_a_day_with_passed_solutions_and_then_in_the_simple_version(running, progress_file):
    mine = {part.exercise: Text.of(LESSONS.exercises[part.exercise]).solution for part in PARTS.values()}
    lab = running(BlackFridayLab(mine=mine, **SHORT))
    best = closed(lab)
    assert not lab.samples[-1]["mine"]
    assert best["unsold"] == best["points"] == best["over"] == best["lost"] == best["uncommitted"] == 0
    assert best["served"] > 1200 and best["p99"] > best["p50"] > 0
    lab.experiment.conclude(lab.samples[-1])
    # If all parts are the simple version, expect the same day to cost more, in the right places
    lab.experiment.set_knobs(dict.fromkeys(PARTS, SIMPLE))
    begun = lab.until(lambda sample: not sample["over"] and sample["served"])
    assert lab.experiment.say(begun).startswith("It is ")
    simple = closed(lab)
    assert simple["unsold"] and simple["points"] and simple["over"] and simple["uncommitted"], simple
    assert simple["lost"], simple
    (head, *rows) = lab.experiment.findings(lab.samples[-1])
    assert head[1:] == ["all yours", "all simple"] and len(rows) == len(best)
    # The bills are kept, and known as of the same day
    lab.experiment.conclude(lab.samples[-1])
    kept = Score(LESSONS, progress.notes()).bills
    assert [bill.label for bill in kept] == ["all yours", "all simple"]
    assert list(kept[1].rows.values()) == [value for value in simple.values() if value is not None]


def test_what_is_wrong_with_a_solution_in_the_application_is_said_too(running):
    broken = "def save_batch(client, source, keys, worker):\n    raise RuntimeError('not today')"
    lab = running(BlackFridayLab(mine={PARTS["orders"].exercise: broken}, **SHORT))
    said = lab.until(lambda sample: sample["mine"])["mine"]
    assert "RuntimeError: not today" in said


@pytest.mark.tour
def test_without_solutions_the_library_runs(running):
    assert not BlackFridayLab().done({})  # of a panel that has not begun
    lab = running(BlackFridayLab(**SHORT))
    bill = closed(lab)
    assert bill["unsold"] == bill["points"] == bill["over"] == bill["lost"] == 0, bill
