import pytest

from redislab.lessons.data_modeling.encodings.lab import HASH, KINDS, NUMBERS, SORTED_SET, EncodingsLab, change

LARGE = {HASH: "hashtable", SORTED_SET: "skiplist", NUMBERS: "hashtable"}


def turned(lab, **knobs) -> dict:
    """The whole curve with these knobs, which are others than before."""
    lab.experiment.set_knobs(knobs)
    return lab.until(lambda sample: sample["progress"] == 1 and knobs.items() <= sample.items())


@pytest.mark.parametrize("structure", KINDS)
def test_there_is_a_cliff_at_the_limit_and_it_moves_with_it(running, structure):
    experiment = EncodingsLab(structure=structure, fields=400)
    lab = running(experiment)
    for limit in (100, 200):
        last = turned(lab, entries=limit)
        before, after = change(last["curve"])
        assert (before["x"], after["x"]) == (limit, limit + 1)
        assert after["encoding"] == LARGE[structure] != before["encoding"]
        assert after["bytes"] > 1.5 * before["bytes"]
        assert f"up to {limit}" in experiment.judge(last)
        assert before["encoding"] in experiment.say(last)


def test_below_the_limits_and_with_long_values_there_is_none(running):
    experiment = EncodingsLab(fields=300)
    lab = running(experiment)
    small, long = (turned(lab, value=value) for value in (20, 80))
    assert {point["encoding"] for point in small["curve"]} == {"listpack"}
    assert {point["encoding"] for point in long["curve"]} == {"hashtable"}
    assert "within the limits: no cliff" in experiment.judge(small)
    assert "past a limit from the first field on" in experiment.judge(long)

    # If the limit for values is raised, expect that they are compact again, and the former curve beside it
    last = turned(lab, longest=100)
    assert last["curve"][-1]["encoding"] == "listpack"
    assert last["former each"][-1][1] > last["each"][-1][1]


def test_a_compact_one_is_searched_from_its_beginning_and_a_field_is_cheaper_than_a_key():
    last = EncodingsLab().run(fields=2000, entries=2000).last
    assert last["read"][-1][1] > 1.5 * last["read"][0][1]
    assert last["each"][-1][1] < last["alone"][-1][1]
