import numpy as np
import pytest

from redislab.lessons.caching_patterns.theory import HitForecast, fewest_loads, hit_ratio, zipf


def test_zipf_shares_add_up_and_fall_with_the_rank():
    shares = zipf(1000, 1.0)
    assert shares.sum() == pytest.approx(1)
    assert shares[0] / shares[9] == pytest.approx(10)
    assert zipf(10, 0) == pytest.approx(np.full(10, 0.1))


def test_one_key_is_found_as_often_as_renewal_theory_says():
    # read 10 times a second and kept for 1 s: 10 hits for each miss
    assert hit_ratio([1.0], rate=10, ttl=1.0) == pytest.approx(10 / 11)


def test_the_fewest_loads_are_the_misses_of_a_cache_that_everybody_shares():
    # hot keys cost one load a TTL; keys that are hardly ever read one for each read
    assert fewest_loads(zipf(10, 0), rate=1e6, ttl=5.0) == pytest.approx(10 / 5, rel=1e-4)
    assert fewest_loads(zipf(10, 0), rate=0.01, ttl=5.0) == pytest.approx(0.01, rel=0.01)
    shares = zipf(500, 1.0)
    assert fewest_loads(shares, 300, 4.0) == pytest.approx(300 * (1 - hit_ratio(shares, 300, 4.0)))


def test_writes_that_delete_end_an_entry_like_a_ttl_does():
    # read and written equally often, and kept for ever otherwise: every other read finds it
    assert hit_ratio([1.0], rate=10, ttl=1e9, write_rate=10) == pytest.approx(0.5)
    assert hit_ratio([1.0], rate=10, ttl=1.0, write_rate=1e-9) == pytest.approx(10 / 11)


@pytest.mark.parametrize(("keys", "skew"), [(100, 0.0), (1000, 0.9), (10_000, 1.1)])
@pytest.mark.parametrize("ttl", [0.2, 1.0, 5.0])
def test_the_forecast_settles_on_the_formula(keys, skew, ttl):
    shares = zipf(keys, skew)
    forecast = HitForecast(shares, longest_ttl=10)
    found = [forecast.advance(0.1, reads=60, writes=0, ttl=ttl, jitter=0.5, load=0.0) for _ in range(400)]
    assert np.mean(found[-50:]) == pytest.approx(hit_ratio(shares, 600, ttl), abs=0.01)


def test_the_forecast_agrees_with_a_simulated_cache_while_the_ttl_moves():
    # Given a plain model of a cache, driven by the same clock, a TTL that moves, and writes that delete
    random, shares, ttls = np.random.default_rng(1), zipf(200, 0.8), [0.5] * 50 + [4.0] * 80 + [1.0] * 50
    forecast, expires, difference = HitForecast(shares, longest_ttl=10), np.zeros(200), []
    hits, expected = [], []
    for tick, ttl in enumerate(ttls):
        now, found = tick * 0.1, 0
        moments = np.sort(random.uniform(now, now + 0.1, 300))
        for key, moment, write in zip(
            random.choice(200, 300, p=shares), moments, random.random(300) < 0.05, strict=True
        ):
            if write:
                expires[key] = 0
            elif expires[key] > moment:
                found += 1
            else:
                expires[key] = moment + ttl
        hits.append(found / 285)
        expected.append(forecast.advance(0.1, reads=285, writes=15, ttl=ttl, jitter=0.0, load=0.0))
        difference.append(np.mean(expected[-20:]) - np.mean(hits[-20:]))
    # Expect the same hit ratio at every moment, settled or not
    assert max(np.abs(difference[20:])) < 0.02


def test_an_emptied_cache_is_forecast_to_fill_again():
    forecast = HitForecast(zipf(100, 1.0), longest_ttl=10)
    full = [forecast.advance(0.1, 60, 0, 5.0, 0.1, 0.0) for _ in range(50)][-1]
    forecast.empty()
    empty = forecast.advance(0.1, 60, 0, 5.0, 0.1, 0.0)
    assert empty < full - 0.3
