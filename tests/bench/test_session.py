"""The bench as a notebook uses it: a process of its own, one experiment at a time."""

import os
import signal
import threading
import time

import cloudpickle
import pytest

from redislab.bench import Chart, Experiment, Line, action, number, on
from redislab.bench.recording import Recording
from redislab.bench.session import Bench, Session
from redislab.errors import ExperimentError, KnobError


class Counter(Experiment):
    """INCR on a real key; `squeeze` breaks it on request."""

    title = "Counter"
    rate = number(200.0, 10, 1000, label="Requests", unit="/s")
    step = number(1, 1, 10, label="Step", integer=True)
    charts = (Chart("Total", (Line("total", "total"),)),)
    workers = 4

    def setup(self, lab):
        self.lab, self.client, self.key = lab, lab.client(), lab.keys.entity("tally", os.getpid())
        self.client.set(self.key, 0, ex=60)
        self.total = self.pushed = 0

    @on("step")
    def noted(self):
        self.client.set(f"{self.key}:step", self.step, ex=60)

    @action("Push")
    def push(self):
        self.pushed += 1

    @action("Break")
    def squeeze(self):
        raise ValueError("pressed too hard")

    @action("Work until the client is closed")
    def work_on(self):
        private = self.lab.private_server()
        self.pushed += 1
        while private.client().ping():
            time.sleep(0.01)

    def request(self):
        self.total = self.client.incrby(self.key, self.step)
        return "incr"

    def sample(self, window):
        return {"total": self.total, "p50": window.percentile("incr", 50), "pushed": self.pushed, "pid": os.getpid()}


class Failing(Counter):
    def setup(self, lab):
        raise ValueError("nothing to stand on")


cloudpickle.register_pickle_by_value(__import__(__name__, fromlist=["_"]))  # as a notebook's cell would be


def test_run_gives_a_table_of_samples_and_a_summary(lab):
    recording = Counter().run(seconds=1.0, rate=300.0)
    assert recording.summary.loc["incr", "requests"] == recording.total.ended > 150
    assert recording.table["total"].iloc[-1] <= recording.total.ended
    assert 0 < recording.summary.loc["incr", "p50 ms"] <= recording.summary.loc["incr", "p99 ms"]
    assert recording.table["rate"].unique() == [300.0]
    assert recording.where["server"] == f"{lab.server.product} {lab.server.version}"
    assert recording.to_csv().splitlines()[0].startswith("t,rate,step,total")


def test_the_load_runs_in_another_process_and_in_the_same_one_each_time(lab):
    first, second = (Counter().run(seconds=0.3).last["pid"] for _ in range(2))
    assert first == second == Bench.shared().process.pid != os.getpid()


def test_a_knob_that_is_turned_reaches_the_load_at_once(opened):
    experiment = Counter()
    session, ear = opened(experiment)
    session.start()
    ear.sample()
    experiment.step = 7
    sample = ear.sample(lambda sample: sample.knobs["step"] == 7)
    later = ear.sample(lambda other: other.t > sample.t + 0.3)
    assert (later.values["total"] - sample.values["total"]) % 7 <= 6 < later.values["total"] - sample.values["total"]


def the_key(lab) -> str:
    """The counter of the session that is open: each has a prefix of its own."""
    names = lab.redis.scan_iter(f"{lab.prefix}:counter_*:tally:*")
    return min(names, key=len)


def test_of_many_knob_changes_the_latest_wins(opened, lab):
    experiment = Counter()
    session, ear = opened(experiment)
    session.start()
    ear.state("running")
    for _ in range(20):
        for step in range(1, 11):
            experiment.step = step
    ear.sample(lambda sample: sample.knobs["step"] == 10)
    key = the_key(lab)
    assert lab.redis.get(f"{key}:step") == "10"


def test_pause_stops_the_load_and_start_goes_on_with_the_same_curve(opened, lab):
    session, ear = opened(Counter())
    session.start()
    last = ear.sample(lambda sample: sample.t > 0.3)
    session.pause()
    ear.state("paused")
    key = the_key(lab)
    paused = lab.redis.get(key)
    assert lab.redis.get(key) == paused
    ear.events.clear()
    session.start()
    assert ear.sample().t > last.t
    assert int(lab.redis.get(key)) >= int(paused)
    # If one that runs is started, expect that it says so
    ear.events.clear()
    session.start()
    ear.state("running")


def test_reset_begins_at_zero_with_the_knobs_where_they_are(opened):
    experiment = Counter(step=3)
    session, ear = opened(experiment)
    session.start()
    ear.sample(lambda sample: sample.t > 0.5)
    ear.events.clear()
    session.reset()
    ear.state("starting")
    ear.state("running")
    ear.sample(lambda sample: sample.t < 0.5 and sample.knobs["step"] == 3)
    assert session.recording.samples[0]["t"] < 0.5


def test_starting_one_pauses_the_other(opened):
    first, ear = opened(Counter())
    second, other = opened(Counter())
    first.start()
    ear.sample()
    second.start()
    ear.state("paused")
    other.state("running")
    assert (first.state, second.state) == ("paused", "running")


def test_an_action_runs_beside_the_load(opened):
    session, ear = opened(Counter())
    session.start()
    ear.sample()
    session.act("push")
    ear.sample(lambda sample: sample.values["pushed"] == 1)


def test_what_an_experiment_raises_becomes_one_sentence(opened):
    session, ear = opened(Failing())
    session.start()
    assert "ValueError: nothing to stand on" in ear.state("failed").message
    with pytest.raises(ExperimentError, match="nothing to stand on"):
        Failing().run(seconds=1)
    # and an action that fails ends the experiment, which can be started anew
    session, ear = opened(Counter())
    session.start()
    ear.sample()
    session.act("squeeze")
    assert "pressed too hard" in ear.state("failed").message
    ear.events.clear()
    session.start()
    ear.sample()


def test_an_action_that_a_reset_interrupts_does_not_end_the_new_run(opened):
    session, ear = opened(Counter())
    session.start()
    session.act("work_on")
    ear.sample(lambda sample: sample.values["pushed"])
    ear.events.clear()
    session.reset()
    ear.state("running")
    ear.sample(lambda sample: sample.t > 0.5)
    assert session.state == "running"


def test_a_bench_that_dies_is_said_and_started_again(opened):
    session, ear = opened(Counter())
    session.start()
    ear.sample()
    killed = Bench.shared().process.pid
    os.kill(killed, signal.SIGKILL)
    assert "Press Start to begin again" in ear.state("failed").message
    ear.events.clear()
    session.start()
    assert ear.sample().values["pid"] != killed


def test_an_unknown_knob_and_one_out_of_bounds_measure_nothing(lab):
    with pytest.raises(KnobError, match="Did you mean rate"):
        Counter().run(seconds=60, rat=5)
    with pytest.raises(KnobError, match="from 10 to 1000"):
        Counter().run(seconds=60, rate=5000)


def test_twenty_sessions_leave_no_thread_and_no_file(lab):
    Counter().run(seconds=0.2)
    threads, files = threading.active_count(), len(os.listdir("/dev/fd"))
    for _ in range(20):
        with Session(Counter()) as session:
            session.start()
            session.wait("running")
    time.sleep(0)
    assert threading.active_count() <= threads
    assert len(os.listdir("/dev/fd")) <= files


def test_a_recording_can_be_read_while_it_grows():
    recording, over = Recording(samples=[{"t": 0.1 * step, "x": step} for step in range(20_000)]), threading.Event()

    def grow():
        while not over.wait(0.0001):
            recording.samples.append({"t": 0.0, "x": 1})

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        for _ in range(20):
            assert recording.to_csv().startswith("t,x\n")
    finally:
        over.set()
        writer.join()
