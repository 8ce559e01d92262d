import time

import pytest

from redislab.bench import Timings


def take(timings, name, seconds):
    with timings.of(name):
        time.sleep(seconds)


def test_the_median_is_of_the_last_calls_of_that_name_in_ms():
    timings = Timings(last=3)
    for seconds in (0.2, 0.01, 0.02, 0.05):
        take(timings, "read", seconds)
    take(timings, "write", 0.1)
    assert 20 <= timings.median("read") < 50
    assert timings.median("write") >= 100
    assert timings.median("delete") is None


def test_a_call_that_raises_is_not_counted():
    timings = Timings()
    with pytest.raises(ValueError), timings.of("read"):
        raise ValueError
    assert timings.median("read") is None


def test_clear_drops_calls_that_are_under_way():
    timings = Timings()
    with timings.of("read"):
        timings.clear()
    assert timings.median("read") is None
