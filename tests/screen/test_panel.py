"""The panel without a page: nothing runs, knobs are linked, and closing leaves nothing."""

import ipywidgets as widgets
import pytest

from redislab import predict
from redislab.bench import Chart, Experiment, Line, PauseReason, Sample, State, Sweep, choice, number
from redislab.errors import KnobError
from redislab.screen import panel
from redislab.screen.runner import IDLE, SILENT
from redislab.screen.words import quantity


class Many(Experiment):
    title = "Many"
    a, b, c, d = (number(1.0, 0, 9, label=name) for name in "abcd")
    charts = tuple(Chart(name, (Line(name, name),)) for name in "xyz")


class Further(Many):
    title = "Further"
    e = number(1.0, 0, 9, label="e")


class Lab(Experiment):
    title, claim = "A lab", "It is so"
    level = number(10.0, 0, 100, label="Level", unit="%")
    mode = choice("one", ["one", "two"], label="Mode")
    charts = (Chart("Level", (Line("level", "level"),), unit="%"),)
    presets = {"Full": {"level": 100.0, "mode": "two"}}


@pytest.fixture
def shown():
    made = panel(Lab())
    yield made
    made.close()


def running(shown) -> None:
    """It is on a page, and measures, as far as it knows."""
    shown._on_page({"kind": "hello"})
    shown.runner.state = "running"


def seen(page: str, visible: bool) -> dict:
    return {"kind": "seen", "page": page, "visible": visible, "new": True}


def test_without_a_page_nothing_runs(shown):
    assert not shown.recording.samples and not shown.runner.measuring
    assert "Press Start" in shown.told.status.html


def test_a_slider_turns_the_knob_and_the_knob_moves_the_slider(shown):
    fields = shown.controls.fields
    fields.heard({"move": ["level", 42], "turn": 1})
    assert shown.experiment.level == 42.0
    shown.experiment.level = 77.0
    assert shown.controls.value("level") == 77.0


def test_it_opens_with_few_knobs_and_charts_and_remembers_that_it_was_unfolded():
    shown = panel(Many())
    fields, figure = shown.controls.fields, shown.figure
    assert (fields.few, figure.few, fields.folded, fields.more) == (3, 2, "1 knob, 1 chart", False)
    fields.more = True
    assert figure.more
    again, other = panel(Many()), panel(Further())
    assert again.controls.fields.more and again.figure.more and not other.figure.more
    again.controls.fields.more = False
    assert not again.figure.more and not panel(Many()).figure.more


def test_one_with_few_knobs_and_charts_has_nothing_to_unfold(shown):
    assert shown.controls.fields.folded == ""


def test_a_value_that_no_stop_has_stays_what_the_cell_made_it(shown):
    shown.experiment.level = 12.345
    assert shown.experiment.level == 12.345 and shown.controls.value("level") == 12.0


def test_a_preset_sets_its_knobs(shown):
    shown._preset("Full")
    assert (shown.controls.value("level"), shown.controls.value("mode")) == (100.0, "two")


def test_a_preset_that_is_heard_too_late_leaves_what_was_moved_after_it(shown):
    shown.controls.fields.heard({"move": ["level", 42], "turn": 2.0})
    shown.toolbar.heard({"press": "preset Full", "label": "Full", "pressed": None, "at": 1.0})
    assert shown.experiment.settings() == {"level": 42.0, "mode": "two"}
    # and one that is heard too soon has the last word
    shown.toolbar.heard({"press": "preset Full", "label": "Full", "pressed": None, "at": 4.0})
    shown.controls.fields.heard({"move": ["level", 42], "turn": 3.0})
    assert shown.experiment.level == 100.0 and shown.controls.value("level") == 100.0


def test_a_knob_out_of_bounds_raises_in_the_cell_and_changes_nothing(shown):
    with pytest.raises(KnobError, match="from 0 to 100"):
        shown.experiment.level = 101
    assert shown.controls.value("level") == 10.0


def test_an_action_before_start_is_answered_with_what_to_do(shown):
    shown._act("anything")
    assert "Press Start first" in shown.told.status.html


def test_a_file_of_nothing_is_not_saved_and_that_is_said(shown):
    shown._download()
    assert "Nothing is measured yet" in shown.told.status.html


def test_the_same_experiment_shown_again_replaces_its_panel_and_closing_leaves_no_widget():
    before = len(widgets.widgets.widget._instances)
    first = panel(Lab())
    second = panel(Lab())
    assert first.comm is None and second.comm is not None
    second.close()
    second.close()
    assert len(widgets.widgets.widget._instances) == before


def test_the_guess_stands_beside_the_claim():
    guess = predict("How much?", 0, 100, unit="%", key="level")
    shown = panel(Lab(), guess=guess)
    assert "not made yet" in shown.told.claim.html
    guess.value = 30.0
    shown.told.speak()
    assert quantity(30.0, "%") in shown.told.claim.html
    shown.close()
    guess.close()


class Day(Lab):
    def done(self, values):
        return values.get("over", False)

    def conclude(self, values):
        self.days = [*getattr(self, "days", ()), values["day"]]


def test_what_is_done_is_concluded_once_each_time():
    shown = panel(Day())
    for day, over in enumerate((False, True, True, False, True)):
        shown._on_event(Sample(1.0, {"level": 1.0, "over": over, "day": day}, {}))
    assert shown.experiment.days == [1, 4]
    shown.close()


def test_the_guess_is_told_what_was_measured_when_the_panel_rests():
    guess = predict("How high?", 0, 100, unit="%", key="level")
    shown = panel(Lab(), guess=guess)
    # If it speaks while it measures, expect nothing yet
    shown.runner.state = "running"
    shown.told.hurry()
    shown._on_event(Sample(1.0, {"level": 40.0}, {"level": 10.0}))
    assert "40.0 %" in shown.told.claim.html and guess.found is None
    shown.runner.state = "paused"
    shown._on_event(State("paused"))
    assert guess.found == 40.0
    shown.close()
    guess.close()


def test_what_is_measured_while_the_knobs_stand_elsewhere_is_no_answer():
    guess = predict("How high by two?", 0, 100, unit="%", key="level", at={"mode": "two"})
    shown = panel(Lab(mode="two"), guess=guess)

    def measured(level: float, mode: str) -> str:
        shown.told.hurry()
        shown._on_event(Sample(1.0, {"level": level}, {"level": 10.0, "mode": mode}))
        return shown.told.claim.html

    # As long as the knobs stand where the guess is about, it is the newest figure
    measured(40.0, "two")
    assert "41.0 %" in measured(41.0, "two") and "Mode two" not in shown.told.claim.html
    # and once they do not, the last one from there, which says so
    elsewhere = measured(90.0, "one")
    assert "41.0 %" in elsewhere and "at Mode two" in elsewhere and "90.0" not in elsewhere
    assert guess.found == 41.0
    # If it begins anew elsewhere, expect no answer yet
    shown._reset()
    assert "–" in measured(90.0, "one") and guess.found == 41.0
    shown.close()
    guess.close()


def test_one_that_is_back_in_sight_before_it_has_paused_goes_on(shown):
    running(shown)
    shown._on_page(seen("one", False))
    assert shown.runner.pause_reason is PauseReason.HIDDEN and not shown.runner.measuring
    shown._on_page(seen("one", True))
    assert shown.runner.measuring
    # If the bench then reports the pause, expect that it goes on all the same
    shown.runner._on_event("state", "paused", "", {})
    assert shown.runner.measuring


def test_any_page_in_sight_keeps_it_going_and_one_that_is_silent_counts_as_gone(shown):
    running(shown)
    for page in ("one", "two"):
        shown._on_page(seen(page, True))
    shown._on_page(seen("one", False))
    shown.runner.pause_if_idle()
    assert shown.runner.measuring
    # If the other one has not been heard of for long, though the kernel was free to hear it
    shown.runner._pages["two"] -= SILENT + 1
    shown.runner.pause_if_idle()
    assert shown.runner.pause_reason is PauseReason.HIDDEN and not shown.runner.visible


@pytest.mark.parametrize(
    ("repeats", "done", "pauses"), [(False, False, True), (True, False, False), (True, True, True)], ids=str
)
def test_what_is_not_touched_pauses_unless_it_comes_to_an_end_by_itself(shown, monkeypatch, repeats, done, pauses):
    monkeypatch.setattr(shown.experiment, "repeats", repeats, raising=False)
    shown.runner.state, shown.runner.done = "running", done
    shown.runner.look("one", True)
    shown.runner._touched -= IDLE + 1
    shown.runner.pause_if_idle()
    assert (shown.runner.pause_reason is PauseReason.IDLE) == pauses


def test_a_kernel_that_was_busy_takes_no_page_for_gone(shown):
    running(shown)
    shown._on_page(seen("one", True))
    shown.runner._pages["one"] -= SILENT + 1
    shown.runner._looked -= SILENT + 1
    shown.runner.pause_if_idle()
    assert shown.runner.measuring and shown.runner.visible


class Beside(Lab):
    title = "Another lab"


def test_one_that_came_back_into_sight_beside_another_goes_on_when_that_has_left(shown):
    beside = panel(Beside(), autostart=False)
    beside._on_page({"kind": "hello"})
    running(shown)
    shown._on_page(seen("one", False))
    shown.runner._on_event("state", "paused", "", {})
    beside.runner.state = "running"
    # Back in sight, expect that it waits for the other one, and goes on when that one is out of sight
    shown._on_page(seen("one", True))
    assert shown.runner.state == "paused"
    beside._on_page(seen("one", False))
    beside.runner._on_event("state", "paused", "", {})
    assert shown.runner.measuring
    beside.close()


def test_what_is_started_pauses_what_measures_and_says_why(shown):
    beside = panel(Beside(), autostart=False)
    beside._on_page({"kind": "hello"})
    running(shown)
    beside._start()
    shown.runner._on_event("state", "paused", "", {})
    assert "another panel runs" in shown.told.status.html and beside.runner.measuring
    beside.close()


def test_a_sweep_that_is_done_offers_to_measure_again():
    shown = panel(Swept())
    running(shown)
    shown._show_state()
    assert shown.toolbar.look("go")["label"] == "Pause"
    shown.runner._on_event("sample", 1.0, {"progress": 1, "progress_text": "", "curve": []}, {"level": 10.0})
    assert shown.toolbar.look("go")["label"] == "Measure again"
    acted = []
    shown.runner.act = acted.append
    shown._on_go()
    assert acted == ["again"]
    shown.close()


def test_what_went_wrong_stands_there_until_the_state_changes(shown):
    shown.runner.state = "running"
    shown._while_shown("no function at all")
    shown.told.speak()
    assert "not callable" in shown.told.status.html
    shown._on_event(State("running"))
    assert "not callable" not in shown.told.status.html


class Swept(Sweep):
    title = "Swept"
    level = number(10.0, 0, 100, label="Level", unit="%")
    charts = (Chart("Level", (Line("level", "level"),), unit="%", kind="xy", x_title="N"),)

    def findings(self, values):
        return [["what"], ["✓ it is so"]]


def measured(shown, count: int, progress: float) -> None:
    """A sample arrives, as the bench sends it."""
    curve = [{"x": x, "level": 5.0 * x} for x in range(count)]
    values = {"level": [(p["x"], p["level"]) for p in curve], "progress": progress, "progress_text": "N = 9"}
    shown._on_event(Sample(1.0, values | {"curve": curve}, {"level": 10.0}))


def test_a_sweep_has_a_progress_bar_which_is_gone_when_it_is_done_and_each_point_is_drawn():
    shown, sent = panel(Swept()), []
    shown.figure.send = lambda message, *_: sent.append(message["kind"])
    assert shown.told.progress.html == ""
    measured(shown, 1, 0.25)
    assert "<progress" in shown.told.progress.html and "25 %, N = 9" in shown.told.progress.html
    assert shown.figure.data()["level"] == ([0], [0.0])
    # If nothing but the progress is new, expect that nothing is painted again
    measured(shown, 1, 0.4)
    assert sent == ["frames"] and "40 %" in shown.told.progress.html
    measured(shown, 4, 1.0)
    assert sent == ["frames", "frames"] and shown.told.progress.html == ""
    assert "✓ it is so" in shown.told.findings.html
    shown.close()


def test_the_table_of_a_sweep_has_a_row_a_point():
    shown = panel(Swept())
    measured(shown, 3, 1.0)
    shown.told.show_table(True)
    assert "<th scope='col'>N</th><th scope='col'>level, %</th>" in shown.told.table.html
    assert shown.told.table.html.count("<tr>") == 4
    shown.close()
