"""The controls: a slider's stops, and two directions that do not echo."""

import ipywidgets as widgets
import pytest

from redislab.bench import Experiment, choice, decision, number, switch, text
from redislab.screen.controls import Button, Control, Toolbar, close_tree, nearest, stops


class Knobs(Experiment):
    ttl = number(2.0, 0.2, 60, label="TTL", unit="s", log=True)
    size = number(100, 1, 1_000_000, label="Size", unit="B", log=True, integer=True)
    jitter = number(10.0, 0, 50, label="Jitter", unit="±%", step=5)
    clients = number(50, 1, 200, label="Clients", integer=True)
    share = number(1.0, 0.3, 7.1, label="Share")
    odd = number(0.37, 0.11, 0.93, label="Odd", log=True)
    mode = choice("a", ["a", "b"], label="Mode")
    on = switch(False, label="On")
    key = text("user:1", label="Key")
    tree = decision("C", ("One?", {"yes": "A", "no": ("Two?", {"yes": "B", "no": "C"})}), label="Tree")


KNOBS = Knobs.knobs()
NUMBERS = [knob for knob in KNOBS.values() if knob.kind in ("number", "integer")]


@pytest.mark.parametrize("knob", NUMBERS, ids=lambda knob: knob.name)
def test_stops_go_from_bound_to_bound_with_the_default_among_them_and_the_knob_takes_each(knob):
    values = stops(knob)
    assert values[0] == knob.low and values[-1] == knob.high and knob.default in values
    assert values == sorted(set(values)) and 10 <= len(values) <= 210
    assert [knob.check(value) for value in values] == values


def test_stops_are_figures_that_one_says_aloud():
    assert {0.2, 0.5, 1.0, 2.5, 10.0, 60.0} <= set(stops(KNOBS["ttl"]))
    assert stops(KNOBS["jitter"]) == [5.0 * i for i in range(11)]


@pytest.mark.parametrize("name", KNOBS)
def test_showing_a_value_says_nothing_and_turning_says_it_once(name):
    turned = []
    control = Control(KNOBS[name], KNOBS[name].default, turned.append)
    values = {"mode": ["b", "a"], "on": [True, False], "tree": ["A", "B"], "key": ["user:2", ""]}.get(name) or [
        stops(KNOBS[name])[3],
        stops(KNOBS[name])[-1],
    ]
    control.show(values[0])
    assert turned == [] and control.widget.value == values[0]
    control.widget.value = values[1]
    assert turned == [values[1]]
    close_tree(control.widget)


def test_a_value_between_two_stops_is_shown_at_the_nearest():
    control = Control(KNOBS["ttl"], 2.0, pytest.fail)
    control.show(2.71)
    assert control.widget.value == 2.8
    close_tree(control.widget)
    assert nearest([1, 2], 1.4) == 1


def test_close_tree_leaves_no_widget():
    before = set(widgets.widgets.widget._instances)
    box = widgets.VBox(
        [widgets.HBox([Toolbar(run=[Button("a", "A", list)])]), Control(KNOBS["ttl"], 2.0, print).widget]
    )
    assert set(widgets.widgets.widget._instances) - before
    close_tree(box)
    assert not set(widgets.widgets.widget._instances) - before


def test_a_tree_goes_to_the_page_with_its_answers_in_order():
    control = Control(KNOBS["tree"], "C", pytest.fail)
    assert control.widget.tree == ["One?", [["yes", "A"], ["no", ["Two?", [["yes", "B"], ["no", "C"]]]]]]
    close_tree(control.widget)
