"""The controls: a slider's stops, and two directions that do not echo."""

import ipywidgets as widgets
import pytest

from redislab.bench import Experiment, choice, decision, number, switch, text
from redislab.bench.knobs import nearest
from redislab.screen.controls import Button, Controls, Toolbar, choices, close_tree


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
    values = knob.stops
    assert values[0] == knob.low and values[-1] == knob.high and knob.default in values
    assert values == sorted(set(values)) and 10 <= len(values) <= 210
    assert [knob.check(value) for value in values] == values


def test_stops_are_figures_that_one_says_aloud():
    assert {0.2, 0.5, 1.0, 2.5, 10.0, 60.0} <= set(KNOBS["ttl"].stops)
    assert KNOBS["jitter"].stops == [5.0 * i for i in range(11)]


@pytest.fixture
def turned():
    """What the page has moved: names and values."""
    return []


@pytest.fixture
def controls(turned):
    made = Controls(KNOBS, Knobs().settings(), lambda name, value: turned.append((name, value)))
    yield made
    for widget in (made.fields, *made.decisions.values()):
        close_tree(widget)


@pytest.mark.parametrize("name", KNOBS)
def test_showing_a_value_says_nothing_and_turning_says_it_once(controls, turned, name):
    offered = choices(KNOBS[name])
    values = {"on": [True, False], "tree": ["A", "B"], "key": ["user:2", ""]}.get(name) or [offered[-1], offered[0]]
    controls.show(name, values[0])
    assert turned == [] and controls.value(name) == values[0]
    if name == "tree":
        controls.decisions[name].heard({"move": values[1], "turn": 1})
    else:
        state = offered.index(values[1]) if offered else values[1]
        controls.fields.heard({"move": [name, state], "turn": 1})
    assert turned == [(name, values[1])] and controls.value(name) == values[1]


def test_a_move_that_is_heard_after_a_later_one_is_not_taken(controls, turned):
    for state, turn in ((3, 2.0), (7, 1.0)):
        controls.fields.heard({"move": ["jitter", state], "turn": turn})
    assert turned == [("jitter", 15.0)] and controls.value("jitter") == 15.0 and controls.fields.turn == 2.0


def test_a_second_press_of_what_the_first_has_made_another_button_does_nothing():
    pressed = []
    made = Toolbar(run=[Button("go", "Start", lambda: pressed.append(1) or made.change("go", label="Pause"))])
    for label in ("Start", "Start", "Pause"):
        made.heard({"press": "go", "label": label, "pressed": None, "at": 1.0})
    assert len(pressed) == 2
    close_tree(made)


def test_a_value_between_two_stops_is_shown_at_the_nearest(controls, turned):
    controls.show("ttl", 2.71)
    assert controls.value("ttl") == 2.8 and turned == []
    assert nearest([1, 2], 1.4) == 1


def test_close_tree_leaves_no_widget():
    before = set(widgets.widgets.widget._instances)
    knobs = {name: knob for name, knob in KNOBS.items() if name != "tree"}
    fields = Controls(knobs, Knobs().settings(), print).fields
    box = widgets.VBox([widgets.HBox([Toolbar(run=[Button("a", "A", list)])]), fields])
    assert set(widgets.widgets.widget._instances) - before
    close_tree(box)
    assert not set(widgets.widgets.widget._instances) - before


def test_a_tree_goes_to_the_page_with_its_answers_in_order(controls):
    tree = controls.decisions["tree"].tree
    assert tree == ["One?", [["yes", "A"], ["no", ["Two?", [["yes", "B"], ["no", "C"]]]]]]
