import pytest

from redislab.lessons.data_modeling.choosing_structure.lab import ChooserLab
from redislab.lessons.data_modeling.choosing_structure.tree import LEAVES
from redislab.lessons.data_modeling.choosing_structure.ways import WAYS


def test_every_leaf_has_its_structure_first_and_others_beside_it():
    assert list(WAYS) == list(LEAVES)
    assert all(len(ways) > 1 for ways in WAYS.values())


def test_each_way_is_loaded_and_each_of_its_commands_measured(running):
    experiment = ChooserLab(leaf="HASH", count=1000)
    lab = running(experiment)
    for leaf, ways in WAYS.items():
        experiment.leaf = leaf
        last = lab.until(lambda sample, leaf=leaf: sample["progress"] == 1 and sample["leaf"] == leaf)
        assert [name for name, _ in last["bytes"]] == [experiment_name(way, last) for way in ways]
        assert len(last["server"]) == len(last["client"]) == sum(max(1, len(way.commands)) for way in ways)
        assert all(us > 0 for _, us in [*last["server"], *last["client"], *last["bytes"], *last["loading"]])
        assert last["each"] == last["bytes"][0][1]
        assert leaf == experiment.findings(last)[0][0]
        assert f"{last['bytes'][0][0]}: {last['bytes'][0][1]:,} B" in experiment.judge(last)


def experiment_name(way, last) -> str:
    return way.name if way.structure else "Bloom filter" if last["bloom"] else "bitmap filter"


def test_a_filter_is_far_smaller_than_a_set_and_a_list_far_slower():
    last = ChooserLab().run(leaf="SET or BLOOM FILTER", count=20_000).last
    memory, work = dict(last["bytes"]), {label.split(":")[0]: us for label, us in last["server"]}
    filter = "Bloom filter" if last["bloom"] else "bitmap filter"
    assert 10 * memory[filter] < memory["set"]
    assert work["list"] > 5 * work["set"] and work["list"] > 5 * work[filter]


def test_larger_items_take_more_memory(running):
    experiment = ChooserLab(leaf="LIST", count=2000, size=16)
    lab = running(experiment)
    small = dict(lab.until(lambda sample: sample["progress"] == 1)["bytes"])
    experiment.size = 160
    large = dict(lab.until(lambda sample: sample["progress"] == 1 and sample["size"] == 160)["bytes"])
    assert all(large[name] > small[name] + 100 for name in small)


def test_another_choice_while_it_loads_is_taken_up_at_once(running):
    experiment = ChooserLab(leaf="SET or BLOOM FILTER", count=1_000_000)
    lab = running(experiment)
    loading = lab.until(lambda sample: "loading" in sample["progress_text"])
    assert loading["progress"] < 0.5
    experiment.set_knobs({"leaf": "HASH", "count": 100})
    last = lab.until(lambda sample: sample["progress"] == 1 and sample["count"] == 100, timeout=10)
    assert dict(last["bytes"])["a key a field"] == pytest.approx(104, abs=60)
