import pytest

from redislab.lessons.performance_tuning.counters.lab import INCR, LOCK, LUA, METHODS, WATCH, CountersLab


def test_get_and_set_lose_what_one_command_and_a_script_keep(running):
    lab = running(CountersLab(rtt=1.0))
    raced = lab.until(lambda sample: sample["lost"] is not None)
    assert raced["lost"] > 40  # four fifths, with eight clients
    for method in (INCR, LUA):
        lab.experiment.method = method
        kept = lab.until(lambda sample, method=method: sample["lost"] is not None and sample["method"] == method)
        assert kept["lost"] == 0 and kept["tries"] == pytest.approx(1)
    assert lab.samples[-1]["errors"] == 0


def test_one_client_loses_nothing_however_it_counts(running):
    lab = running(CountersLab(clients=1))
    assert lab.until(lambda sample: sample["lost"] is not None)["lost"] == 0


def test_every_method_may_be_tried_and_incr_wins(running):
    lab = running(CountersLab(rtt=1.0))
    lab.until(lambda sample: sample["rate"])
    lab.act("try_all")
    last = lab.until(lambda sample: all(f"rate {name}" in sample for name in METHODS), timeout=40)
    # Expect that no method is safe and faster, and that the optimists begin again
    assert last[f"rate {INCR}"] > 3 * max(last[f"rate {WATCH}"], last[f"rate {LOCK}"])
    assert last[f"tries {WATCH}"] > 1.5 and last[f"tries {INCR}"] == pytest.approx(1)
    # and that other clients make other bars
    lab.experiment.clients = 2
    lab.until(lambda sample: f"rate {LOCK}" not in sample)


def test_the_sentence_says_what_bounded_it(running):
    lab = running(CountersLab(method=INCR, rtt=5.0, clients=2))
    sample = lab.until(lambda sample: sample["rate"])
    assert "Bounded by the network" in lab.experiment.say(sample)
