from redislab.lessons.labs import ProfileLab


def compared(sample) -> bool:
    """Whether all three kinds of work were done by both, and weighed."""
    return all(sample.get(name) for name in ("update", "one", "all", "mix", "json_update", "hash_memory"))


def test_the_hash_is_quicker_for_a_field_and_slower_for_all_and_dragging_finds_the_crossover(running):
    lab = running(ProfileLab(fields=1000, read_all=20.0))
    seen = lab.until(lambda sample: compared(sample) and sample["update"] > 3 and sample["all"] < 1 < sample["mix"])
    assert lab.experiment.judge(seen).startswith("JSON takes")
    # If everybody reads all of it
    lab.experiment.read_all = 100.0
    seen = lab.until(lambda sample: sample.get("mix") and sample["mix"] < 0.9)
    assert lab.experiment.judge(seen).startswith("The hash takes")
    # Expect the ratio to depend on the number of fields
    lab.experiment.set_knobs({"fields": 5, "read_all": 0.0})
    lab.until(lambda sample: sample.get("mix") and sample["mix"] > 1.2)


def test_bytes_and_memory_are_counted_of_what_there_is_now(running):
    lab = running(ProfileLab(fields=100, size=40))
    seen = lab.until(compared)
    # Expect the whole both ways, against one field
    assert 2 * 100 * 40 < seen["json_update"] < 2 * 100 * 80 and seen["hash_update"] < 300
    assert seen["json_one"] == seen["json_all"] and seen["hash_one"] < 300 < seen["hash_all"]
    assert seen["encoding"] == "listpack"
    lab.experiment.fields = 1000
    many = lab.until(lambda sample: sample.get("encoding") == "hashtable")
    assert many["hash_memory"] > many["json_memory"] > 5 * seen["json_memory"]


def test_writers_that_read_first_lose_updates_in_both_forms_and_others_none(running):
    lab = running(ProfileLab(writers=16))
    ways = ("lost_json", "lost_read", "lost_own", "lost_add")
    seen = lab.until(lambda sample: all(sample[way] is not None for way in ways))
    assert min(seen["lost_json"], seen["lost_read"]) > 20
    assert seen["lost_own"] == seen["lost_add"] == 0
    lab.experiment.writers = 1
    lab.until(lambda sample: sample["lost_json"] == sample["lost_read"] == 0)


def test_a_token_expires_and_a_plain_hset_makes_it_stay(running, lab):
    panel = running(ProfileLab())
    panel.act("keep")
    seen = panel.until(lambda sample: sample["key_left"])
    assert 0 < seen["key_left"] <= 3
    if not seen["able"]:
        assert "no TTL for fields" in panel.experiment.say(panel.until(compared))
        panel.act("overwrite")
        panel.until(lambda sample: sample["key_left"] is None)
        return
    assert 0 < seen["field_left"] <= 3
    panel.act("overwrite")
    seen = panel.until(lambda sample: sample["stays"] and compared(sample))
    assert "stays for good" in panel.experiment.say(seen)
    panel.until(lambda sample: sample["stays"] and sample["key_left"] is None)
    panel.act("keep")
    panel.until(lambda sample: not sample["stays"] and sample["field_left"] is None and sample["key_left"] is None)


def test_large_profiles_and_many_writers_over_a_network_meet_with_no_error(running):
    lab = running(ProfileLab(fields=1000, size=1000, writers=32, rtt=2.0))
    assert not [sample.get("error") for sample in lab.go_on(3) if sample["errors"]]
