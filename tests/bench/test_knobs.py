import pytest
from traitlets import TraitError

from redislab.bench import Experiment, action, choice, decision, number, switch, text
from redislab.errors import KnobError


class Example(Experiment):
    ttl = number(2.0, 0.2, 60, label="TTL", unit="s", log=True)
    size = number(10, 1, 100, label="Size", unit="B", integer=True)
    mode = choice("a", ["a", "b"], label="Mode")
    lock = switch(True, label="Lock")
    key = text("user:1", label="Key", most=9)
    leaf = decision("A", ("One?", {"yes": "A", "no": ("Two?", {"yes": "B", "no": "C"})}), label="Tree")

    @action("Stop Redis")
    def stop(self):
        pass


class Longer(Example):
    rate = number(5.0, 1, 10, label="Rate", unit="/s")


def test_knobs_come_in_the_order_of_the_class_the_parents_last():
    assert list(Longer.knobs()) == ["rate", "ttl", "size", "mode", "lock", "key", "leaf"]
    assert Longer.actions() == {"stop": "Stop Redis"}


def test_a_knob_knows_its_label_unit_and_bounds():
    knob = Example.knobs()["ttl"]
    assert (knob.name, knob.label, knob.unit, knob.low, knob.high, knob.log) == ("ttl", "TTL", "s", 0.2, 60, True)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ttl", 99, "ttl = 99 does not work: choose from 0.2 to 60 s."),
        ("ttl", "long", "choose from 0.2 to 60 s"),
        ("ttl", float("nan"), "choose from 0.2 to 60 s"),
        ("ttl", True, "choose from 0.2 to 60 s"),
        ("size", 1.5, "choose a whole number from 1 to 100 B"),
        ("mode", "c", "choose one of 'a', 'b'"),
        ("lock", 1, "choose True or False"),
        ("leaf", "no", "choose one of 'A', 'B', 'C'"),
        ("key", "user:1:2:3", "choose a text of at most 9 characters"),
        ("key", 1, "choose a text"),
    ],
)
def test_a_value_out_of_bounds_is_refused_with_what_may_be_chosen(name, value, says):
    experiment = Example()
    before = experiment.settings()
    for attempt in (lambda: setattr(experiment, name, value), lambda: experiment.set_knobs({name: value})):
        with pytest.raises(KnobError, match=says.replace("(", r"\(")) as caught:
            attempt()
        assert isinstance(caught.value, ValueError) and not isinstance(caught.value, TraitError)
    assert experiment.settings() == before


def test_an_unknown_knob_is_refused_with_the_nearest_name():
    with pytest.raises(KnobError, match=r"Example has no knob 'tll'\. Did you mean ttl"):
        Example(tll=1)
    with pytest.raises(KnobError, match="Its knobs: ttl, size, mode, lock, key, leaf"):
        Example().run(zzz=1)


def test_of_several_knobs_none_is_turned_when_one_is_refused():
    experiment = Example()
    with pytest.raises(KnobError):
        experiment.set_knobs({"ttl": 5.0, "size": 0})
    assert experiment.ttl == 2.0


def test_a_whole_number_may_be_given_for_a_number():
    experiment = Example(ttl=3, size=7.0)
    assert (experiment.ttl, experiment.size) == (3.0, 7)
    assert isinstance(experiment.ttl, float) and isinstance(experiment.size, int)
