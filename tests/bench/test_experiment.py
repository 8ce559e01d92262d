"""What an experiment declares: methods that follow knobs, what is owned, sentences with gaps, presets."""

import random
import statistics

import pytest

from redislab.bench import Experiment, Networked, bars, dashed, dotted, number, on, time_chart, xy_chart
from redislab.bench.readings import MissingError, Readings, fill


class Closing:
    def __init__(self, name, log):
        self.name, self.log = name, log

    def close(self):
        self.log.append(self.name)


class Following(Networked):
    size = number(1, 0, 9, label="Size")
    depth = number(2, 0, 9, label="Depth")
    sentence = ("{p50:.1f} ms with {size:g}.", "{stale:.0f} stale.", "{errors} failed.")

    def __init__(self, **knobs):
        super().__init__(**knobs)
        self.log = []

    @on("size", "depth")
    def either(self):
        self.log.append("either")
        return {"built"}

    @on("size")
    def first(self):
        self.log.append("first")

    @on("built")
    def after(self):
        self.log.append("after")

    def verdict(self, values):
        return f"{values['p99']} ms"


def test_methods_follow_the_knobs_they_name_in_the_order_of_the_class():
    made = Following()
    made.follow({"depth"})
    assert made.log == ["either", "after"]
    made.log.clear()
    made.follow({"size", "rtt"} - {"rtt"})
    assert made.log == ["either", "first", "after"]


def test_what_is_owned_is_closed_last_made_first_even_if_one_fails():
    made = Following()
    one, two = made.owned(Closing("one", made.log)), made.owned(Closing("two", made.log))
    made.at_end(made.log.append, "three")
    made.at_end(lambda: 1 / 0)
    assert (one.name, two.name) == ("one", "two")
    with pytest.raises(ZeroDivisionError):
        made.release()
    assert made.log == ["three", "two", "one"]
    made.release()  # nothing is closed twice
    assert made.log == ["three", "two", "one"]


class Mixed(Experiment):
    writes = number(10.0, 0, 90, label="Writes", unit="/s")

    def mix(self):
        return {self.read: 30.0, self.write: self.writes}

    def read(self):
        return "read"

    def write(self):
        return "write"


def test_kinds_of_requests_are_due_as_often_as_the_mix_says():
    made, dice = Mixed(), random.Random(1)
    sent = [made.request() for _ in range(2000)]
    assert 0.7 < sent.count("read") / len(sent) < 0.8
    assert statistics.mean(made.gap(dice) for _ in range(2000)) == pytest.approx(1 / 40, rel=0.2)
    made.writes = 0.0
    assert {made.request() for _ in range(50)} == {"read"}
    with pytest.raises(TypeError, match=r"define request\(\) or mix\(\)"):
        Following().request()


def test_sentences_wait_for_what_they_need_and_leave_out_what_is_nothing():
    made = Following(size=3)
    assert made.say({"p50": None, "stale": 7}) == made.waiting
    assert made.say({}) == made.waiting
    assert made.say({"p50": 1.25, "stale": 0.4, "errors": None}) == "1.2 ms with 3."
    assert made.say({"p50": 1.25, "stale": 12.0, "errors": 2}) == "1.2 ms with 3. 12 stale. 2 failed."
    # If a method chooses among templates, expect the same of what it returns
    made.sentence = lambda values: ("{p50:.1f} ms.", "{stale:.0f} stale.") if values["p50"] < 2 else "Slow."
    assert made.say({"p50": 1.25, "stale": 12.0}) == "1.2 ms. 12 stale."
    assert (made.say({"p50": 5.0}), made.say({"stale": 2})) == ("Slow.", made.waiting)
    assert made.judge({"p99": None}) is None
    assert made.judge({"p99": 4}) == "4 ms"
    assert Experiment().say({"p50": 1}) == ""


def test_a_missing_reading_is_missing_and_get_gives_none():
    with pytest.raises(MissingError):
        Readings({"a": None})["a"]
    assert Readings({"a": None}).get("a") is None
    assert fill("{a:.1f}", Readings(a=0.0)) == "0.0"


def test_a_preset_resets_the_knobs_that_it_does_not_mention():
    class Preset(Following):
        presets = {"Deep": {"depth": 9.0}}

    made = Preset(size=7, rtt=5.0)
    made.set_knobs(made.preset("Deep"))
    assert made.settings() == {"rtt": 0.0, "size": 1, "depth": 9.0}


def test_charts_in_a_line_are_the_charts_spelled_out():
    chart = time_chart("Hit ratio", "%", 0, 100, hits="measured", forecast=dashed("predicted"), top=dotted("limit"))
    assert [(line.key, line.label, line.dash, line.role) for line in chart.lines] == [
        ("hits", "measured", "solid", None),
        ("forecast", "predicted", "dash", "predicted"),
        ("top", "limit", "dot", "limit"),
    ]
    assert (chart.kind, chart.low, chart.high, chart.unit) == ("time", 0, 100, "%")
    assert time_chart("Latency", "ms", log=True, p50="p50").low is None
    assert bars("Calls", "/s", a="A").kind == "bars"
    curve = xy_chart("Speed", "×", x="batch", x_unit="commands", log_x=True, speedup="measured")
    assert (curve.kind, curve.x_title, curve.x_unit, curve.log_x) == ("xy", "batch", "commands", True)
