"""A learner's function as one more choice: it is called in the bench, and what goes wrong with it is said."""

import functools
import os
import time

import cloudpickle
import pytest

from redislab.bench import YOURS, Experiment, bars, choice, on
from redislab.errors import KnobError

FACTOR = 3


class AddLab(Experiment):
    method = choice("sum", ["sum", "add"], label="Method", yours="a, b")
    charts = (bars("Results", "", **{"n sum": "sum", "n add": "add"}),)
    rate = 100.0
    workers = 4
    sentence = "{method} gives {result}."
    result = None

    @on("method")
    def choose(self):
        self.add = self.mine if self.method == YOURS else int.__add__

    def request(self):
        self.result = self.add(1, 2)
        return "added"

    def sample(self, window):
        return {"result": self.result, "added": window.rate("added")}


def helped(a, b):
    return FACTOR * (a + b)


def raises(a, b):
    return {}[a]


def hangs(a, b):
    while True:
        try:
            time.sleep(0)
        except Exception:
            pass


def sleeps(a, b):
    time.sleep(3600)


def hoards(a, b):
    held = []
    while True:
        held.append("x" * 10_000_000)


def wants_more(a, b, c):
    return a


def ends(a, b):
    raise SystemExit


@pytest.fixture
def trying(opened):
    """A session on the lab with a function that is not importable there, as one of a notebook's cell."""

    def try_(function):
        scope = dict(globals(), __name__="__main__")
        copied = type(function)(function.__code__, scope, function.__name__)
        copied.__module__ = "__main__"
        session, ear = opened(AddLab(mine=copied))
        session.start()
        return session, ear

    cloudpickle.register_pickle_by_value(__import__(__name__, fromlist=["_"]))
    return try_


def test_it_is_chosen_first_and_brings_along_what_it_uses_of_the_notebook(trying):
    session, ear = trying(helped)
    assert session.experiment.method == YOURS and session.experiment.settings() == {"method": YOURS}
    sample = ear.sample(lambda event: event.values["result"] == 9)
    assert session.experiment.say(sample.values) == "yours gives 9."
    # If another choice is made, expect that one, and then the learner's again
    for choice_, result in (("sum", 3), (YOURS, 9)):
        session.experiment.method = choice_
        ear.events.clear()
        ear.sample(lambda event, result=result: event.values["result"] == result)


def test_it_has_a_bar_beside_the_others():
    (chart,) = AddLab(mine=helped).charts
    assert [(line.key, line.label) for line in chart.lines][-1] == ("n yours", YOURS)
    assert [line.label for line in AddLab.charts[0].lines] == ["sum", "add"]


def test_without_one_there_is_no_such_choice():
    with pytest.raises(KnobError, match="choose one of 'sum', 'add'"):
        AddLab(method=YOURS)
    with pytest.raises(KnobError, match="leave out `mine`"):
        Experiment(mine=helped)


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (raises, "Yours: It raised KeyError: 1, in line"),
        (ends, "Yours: It raised SystemExit"),
        (wants_more, "Your function is given (a, b): missing a required argument: 'c'"),
        (hangs, "Yours: It did not return within 2 s and was stopped."),
        (sleeps, "Yours: It did not return within 2 s and was stopped."),
        (hoards, "Yours: It took more memory than the 500 MB"),
        (functools.partial(os.getenv, "HOME"), "Your function is given (a, b): too many positional arguments"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_goes_wrong_is_said_and_the_other_choices_go_on(trying, opened, function, says):
    if isinstance(function, functools.partial):
        session, ear = opened(AddLab(mine=function))
        session.start()
    else:
        session, ear = trying(function)
    sample = ear.sample(lambda event: event.values.get("mine", "").startswith(says))
    assert session.experiment.say(sample.values).startswith(says)
    session.experiment.method = "add"
    ear.events.clear()
    ear.sample(lambda event: event.knobs["method"] == "add" and event.values["added"] > 50)
