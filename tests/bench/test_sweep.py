"""A sweep in the bench: point by point, begun anew by a knob, stopped in the middle, and ended by what goes wrong."""

import os
import time

import cloudpickle
import pytest

from redislab.bench import Chart, Line, Sample, State, Sweep, number
from redislab.errors import ExperimentError


class Squares(Sweep):
    """APPENDs x bytes to a key, `slow` seconds long in small steps; `broken` breaks the third point."""

    title = "Squares"
    size = number(6, 0, 50, label="Points", integer=True)
    factor = number(1, 1, 9, label="Factor", integer=True)
    slow = number(0.02, 0.0, 60, label="Slow", unit="s")
    broken = number(0, 0, 1, label="Broken", integer=True)
    charts = (
        Chart("Squares", (Line("square", "square"), Line("former square", "before")), kind="xy", x_title="x"),
        Chart("The newest", (Line("length", "length"),), kind="bars"),
    )

    def setup(self, lab):
        self.client, self.key = lab.client(), lab.keys.entity("squares", os.getpid())
        self.begun = 0

    def begin(self):
        self.client.set(self.key, "", ex=60)
        self.begun += 1

    def points(self):
        return list(range(1, self.size + 1))

    def point(self, x):
        if self.broken and x == 3:
            raise ValueError("three is broken")
        end = time.monotonic() + self.slow
        while time.monotonic() < end and not self.stopping:
            self.report(1 - (end - time.monotonic()) / max(self.slow, 1e-9), "appending")
            time.sleep(0.01)
        return {"square": self.factor * x * x, "length": self.client.append(self.key, "x" * x), "begun": self.begun}


cloudpickle.register_pickle_by_value(__import__(__name__, fromlist=["_"]))  # as a notebook's cell would be


@pytest.fixture
def opened(opened):
    """A session that is started."""

    def start(experiment):
        session, ear = opened(experiment)
        session.start()
        return session, ear

    return start


def whole(sample) -> bool:
    return sample.values["progress"] == 1


def test_run_ends_when_the_curve_is_whole_and_the_table_has_a_row_a_point():
    began = time.monotonic()
    recording = Squares().run(seconds=120, size=5, factor=2)
    assert time.monotonic() - began < 60
    assert recording.last["progress"] == 1
    assert recording.last["length"] == 15  # a bar: the newest
    assert recording.table["x"].tolist() == [1, 2, 3, 4, 5]
    assert recording.table["square"].tolist() == [2, 8, 18, 32, 50]
    assert recording.table["length"].tolist() == [1, 3, 6, 10, 15]
    assert recording.table["factor"].unique() == [2]
    assert recording.to_csv().splitlines()[0].startswith("t,")
    assert recording.total.ended == recording.summary.loc["point", "requests"] == 5
    assert "offered" not in recording.last  # nothing was offered: the loop is closed


def test_each_point_is_told_as_soon_as_it_is_measured_and_progress_never_falls(opened):
    _, ear = opened(Squares(slow=0.3, size=4))
    ear.sample(whole)
    told = [event for event in ear.events if isinstance(event, Sample)]
    assert {1, 2, 3, 4} <= {len(sample.values["curve"]) for sample in told}
    progress = [sample.values["progress"] for sample in told]
    assert progress == sorted(progress) and progress.count(1) == 1
    assert any(share % 0.25 > 0 for share in progress)  # a long point reports on the way
    assert any(sample.values["progress_text"].endswith(": appending") for sample in told)
    assert told[-1].values["progress_text"] == ""


def test_at_rest_it_is_silent_until_a_knob_is_turned_which_begins_it_anew(opened):
    experiment = Squares()
    session, ear = opened(experiment)
    ear.sample(whole)
    count = len(session.recording.samples)
    session.wait(timeout=0.5)
    assert len(session.recording.samples) == count
    # If a knob is turned, expect the whole curve with it, and the former one beside it
    experiment.factor = 3
    last = ear.sample(lambda sample: whole(sample) and sample.knobs["factor"] == 3).values
    assert [point["square"] for point in last["curve"]] == [3, 12, 27, 48, 75, 108]
    assert {point["begun"] for point in last["curve"]} == {2}


def test_the_former_curve_stays_for_lines_that_ask_for_it(opened):
    experiment = Squares(size=3)
    session, ear = opened(experiment)
    first = ear.sample(whole).values
    assert (first["square"], first["former square"]) == ([(1, 1), (2, 4), (3, 9)], [])
    experiment.factor = 2
    second = ear.sample(lambda sample: whole(sample) and sample.knobs["factor"] == 2).values
    assert (second["square"], second["former square"]) == ([(1, 2), (2, 8), (3, 18)], first["square"])
    # If it is measured again, expect the one before, whatever it was
    session.act("again")
    ear.sample(lambda sample: sample.values["former square"] == second["square"])


def test_of_many_turns_the_latest_wins_and_no_point_mixes_two(opened):
    experiment = Squares(size=20)
    _, ear = opened(experiment)
    ear.sample(lambda sample: len(sample.values["curve"]) > 1)
    for factor in [*range(1, 10)] * 5:
        experiment.factor = factor
    last = ear.sample(lambda sample: whole(sample) and sample.knobs["factor"] == 9).values
    assert [point["square"] for point in last["curve"]] == [9 * x * x for x in range(1, 21)]
    assert len({point["begun"] for point in last["curve"]}) == 1


def test_a_long_point_is_left_at_once_and_measured_again_when_it_goes_on(opened):
    experiment = Squares(slow=50.0, size=2)
    session, ear = opened(experiment)
    ear.sample(lambda sample: sample.values["progress"] > 0)
    began = time.monotonic()
    session.pause()
    ear.state("paused")
    assert time.monotonic() - began < 5
    assert session.recording.last["curve"] == []
    experiment.slow = 0.0
    session.start()
    assert [point["square"] for point in ear.sample(whole).values["curve"]] == [1, 4]


def test_a_pause_keeps_what_was_measured(opened):
    session, ear = opened(Squares(slow=0.2, size=5))
    ear.sample(lambda sample: len(sample.values["curve"]) == 2)
    session.pause()
    ear.state("paused")
    session.start()
    last = ear.sample(whole).values
    assert [point["square"] for point in last["curve"]] == [1, 4, 9, 16, 25]
    assert {point["begun"] for point in last["curve"]} == {1}


def test_reset_sets_up_anew(opened):
    session, ear = opened(Squares())
    ear.sample(whole)
    ear.events.clear()
    session.reset()
    ear.state("starting")
    assert {point["begun"] for point in ear.sample(whole).values["curve"]} == {1}


def test_what_a_point_raises_ends_the_sweep_in_a_sentence_and_start_begins_anew(opened):
    experiment = Squares(broken=1)
    session, ear = opened(experiment)
    assert "ValueError: three is broken" in ear.state("failed").message
    with pytest.raises(ExperimentError, match="three is broken"):
        Squares().run(broken=1)
    ear.events.clear()
    experiment.broken = 0
    session.start()
    ear.sample(whole)


def test_a_sweep_without_points_is_whole_at_once(opened):
    _, ear = opened(Squares(size=0))
    assert ear.sample(whole).values["curve"] == []


def test_what_was_not_defined_is_said():
    with pytest.raises(ExperimentError, match="has to say what it measures"):
        Sweep().run()


def test_a_pause_before_the_first_point_is_no_state_of_its_own(opened):
    session, ear = opened(Squares(slow=5.0))
    session.pause()
    state = ear.wait(lambda event: isinstance(event, State) and event.name == "paused")
    assert state.message == ""
