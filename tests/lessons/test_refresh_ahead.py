import pytest

from redislab.lessons.caching_patterns.refresh_ahead.lab import (
    FIXED,
    MODULES,
    NONE,
    OURS,
    PREDICTED,
    XFETCH,
)
from redislab.lessons.caching_patterns.refresh_ahead.loads import Loads
from redislab.lessons.labs import RefreshAheadLab
from tests.conftest import settles
from tests.lessons.conftest import mean

LATE = "given up: not sent in time"
QUICK = {"ttl": 2.0, "recompute_ms": 150.0}


def settled(lab, wanted=lambda samples: True) -> list[dict]:
    """The samples of some seconds, without those in which the first loads still count."""
    lab.go_on(5.5)
    return lab.stretch(wanted)


def times(samples) -> float:
    """How many times the calls that are enough."""
    return mean(samples, "calls") / samples[-1]["ideal"]


@pytest.mark.quiet
def test_guarded_no_read_of_a_hot_key_waits_at_about_the_calls_that_are_enough(running):
    lab = running(RefreshAheadLab())
    lab.stretch(lambda samples: 0.6 < times(samples) < 2 and mean(samples, "hot_slow") < 1, seconds=6)


def test_unguarded_is_worse_than_no_refresh(running):
    lab = running(RefreshAheadLab(pattern=NONE, **QUICK))
    without = settled(lab, lambda samples: mean(samples, "slow") > 1.5 and times(samples) < 2)
    lab.experiment.set_knobs({"pattern": OURS, "guard": False})
    unguarded = lab.stretch(lambda samples: times(samples) > 3 * times(without) and mean(samples, "wasted") > 5)
    assert "False" in lab.experiment.judge(unguarded[-1])
    lab.experiment.guard = True
    lab.stretch(lambda samples: times(samples) < times(unguarded) / 2)


def test_as_in_the_module_every_reader_of_the_window_calls(running):
    lab = running(RefreshAheadLab(pattern=MODULES, ttl=6.0, threshold=30.0))
    worst = lab.until(lambda sample: sample["t"] > 5 and sample["calls"] and sample["calls"] > 4 * sample["ideal"], 60)
    assert "False as in the module" in lab.experiment.judge(worst)


def test_as_in_the_module_a_threshold_of_a_second_refreshes_nothing(running):
    lab = running(RefreshAheadLab(pattern=MODULES, ttl=4.0, threshold=20.0))
    samples = lab.stretch(lambda samples: mean(samples, "slow") > 1)
    assert "whole seconds" in lab.experiment.say(samples[-1])


@pytest.mark.quiet
def test_predicted_spares_the_refreshes_that_nobody_reads(running):
    lab = running(RefreshAheadLab(hot=500, ttl=3.0, recompute_ms=50.0, threshold=60.0))
    fixed = settled(lab, lambda samples: mean(samples, "wasted") > 1)
    lab.experiment.mode = PREDICTED
    # Expect fewer in vain, once the last of them have expired
    lab.stretch(
        lambda samples: (
            mean(samples, "wasted") < mean(fixed, "wasted") / 2
            and mean(samples, "calls") < mean(fixed, "calls")
            and mean(samples, "hot_slow") < 5
        )
    )


def test_xfetch_refreshes_earlier_with_a_larger_beta(running):
    lab = running(RefreshAheadLab(mode=XFETCH, **QUICK))

    def calls(beta: float) -> float:
        lab.experiment.beta = beta
        return times(settled(lab))

    # one after the other, and again: a machine that is busy during one of them only says nothing of β
    assert not settles(lambda: calls(8.0) < 1.4 * calls(0.5), timeout=60)


def test_the_pattern_may_be_changed_while_it_runs(running):
    lab = running(RefreshAheadLab(ttl=1.0, rate=100.0))
    began = len(lab.samples)
    for knobs in (
        {"pattern": MODULES},
        {"pattern": NONE},
        {"pattern": OURS, "mode": PREDICTED},
        {"mode": FIXED, "rtt": 2.0},
    ):
        lab.experiment.set_knobs(knobs)
        # a busy machine may be late with some; expect that it comes to two seconds in which all are answered
        lab.stretch(lambda samples: not any(sample["errors"] for sample in samples), seconds=2)
    assert {sample.get("error") for sample in lab.samples[began:]} <= {None, LATE}


class TestLoads:
    @pytest.fixture
    def loads(self, lab):
        database, self.now = lab.open_database(), 0.0
        yield Loads(database.users, "user", timer=lambda: self.now)
        database.close()

    def test_a_load_that_was_read_is_not_wasted(self, loads):
        for _ in range(3):
            loads.read(1, loads.find(1)["load"])
        self.now = 100.0
        loads.expire(10)
        assert (loads.finds, loads.wasted) == (3, 0)

    def test_of_three_loads_of_which_the_last_is_read_two_are_wasted(self, loads):
        numbers = [loads.find(1)["load"] for _ in range(3)]
        loads.find(2)
        loads.read(1, numbers[-1])
        assert loads.wasted == 2

    def test_a_load_that_nobody_reads_is_wasted_when_it_has_expired(self, loads):
        loads.find(1)
        self.now = 5.0
        loads.expire(10)
        assert loads.wasted == 0
        self.now = 11.0
        loads.expire(10)
        loads.expire(10)
        assert loads.wasted == 1
