import pytest

from redislab.keys import RULES
from redislab.lessons.key_naming.names.lab import BAD, GOOD, GROWN, SAMPLES
from redislab.lessons.labs import LinterLab


def test_the_typed_name_is_judged_by_every_rule_and_its_memory_measured(running):
    lab = running(LinterLab(key="user_123_profile", sample_of=BAD))
    sample = lab.go_on(1)[-1]
    broken = dict(sample["broken"])
    assert broken["separator"] >= 4 and broken["no secrets"] == 2 and broken["index apart"] == 2
    assert lab.experiment.say(sample).startswith("user_123_profile follows none of the six patterns")
    head, *rows = lab.experiment.findings(sample)
    assert len(rows) == len(RULES) and all(len(row) == len(head) for row in rows)
    assert rows[0][1] == "✗ parts are set apart by '_'" and rows[1][1] == "✓"
    # If another name is typed
    lab.experiment.set_knobs({"key": "user:123:profile:v2", "sample_of": GOOD})
    sample = lab.until(lambda sample: sample["faulty"] == 0)
    assert "“versioning”" in lab.experiment.say(sample) and "breaks no rule" in lab.experiment.say(sample)
    assert "0 of 15 names" in lab.experiment.judge(sample)


def test_a_longer_name_takes_more_memory_and_a_larger_value_too(running):
    lab = running(LinterLab(key="user:1", many=1000))
    short = lab.go_on(0.5)[-1]
    bytes_by_length = dict(short["lengths"])
    assert bytes_by_length[512] - bytes_by_length[40] > 300
    assert list(bytes_by_length.values()) == sorted(bytes_by_length.values())
    lab.experiment.key = "user:" + "very-" * 36 + "long:1"
    long = lab.until(lambda sample: sample["typed"][0][0] > 200)
    assert long["typed"][0][1] > short["typed"][0][1] + 120 and long["total"] > short["total"]
    lab.experiment.value = 1000
    assert lab.until(lambda sample: sample["typed"][0][1] > 1000)


@pytest.mark.parametrize("key", ["", " ", "{", "*" * 200, "ключ:1", "a\tb"])
def test_whatever_is_typed_there_is_something_to_say(running, key):
    lab = running(LinterLab(key=key))
    sample = lab.until(lambda sample: True)
    assert lab.experiment.say(sample) and lab.experiment.judge(sample) and "error" not in sample


def test_a_sample_holds_what_it_is_called():
    experiment = LinterLab()
    assert experiment.sample_of == GROWN and set(SAMPLES) == {GOOD, BAD, GROWN}
