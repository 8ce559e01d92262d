import re
import threading

import pytest

from redislab.lessons.caching_patterns.late_set.lab import LEASE, NONE
from redislab.lessons.caching_patterns.late_set.steps import NEW, NOTHING, OLD, Step
from redislab.lessons.labs import LateSetLab
from tests.conftest import settles


def stepped(lab, last: Step) -> dict:
    """The first sample after all steps up to this one."""
    for step in range(Step.LOOK_UP, last + 1):
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
    sample = stepped(lab, Step.READ_AGAIN)
    # Expect that cache and database part at the fifth
    assert held(sample, "database") == [OLD, OLD, OLD, NEW, NEW, NEW, NEW]
    assert held(sample, "cache") == [NOTHING] * 5 + [OLD, OLD]
    assert held(sample, "reader") == [OLD, OLD, OLD, NEW, NEW, OLD, OLD]
    assert 0 < sample["left"] <= 4
    assert "get the old row for another" in lab.experiment.say(sample)
    # and that nothing mends it but the TTL
    over = lab.until(lambda sample: sample["step"] == Step.EXPIRED)
    assert held(over, "cache")[-1] == NOTHING and held(over, "reader")[-1] == NEW
    assert over["stale_for"] == pytest.approx(4, abs=0.8)
    assert {sample["stale_for"] for sample in lab.samples if sample["step"] < Step.LATE_SET} == {None}
    assert over["stale_reads"] > 30
    assert lab.experiment.judge(over).startswith("True")
    assert not any(sample["stale"] for sample in lab.go_on(1)[-5:])


def test_with_a_lease_the_late_set_is_refused_and_the_next_read_is_right(running):
    lab = running(LateSetLab(fix=LEASE, ttl=3.0))
    sample = stepped(lab, Step.LATE_SET)
    assert sample["sent"] == ["EVALSHA fill.lua → 0"]
    assert held(sample, "cache") == [NOTHING] * 6
    sample = stepped_on(lab)
    assert held(sample, "cache")[-1] == NEW
    over = lab.until(lambda sample: sample["step"] == Step.EXPIRED)
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
    stepped(lab, Step.READ_AGAIN)
    lab.session.act("next_step")
    sample = lab.until(lambda sample: sample["step"] == Step.LOOK_UP)
    assert held(sample, "cache") == [NOTHING, NOTHING] and held(sample, "database") == [OLD, OLD]
    assert sample["stale_reads"] == 0


def test_run_through_makes_all_the_steps_and_a_change_of_the_fix_begins_another_round(running):
    lab = running(LateSetLab(ttl=60.0))
    stepped(lab, Step.SELECT)
    lab.session.act("run_through")
    assert held(lab.until(lambda sample: sample["step"] == Step.READ_AGAIN), "cache")[-1] == OLD
    lab.experiment.fix = LEASE
    assert lab.until(lambda sample: sample["step"] == Step.START)["left"] == 0
    lab.session.act("run_through")
    assert held(lab.until(lambda sample: sample["step"] == Step.READ_AGAIN), "cache")[-1] == NEW


def test_pause_and_reset_in_the_middle_and_the_round_can_still_be_made(running):
    lab = running(LateSetLab(ttl=5.0))
    stepped(lab, Step.COMMIT)
    lab.session.pause()
    lab.session.wait("paused")
    lab.session.start()
    lab.session.wait("running")
    assert held(stepped_on(lab), "database")[-1] == NEW
    lab.session.reset()
    lab.session.wait("starting")
    lab.session.wait("running")
    lab.until(lambda sample: sample["step"] == Step.START)
    assert held(stepped(lab, Step.LATE_SET), "cache")[-1] == OLD


@pytest.fixture
def alone(lab):
    """The experiment itself, without a bench: its threads are this process's."""
    before, branch, experiment = threading.active_count(), lab.branch("late"), LateSetLab()
    experiment.server = branch.server
    experiment.setup(branch)
    experiment.follow(experiment.knobs())
    yield experiment
    experiment.release()
    branch.close()
    assert not settles(lambda: threading.active_count() > before)


@pytest.mark.parametrize("last", list(Step)[:-1])
@pytest.mark.parametrize("fix", [NONE, LEASE])
def test_wherever_it_ends_no_thread_and_no_key_is_left(alone, lab, fix, last):
    alone.fix = fix
    alone.follow({"fix"})
    for _ in range(last):
        alone.next_step()
    assert alone.step == last
    alone.dismiss()
    assert not list(lab.redis.scan_iter(f"{alone.key}*"))


def test_a_client_that_is_not_told_to_go_on_gives_up(alone):
    alone.give_up_after = 0.2
    alone.begin()
    alone.next_step()
    assert not settles(lambda: not all(client.gave_up for client in alone.clients))
    # and the next step is the first of another round
    alone.next_step()
    assert alone.step == Step.LOOK_UP


def test_what_a_client_meets_with_is_not_swallowed(alone):
    alone.next_step()
    alone.database.failing = True
    with pytest.raises(Exception, match="down"):
        alone.next_step()
    alone.database.failing = False


def test_every_sentence_and_verdict_can_be_said_after_every_step(running):
    lab = running(LateSetLab(ttl=2.0))
    said = set()
    for _ in range(Step.LOOK_UP, Step.EXPIRED):
        sample = stepped_on(lab)
        said.add(lab.experiment.say(sample))
        lab.experiment.judge(sample)
    assert len(said) == 6
