from redislab.lessons.anti_patterns.select_command.applications import DB, ONCE, PREFIX
from redislab.lessons.labs import SelectLab


def test_select_once_misplaces_keys_of_many_threads_and_none_of_one(running):
    lab = running(SelectLab(way=ONCE, threads=8, rate=20.0))
    raced = lab.until(lambda sample: sample["misplaced"] and sample["misplaced"] > 5)
    assert raced["db0"] > raced["meant0"] and raced["db1"] < raced["meant1"]
    assert "wrong database" in lab.experiment.judge(raced)
    # Given a client for each, or none of both: nothing is misplaced
    for way in (DB, PREFIX):
        lab.experiment.way = way
        kept = lab.until(lambda sample, way=way: sample[f"ms {way}"] and sample["misplaced"] == 0 and sample["meant0"])
        assert kept["errors"] == 0
    assert kept["meant1"] == kept["db1"] == 0
    # and it worked in the test
    lab.experiment.set_knobs({"way": ONCE, "threads": 1})
    lab.until(lambda sample: sample["way"] == ONCE and sample["meant1"] and sample["misplaced"] == 0)


def test_one_databases_keys_flushall_and_memory_are_everybodys(running):
    lab = running(SelectLab(way=DB, rate=20.0))
    held = lab.until(lambda sample: sample["db0"] > 800)
    lab.act("fill")
    # Expect that database 0 loses keys to the room that database 2 takes, and all of them to FLUSHALL
    lab.until(lambda sample: sample["db0"] < 0.7 * sample["meant0"])
    lab.act("flush")
    assert lab.until(lambda sample: sample["db0"] < 0.4 * sample["meant0"])["db1"] < held["db1"] + 400


def test_keys_in_one_database_delay_the_others_and_a_cluster_has_just_one(running):
    lab = running(SelectLab(way=PREFIX, threads=1))
    calm = lab.until(lambda sample: sample["t"] > 2 and sample["p99"])
    lab.experiment.asks = 2
    lab.until(lambda sample: sample["asks"] and sample["p99"] and sample["p99"] > 2 * calm["p50"] + 2)
    lab.act("ask_cluster")
    said = lab.until(lambda sample: sample["answer"])
    assert "cluster" in said["answer"] or "out of range" in said["answer"]
    assert said["answer"] in lab.experiment.say(said)
