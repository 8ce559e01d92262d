import re
import threading

import pytest

from redislab.lessons.caching_patterns.late_set import lab as late_set
from redislab.lessons.caching_patterns.late_set.lab import LEASE, NONE, STEPS
from redislab.lessons.labs import LateSetLab
from tests.conftest import settles

NOTHING, OLD, NEW = 0, 1, 2


def stepped(lab, steps: int) -> dict:
    """The first sample after so many steps."""
    for step in range(1, steps + 1):
        lab.session.act("next_step")
        sample = lab.until(lambda sample, step=step: sample["step"] == step)
    return sample


def stepped_on(lab) -> dict:
    """The first sample after one more."""
    before = lab.session.recording.last.get("step", 0)
    lab.session.act("next_step")
    return lab.until(lambda sample: sample["step"] == before + 1)


def held(sample, side: str) -> list:
    """What it held after each step; the last point only says that it still does."""
    return [place for _, place in sample[side][:-1]]


def test_as_in_the_module_a_late_set_is_read_for_a_whole_ttl(running):
    lab = running(LateSetLab(fix=NONE, ttl=4.0))
    # If the steps are made one by one
    sample = stepped(lab, 6)
    # Expect that cache and database part at the fifth
    assert held(sample, "database") == [OLD, OLD, OLD, NEW, NEW, NEW, NEW]
    assert held(sample, "cache") == [NOTHING] * 5 + [OLD, OLD]
    assert held(sample, "reader") == [OLD, OLD, OLD, NEW, NEW, OLD, OLD]
    assert 0 < sample["left"] <= 4
    assert "gets the old row for another" in lab.experiment.say(sample)
    # and that nothing mends it but the TTL
    over = lab.until(lambda sample: sample["step"] == 7)
    assert held(over, "cache")[-1] == NOTHING and held(over, "reader")[-1] == NEW
    assert over["stale_for"] == pytest.approx(4, abs=0.8)
    assert {sample["stale_for"] for sample in lab.samples if sample["step"] < 5} == {None}
    assert over["stale_reads"] > 30
    assert lab.experiment.judge(over).startswith("True")
    assert not any(sample["stale"] for sample in lab.go_on(1)[-5:])


def test_with_a_lease_the_late_set_is_refused_and_the_next_read_is_right(running):
    lab = running(LateSetLab(fix=LEASE, ttl=3.0))
    sample = stepped(lab, 5)
    assert sample["sent"] == ["EVALSHA fill.lua → 0"]
    assert held(sample, "cache") == [NOTHING] * 6
    sample = stepped_on(lab)
    assert held(sample, "cache")[-1] == NEW
    over = lab.until(lambda sample: sample["step"] == 7)
    assert over["stale_reads"] == 0
    assert "no read" in lab.experiment.judge(over)


@pytest.mark.parametrize(
    ("fix", "first", "fourth"),
    [(NONE, ["GET → nothing"], ["DEL → 0"]), (LEASE, ["GET → nothing", "EVALSHA lease.lua → #"], ["DEL → 1"])],
)
def test_the_commands_of_each_step_are_those_that_were_sent(running, fix, first, fourth):
    lab = running(LateSetLab(fix=fix))
    sent = [[re.sub(r"\d{5,}", "#", command) for command in stepped_on(lab)["sent"]] for _ in range(4)]
    assert sent == [first, [], [], fourth]  # #: the number of the reader that has the lease


def test_after_the_last_step_another_round_begins(running):
    lab = running(LateSetLab(ttl=60.0))
    stepped(lab, 6)
    lab.session.act("next_step")
    sample = lab.until(lambda sample: sample["step"] == 1)
    assert held(sample, "cache") == [NOTHING, NOTHING] and held(sample, "database") == [OLD, OLD]
    assert sample["stale_reads"] == 0


def test_run_through_makes_all_the_steps_and_a_change_of_the_fix_begins_anew(running):
    lab = running(LateSetLab(ttl=60.0))
    stepped(lab, 2)
    lab.session.act("run_through")
    assert held(lab.until(lambda sample: sample["step"] == 6), "cache")[-1] == OLD
    lab.experiment.fix = LEASE
    assert lab.until(lambda sample: sample["step"] == 0)["left"] == 0
    lab.session.act("run_through")
    assert held(lab.until(lambda sample: sample["step"] == 6), "cache")[-1] == NEW


def test_pause_and_reset_in_the_middle_and_the_round_can_still_be_made(running):
    lab = running(LateSetLab(ttl=5.0))
    stepped(lab, 3)
    lab.session.pause()
    lab.session.wait("paused")
    lab.session.start()
    lab.session.wait("running")
    assert held(stepped_on(lab), "database")[-1] == NEW
    lab.session.reset()
    lab.session.wait("starting")
    lab.session.wait("running")
    lab.until(lambda sample: sample["step"] == 0)
    assert held(stepped(lab, 5), "cache")[-1] == OLD


@pytest.fixture
def alone(lab):
    """The experiment itself, without a bench: its threads are this process's."""
    before = threading.active_count()
    experiment = LateSetLab()
    experiment.server = lab.server
    experiment.setup(lab)
    yield experiment
    experiment.teardown()
    assert not settles(lambda: threading.active_count() > before)


@pytest.mark.parametrize("steps", range(7))
@pytest.mark.parametrize("fix", [NONE, LEASE])
def test_wherever_it_ends_no_thread_and_no_key_is_left(alone, lab, fix, steps):
    alone.fix = fix
    for _ in range(steps):
        alone.next_step()
    assert alone.done == steps
    alone.dismiss()
    assert not list(lab.redis.scan_iter(f"{alone.key}*"))


def test_a_client_that_nobody_tells_to_go_on_gives_up(alone, monkeypatch):
    monkeypatch.setattr(late_set, "PATIENCE", 0.2)
    alone.begin()
    alone.next_step()
    assert not settles(lambda: not all(client.gave_up for client in alone.clients))
    # and the next step is the first of another round
    alone.next_step()
    assert alone.done == 1


def test_what_a_client_meets_with_is_not_swallowed(alone):
    alone.next_step()
    alone.database.failing = True
    with pytest.raises(Exception, match="down"):
        alone.next_step()
    alone.database.failing = False


def test_every_sentence_and_verdict_can_be_said_after_every_step(running):
    lab = running(LateSetLab(ttl=2.0))
    said = set()
    for _ in STEPS[1:-1]:
        sample = stepped_on(lab)
        said.add(lab.experiment.say(sample))
        lab.experiment.judge(sample)
    assert len(said) == 6
