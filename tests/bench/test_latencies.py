"""A percentile of the histogram is that of the numbers themselves, to three digits."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from redislab.bench.latencies import Latencies

SECONDS = st.floats(1e-6, 100)


def made(seconds) -> Latencies:
    latencies = Latencies()
    for each in seconds:
        latencies.record(each)
    return latencies


@settings(deadline=None)  # a busy machine is no fault of it
@given(st.lists(SECONDS, min_size=1, max_size=300), st.sampled_from([0.001, 50, 90, 99, 99.9, 100]))
def test_a_percentile_is_never_less_and_hardly_more(seconds, percentile):
    rank = math.ceil(round(percentile / 100 * len(seconds), 6)) or 1
    exact = int(sorted(seconds)[rank - 1] * 1e6)
    assert exact / 1e3 <= made(seconds).milliseconds(percentile) <= (exact * 1.001 + 1) / 1e3


@settings(deadline=None)  # a busy machine is no fault of it
@given(st.lists(SECONDS, max_size=50), st.lists(SECONDS, max_size=50))
def test_put_together_and_apart(first, second):
    together = made(first)
    together.update(made(second))
    assert together == made(first + second) and together.total() == len(first) + len(second)
    together.subtract(made(second))
    assert +together == made(first)


def test_nothing_recorded_and_next_to_nothing():
    assert Latencies().milliseconds(50) == 0.0
    assert made([0.0, -1.0]).milliseconds(99) == 0.001
