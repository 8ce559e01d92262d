from statistics import median

from redislab.lessons.performance_tuning.scripts.lab import EVAL, EVALSHA, MODULES, NATIVE, OURS, TURNS, LuaLab


def test_a_long_loop_keeps_the_neighbour_waiting_as_long_as_itself(running):
    lab = running(LuaLab(swap=OURS))
    calm = lab.until(lambda sample: sample["t"] > 2 and sample["call"])
    lab.experiment.set_knobs({"steps": 10_000_000, "rate": 4.0})
    stalled = lab.until(lambda sample: sample["steps"] > 1 and sample["call"] and sample["worst"] > 20)
    assert stalled["call"] > 10 * calm["call"]
    # Expect that the server says the same, and that the neighbour's stall is about that long
    stalled = lab.until(lambda sample: sample["server_ms"] and sample["server_ms"] > 10)
    assert stalled["worst"] > 0.4 * stalled["server_ms"]
    assert "Keys that are left" in lab.experiment.say(stalled)


def test_a_long_text_makes_eval_dear_and_not_evalsha(running):
    lab = running(LuaLab(size=100_000, rate=100.0, way=TURNS))
    lab.stretch(
        lambda samples: median(sample[EVAL] for sample in samples) > 1.3 * median(sample[EVALSHA] for sample in samples)
    )


def test_a_forgotten_script_is_loaded_again(running):
    lab = running(LuaLab(rate=50.0, way=EVALSHA))
    loaded = lab.until(lambda sample: sample["loads"])["loads"]
    lab.act("flush")
    assert lab.until(lambda sample: sample["loads"] > loaded)["errors"] == 0


def test_the_modules_update_leaves_keys_for_ever_and_ours_does_not(running):
    lab = running(LuaLab(swap=MODULES))
    leaking = lab.until(lambda sample: sample["keys"] > 1.6 * sample["expected"] > 0, timeout=30)
    assert "outlive their TTL" in lab.experiment.judge(leaking)
    # Given an update that keeps the TTL, by the server itself or by a script in its place
    lab = running(LuaLab(swap=NATIVE))
    lab.go_on(3)  # longer than a TTL
    last = lab.until(lambda sample: sample["keys"] <= 1.2 * sample["expected"] + 5)
    assert last["stand_in"] is None or "stands in" in lab.experiment.say(last)
