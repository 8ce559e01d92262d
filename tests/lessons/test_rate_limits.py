import pytest

from redislab.lessons.data_modeling.rate_limits.algorithms import (
    BUCKET,
    COUNTER,
    FIXED,
    LOG,
    MODULE_BUCKET,
    MODULE_FIXED,
    MODULE_LUA,
    MODULE_SLIDING,
)
from redislab.lessons.labs import RateLimitLab


def burst_over(sample) -> bool:
    """Whether what it shows of the last burst is all of it."""
    return sum(sample["asked"]) >= 150


def test_on_the_boundary_a_fixed_window_admits_twice_the_limit_and_in_the_middle_it_does_not(running):
    lab = running(RateLimitLab(algorithm=FIXED))
    seen = lab.until(lambda sample: sample["over"] > 40)
    assert seen["worst"] <= seen["promise"] == 100
    # Expect it to be plain in the picture: the limit just before the boundary, and as many just after it
    seen = lab.until(lambda sample: sample["all"][-1][1] >= 90)
    assert 25 <= max(count for when, count in seen["all"] if when < 0) <= 52
    assert lab.experiment.judge(seen).startswith("Not in every window")
    # If the burst is moved into the middle of the window
    lab.experiment.position = 50.0
    # Expect the limit, and the few single requests of the second half of the window before
    lab.until(lambda sample: sample["over"] <= 10 and burst_over(sample))


@pytest.mark.parametrize("algorithm", [LOG, COUNTER, BUCKET])
def test_the_others_admit_no_second_burst(running, algorithm):
    lab = running(RateLimitLab(algorithm=algorithm, period=0.8, skew=60.0, tick="16 ms", threads=16))
    seen = lab.until(burst_over)
    samples = [*lab.go_on(2.5), seen]
    # Expect no more than the promise, and of the limit's excess no more than what half a window gives back
    assert {sample["broken"] for sample in samples} == {0} and not any(sample["errors"] for sample in samples)
    assert max(sample["over"] for sample in samples) <= (0 if algorithm == LOG else 45)
    # nor that the applications' clocks matter
    assert min(seen["let_in"]) > 5


def test_the_modules_four_commands_let_a_race_through(running):
    lab = running(RateLimitLab(algorithm=MODULE_SLIDING, threads=32, rtt=1.0))
    seen = lab.until(lambda sample: sample["broken"] > 0, timeout=40)
    assert lab.experiment.judge(seen).startswith("False as built")


def test_with_coarse_clocks_its_script_admits_whole_bursts(running):
    lab = running(RateLimitLab(algorithm=MODULE_LUA, threads=32, tick="16 ms"))
    seen = lab.until(lambda sample: sample["over"] > 50)
    assert "False as built" in lab.experiment.judge(seen)
    lab.experiment.tick = "1 µs"
    lab.until(lambda sample: burst_over(sample) and sample["over"] == 0)  # one under way began with coarse ones
    assert not any(sample["over"] for sample in lab.go_on(5) if burst_over(sample))


def test_a_clock_a_minute_fast_locks_the_other_application_out(running):
    lab = running(RateLimitLab(algorithm=MODULE_BUCKET, skew=60.0))
    seen = lab.until(burst_over)
    seen = lab.until(lambda sample: burst_over(sample) and sample["let_in"][0] == 0)
    assert seen["let_in"][1] >= 40
    assert "application A had" in lab.experiment.judge(seen)


def test_with_a_clock_off_the_modules_fixed_window_counts_twice(running):
    lab = running(RateLimitLab(algorithm=MODULE_FIXED, position=50.0, skew=30.0))
    seen = lab.until(lambda sample: sample["over"] > 35)
    assert min(seen["let_in"]) > 30


def test_a_decision_costs_a_round_trip_and_the_modules_costs_four(running):
    lab = running(RateLimitLab(algorithm=LOG, rtt=5.0, threads=1, limit=10))
    lab.until(lambda sample: sample["p50"] and sum(sample["asked"]) >= 30 and 4.5 <= sample["p50"] < 10)
    lab.experiment.algorithm = MODULE_SLIDING
    four = lab.until(lambda sample: sample["p50"] and sample["p50"] > 15)
    assert lab.until(lambda sample: sample["server_ms"])["server_ms"] < four["p50"]
