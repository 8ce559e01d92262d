import numpy as np
import pytest

from redislab.lessons.data_modeling.lifetimes import LifeForecast, alive


def test_what_is_touched_is_there_unless_it_was_left_alone_for_its_ttl():
    assert alive(rate=0.2, ttl=5.0) == pytest.approx(1 - np.exp(-1))
    assert alive(rate=0.0, ttl=5.0) == 0 and alive(rate=100, ttl=5.0) == pytest.approx(1)


@pytest.mark.parametrize(("rate", "ttl"), [(0.2, 5.0), (1.0, 0.5), (0.05, 9.0)])
def test_the_forecast_of_a_life_settles_on_the_formula(rate, ttl):
    forecast = LifeForecast(longest_ttl=10)
    there = [forecast.advance(0.1, rate, ttl) for _ in range(300)]
    assert there[-1] == pytest.approx(alive(rate, ttl), abs=0.03)
    assert there[0] < 0.11


def test_the_forecast_of_a_life_agrees_with_simulated_keys_while_the_knobs_move():
    # Given keys that are touched at random, and live from each touch on for the TTL of that moment
    random, expires, forecast = np.random.default_rng(1), np.zeros(4000), LifeForecast(longest_ttl=10)
    for tick in range(200):
        now, rate, ttl = tick * 0.1, (0.2, 0.5)[tick > 120], (2.0, 6.0, 1.0)[(tick > 50) + (tick > 100)]
        touched = random.random(4000) < -np.expm1(-rate * 0.1)
        expires[touched] = now + random.uniform(0, 0.1, touched.sum()) + ttl
        expected = forecast.advance(0.1, rate, ttl)
        # Expect as many of them there
        assert np.mean(expires > now + 0.1) == pytest.approx(expected, abs=0.04)


def test_a_pause_of_the_load_touches_nothing_and_what_was_missed_adds_up():
    now = [0.0]
    forecast = LifeForecast(longest_ttl=10, timer=lambda: now[0])
    for _ in range(100):
        now[0] += 0.1
        there = forecast.follow(rate=1.0, ttl=2.0)
    assert there == pytest.approx(alive(1.0, 2.0), abs=0.05)
    missed = forecast.missed
    assert 10 * (1 - alive(1.0, 2.0)) < missed < 3
    # If it rests for longer than the TTL, expect the key to be gone, and that no touch has missed it
    now[0] += 5.0
    assert forecast.follow(rate=1.0, ttl=2.0) == 0
    assert forecast.missed == missed
