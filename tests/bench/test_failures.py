"""What the machine does to a lab is no finding: a process that stood still, a disk that is full, servers that were killed."""

import os
import signal
import threading
import time

import cloudpickle
import pytest
import redis
from sqlalchemy import event
from sqlalchemy.engine import make_url

from redislab.bench import Experiment, Sweep, action, number, time_chart, xy_chart
from redislab.bench.process import JUMP
from redislab.bench.session import Bench
from redislab.world import lab as world
from tests.bench.test_session import Counter


def stand_still(process: int, seconds: float) -> None:
    os.kill(process, signal.SIGSTOP)
    threading.Event().wait(seconds)  # the pause is what is tested
    os.kill(process, signal.SIGCONT)


class Busy(Counter):
    """As labs with latencies are."""

    charts = (time_chart("Latency", "ms", p99="p99"),)

    def sample(self, window):
        return super().sample(window) | window.percentiles("incr")


def test_a_process_that_stood_still_begins_again_and_says_so_also_in_the_recording(opened):
    session, ear = opened(Busy())
    session.start()
    ear.sample(lambda sample: sample.t > 1)
    ear.events.clear()
    stand_still(Bench.shared().process.pid, JUMP + 1)
    assert "Nothing was read for" in ear.state("running").message
    after = ear.sample(lambda sample: "gap" in sample.values)
    ear.sample(lambda sample: sample.t > after.t + 1)
    # Expect that the gap is no load and no time of the run
    later = [sample for sample in session.recording.samples if sample["t"] >= after.t]
    assert later[0]["gap"] > JUMP and later[0]["t"] < 1 + JUMP
    assert not any(sample["errors"] for sample in later)
    assert max(sample["p99"] or 0 for sample in later) < 1000 * JUMP
    assert "gap" in session.recording.table


class Slow(Sweep):
    charts = (xy_chart("Time", "s", x="N", seconds="seconds"),)

    def setup(self, lab):
        """Nothing to prepare."""

    def points(self):
        return list(range(1000))

    def point(self, x):
        began = time.monotonic()
        while time.monotonic() < began + 0.05 and not self.stopping:
            time.sleep(0.01)
        return {"seconds": time.monotonic() - began}


def test_a_point_of_a_sweep_during_which_the_process_stood_still_is_measured_again(opened):
    session, ear = opened(Slow())
    session.start()
    ear.sample(lambda sample: len(sample.values["curve"]) > 2)
    stand_still(Bench.shared().process.pid, JUMP + 1)
    count = len(ear.sample(lambda sample: "gap" in sample.values).values["curve"])
    newest = ear.sample(lambda sample: len(sample.values["curve"]) > count + 3).values["curve"]
    assert max(point["seconds"] for point in newest) < JUMP


class Writer(Experiment):
    """Saves users, whatever comes of it, as patterns do that hide a failure."""

    rate = number(100.0, 10, 1000, label="Writes", unit="/s")
    charts = (time_chart("Saved", saved="saved"),)
    full = False

    def setup(self, lab):
        self.server, self.private, self.database = lab.server, lab.private_server(), lab.database
        self.saved, self.size = 0, 2_000_000

    @action("Fill the disk")
    def fill(self):
        """SQLite may not add a page to its file, which it takes for a disk that is full; and a larger row needs some."""
        event.listen(self.database.engine, "connect", _no_more)
        self.database.engine.dispose()
        self.size *= 3  # from here on, each connection that saves is one that may not

    @action("Stop Redis")
    def stop(self):
        self.private.kill()

    def request(self):
        try:
            self.database.users.save(1, self.database.users.find(1) | {"name": "x" * self.size})
            self.saved += 1
        except Exception:
            return "failed"
        return "saved"

    def sample(self, window):
        return {"saved": self.saved, "private": self.private.url, "shared": self.server.url}


def _no_more(connection, _) -> None:
    connection.execute("PRAGMA max_page_count = 1")


def test_a_full_disk_ends_the_run_with_a_sentence(opened):
    session, ear = opened(Writer())
    session.start()
    ear.sample(lambda sample: sample.values["saved"])
    session.act("fill")
    assert (
        ear.state("failed").message
        == "The disk is full, so the database cannot write. Free some space, then press Start."
    )


cloudpickle.register_pickle_by_value(__import__(__name__, fromlist=["_"]))  # as a notebook's cell would be


@pytest.fixture
def own_lab(monkeypatch):
    """A lab of processes that may be killed: the other tests have theirs, and a container counts its processes by itself."""
    monkeypatch.setattr(world, "_lab", None)
    yield world.start(backend="bundled")
    world._lab.close()


def process_of(url: str) -> int:
    with redis.Redis.from_url(url, decode_responses=True) as client:
        return client.info("server")["process_id"]


def test_a_server_that_was_killed_ends_the_run_and_one_that_a_button_stopped_does_not(own_lab, opened):
    session, ear = opened(Writer())
    session.start()
    url = ear.sample().values["private"]
    session.act("stop")
    now = session.recording.last["t"]
    ear.sample(lambda sample: sample.t > now + 3)
    assert session.state == "running"
    session.reset()
    url = ear.sample(lambda sample: sample.values["private"] != url).values["private"]
    os.kill(process_of(url), signal.SIGKILL)
    assert (
        ear.state("failed").message
        == f"The Redis at {url.removeprefix('redis://')} has ended. Press Start to go on with another one."
    )


def test_start_recovers_when_the_file_of_the_database_was_removed(own_lab, opened):
    session, ear = opened(Writer())
    session.start()
    ear.sample(lambda sample: sample.values["saved"])
    os.unlink(make_url(own_lab.address.database_url).database)
    assert ear.state("failed").message == "The file of the database is gone. Press Start to go on with another one."
    ear.events.clear()
    session.start()
    saved = ear.sample().values["saved"]
    ear.sample(lambda sample: sample.values["saved"] > saved)


def test_start_recovers_when_the_labs_own_server_and_its_database_are_gone(own_lab, opened):
    session, ear = opened(Writer())
    session.start()
    ear.sample()
    os.kill(process_of(own_lab.server.url), signal.SIGKILL)
    own_lab._resource.close()
    assert "Press Start to go on with another one." in ear.state("failed").message
    # If it is reset, expect that Start begins on other servers all the same
    session.reset()
    ear.state("new")
    ear.events.clear()
    session.start()
    assert ear.sample().values["shared"] != own_lab.server.url
