import pytest

from redislab.keys import slot
from redislab.lessons.key_naming.slots.lab import ALL, NODES, NONE, USER
from redislab.lessons.labs import SlotsLab


@pytest.fixture
def lab(running):
    return running(SlotsLab(users=300, rate=200.0))


def test_without_a_tag_every_request_is_refused_with_one_for_each_user_none_and_with_one_for_all_one_node_has_all(lab):
    sample = lab.until(lambda sample: sample["refused"] > 20)
    assert sample["served"] == 0 and "CROSSSLOT" in lab.experiment.say(sample)
    assert sum(sample[f"keys{place}"] for place in range(NODES)) == 900
    assert "0 % of the requests" in lab.experiment.judge(sample) and "4.0 messages" in lab.experiment.judge(sample)
    # If each user's keys have a tag
    lab.experiment.tag = USER
    sample = lab.until(lambda sample: sample["refused"] == 0 and sample["served"] > 20)
    assert len({place for place, _ in sample["theirs"]}) == 1
    assert all(sample[f"keys{place}"] > 150 for place in range(NODES))
    assert "1.0 messages" in lab.experiment.judge(sample)
    # If all keys have the same one
    lab.experiment.tag = ALL
    sample = lab.until(lambda sample: sorted(sample[f"keys{place}"] for place in range(NODES)) == [0, 0, 900])
    assert "100 % of the keys" in lab.experiment.judge(sample)
    lab.experiment.users = 600
    lab.until(lambda sample: sum(sample[f"keys{place}"] for place in range(NODES)) == 1800)


def test_the_typed_key_lies_where_the_server_says_and_is_asked_for_together_with_user_42s(lab):
    for key, refused in (("user:7", True), ("{42}:x", False), ("", True), ("a b{", True)):
        lab.experiment.set_knobs({"key": key, "tag": USER})
        sample = lab.until(lambda sample, key=key: sample["typed"] == [(slot(key), 0)])
        assert ("CROSSSLOT" in sample["answer"]) == refused
    assert {lab.experiment.preset(name)["tag"] for name in lab.experiment.presets} == {NONE, USER, ALL}
