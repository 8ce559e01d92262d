import pytest

from redislab.bench.load import Outcome
from redislab.bench.window import Window


def fill(window, clock, seconds, per_tick=10, latency=0.001, tags=("read",)):
    for _ in range(round(seconds / 0.1)):
        clock.now += 0.1
        window.add([Outcome(tags, latency)] * per_tick, per_tick)


def test_rates_and_shares_are_of_the_last_seconds(clock):
    window = Window(span=2.0, timer=clock)
    fill(window, clock, 3, tags=("read", "hit"))
    fill(window, clock, 3, tags=("read", "miss"))
    assert window.share("hit", of="read") == 0
    assert window.rate("read") == pytest.approx(100, rel=0.15)
    assert window.total.tags["hit"] == 300


def test_percentiles_come_from_the_last_seconds_in_milliseconds(clock):
    window = Window(span=1.0, timer=clock)
    fill(window, clock, 2, latency=0.5)
    fill(window, clock, 2, latency=0.002)
    assert window.percentile("read", 99) == pytest.approx(2.0, rel=0.01)
    assert window.percentile("write", 99) is None
    assert window.share("hit", of="write") is None


def test_latencies_of_an_hour_are_kept_and_those_of_nothing_too(clock):
    window = Window(timer=clock)
    clock.now = 1.0
    window.add([Outcome(("read",), 3600.0), Outcome(("read",), 0.0)], 2)
    assert window.percentile("read", 100) == pytest.approx(3_600_000, rel=0.001)
    assert window.percentile("read", 1) == 0.001


def test_growth_is_the_slope_of_a_total(clock):
    window = Window(span=2.0, timer=clock)
    for total in range(0, 500, 10):
        clock.now += 0.1
        slope = window.growth("queries", total)
    assert slope == pytest.approx(100)


def test_an_error_is_counted_as_one_and_its_latency_is_kept(clock):
    window = Window(timer=clock)
    clock.now = 0.1
    window.add([Outcome(("failed",), 4.0, "ConnectionError: refused")], 1)
    assert window.recent.tags["error"] == 1
    assert window.percentile("failed", 50) == pytest.approx(4000, rel=0.01)


def test_after_a_pause_the_window_starts_empty_and_the_total_goes_on(clock):
    window = Window(timer=clock)
    fill(window, clock, 1)
    window.resume()
    assert window.recent.ended == 0
    assert window.total.ended == 100
    window.restart()
    assert window.total.ended == 0
