import pytest

from redislab.lessons.performance_tuning.pipelines.lab import GET, PipeliningLab


@pytest.mark.quiet
def test_the_speedup_follows_the_model_and_ends_far_below_the_modules():
    experiment = PipeliningLab()
    last = experiment.run(seconds=90, largest=1000, rtt=2.0).last
    speedup, model = dict(last["speedup"]), dict(last["model"])
    assert list(speedup) == [1, 3, 10, 30, 100, 300, 1000]
    assert (
        speedup[1] == 1 and 1.5 < speedup[3] < 6 and 5 < speedup[10] < 20
    )  # as good as the batch, as long as it is small
    assert 20 < speedup[1000] < 700 and speedup[1000] > 1.5 * speedup[30]
    assert all(0.3 < speedup[batch] / model[batch] < 3.5 for batch in (3, 10, 30, 100))
    assert last["of_a_thousand"] == speedup[1000]
    assert last["ceiling"] > model[1000] and "ceiling" in experiment.say(last)
    assert f"×{speedup[1000]:,.0f}" in experiment.judge(last)


def test_a_larger_batch_is_held_in_memory_on_both_sides(running):
    lab = running(PipeliningLab(command=GET, size=10_000, largest=3000, rtt=0.0))
    lab.act("fail")
    last = lab.until(lambda sample: sample.get("progress") == 1 and len(sample["curve"]) > 5, timeout=60)
    held = {point["x"]: (point["client_mb"], point["server_mb"]) for point in last["curve"]}
    assert held[3000][1] > 2 + held[10][1]
    assert held[3000][0] == 0 or held[3000][0] > 4 + held[10][0]  # it is known on Linux only
    # Expect that MULTI did not undo what stood before and after the failing command
    assert "SET and LPUSH stayed done" in lab.experiment.say(last)
    # and that what was measured before is kept in sight when a knob is turned
    lab.experiment.set_knobs({"largest": 10, "multi": True})
    again = lab.until(lambda sample: sample["multi"] and len(sample["speedup"]) == 3, timeout=30)
    assert len(again["former speedup"]) > 5


def test_two_clients_do_more_together():
    rates = {}
    for clients in (1, 2):
        experiment = PipeliningLab(clients=clients, rtt=10.0)
        experiment.only = (1,)
        rates[clients] = experiment.run().last["curve"][0]["rate"]
    assert rates[2] > 1.3 * rates[1]
