import pytest

from redislab.bench.races import races
from redislab.lessons.caching_patterns.late_set import races as late
from redislab.lessons.caching_patterns.late_set.lab import LEASE, NONE
from redislab.lessons.labs import LateSetLab


def test_as_in_the_module_a_late_set_is_read_for_a_whole_ttl(running):
    lab = running(LateSetLab(fix=NONE, ttl=3.0))
    # If a reader stores what it loaded before a write, expect that readers get it
    sample = lab.until(lambda sample: sample["stale_reads"] > 5)
    assert 0 < sample["left"] <= 3 and not sample["over"]
    assert "get it for another" in lab.experiment.say(sample)
    # and that nothing mends it but the TTL
    over = lab.until(lambda sample: sample["over"])
    assert over["stale_for"] == pytest.approx(3, abs=0.8)
    assert lab.experiment.judge(over).startswith("True")
    assert "TTL is over" in lab.experiment.say(over)
    assert not any(sample["stale"] for sample in lab.go_on(1)[-5:])
    # If the button is pressed, it begins once more
    lab.act("late_set")
    lab.until(lambda sample: not sample["over"])


def test_with_a_lease_the_late_set_is_refused(running):
    lab = running(LateSetLab(fix=LEASE, ttl=60.0))
    sample = lab.go_on(1)[-1]
    assert sample["over"] and sample["stale_reads"] == 0
    assert "refused" in lab.experiment.say(sample)
    assert lab.experiment.judge(sample).startswith("Not here")
    # and a change of the fix shows the other case
    lab.experiment.fix = NONE
    assert lab.until(lambda sample: sample["stale_reads"])["left"] > 50


def test_it_leaves_neither_an_entry_nor_a_lease(lab):
    branch, experiment = lab.branch("late"), LateSetLab()
    experiment.setup(branch)
    experiment.follow(experiment.knobs())
    assert branch.redis.exists(experiment.key)
    experiment.release()
    assert not list(lab.redis.scan_iter(f"{experiment.key}*"))
    branch.close()


def test_the_order_that_the_lab_makes_is_the_one_that_breaks_the_race(lab):
    """The only one: the reader's SELECT, then the whole write, then the SET."""
    race = races(late.read, late.write, expect=late.cache_is_fresh, lab=lab)
    assert race.failing == ["A A B B A"]
    assert race.found.failed == 1
