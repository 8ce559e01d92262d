from statistics import mean, median

import pytest

from redislab.lessons.caching_patterns.cache_aside.lab import MODULES, PAST
from redislab.lessons.labs import StampedeLab, TtlLab


def gap(samples):
    """Points between measured and predicted hit ratio, on average."""
    return mean(sample["hits"] - sample["forecast"] for sample in samples if sample["hits"] is not None)


@pytest.mark.quiet
@pytest.mark.parametrize("knobs", [{}, {"skew": 0.0, "catalogue": 300}, {"writes": 20.0, "jitter": 50.0}])
def test_the_hit_ratio_follows_its_prediction_while_the_ttl_moves(running, knobs):
    # two cores that have other things to do do not keep 600 requests a second in time; 300 vary by some 2 points
    lab = running(TtlLab(db_ms=2.0, rate=300.0, **knobs))
    lab.go_on(4)
    for ttl in (0.4, 4.0, 1.0):
        lab.experiment.ttl = ttl
        lab.go_on(1.0)
        assert abs(gap(lab.go_on(3.0))) <= 6


def test_a_longer_ttl_spares_the_database(running):
    lab = running(TtlLab(ttl=0.3, writes=0.0))
    often = mean(sample["queries"] for sample in lab.go_on(6)[-20:])
    lab.experiment.ttl = 30.0
    seldom = mean(sample["queries"] for sample in lab.go_on(8)[-20:])
    assert seldom < often / 2


@pytest.mark.quiet
def test_a_writer_past_the_cache_leaves_reads_stale_and_one_through_it_does_not(running):
    lab = running(TtlLab(writes=20.0, ttl=20.0, rate=300.0))
    through = mean(sample["stale"] for sample in lab.go_on(5)[-20:])
    lab.experiment.writers = PAST
    past = mean(sample["stale"] for sample in lab.go_on(6)[-20:])
    assert 4 * through < past and past > 8


def test_redis_killed_costs_no_read_and_the_hit_ratio_comes_back(running):
    lab = running(TtlLab(rate=300.0))
    before = lab.go_on(6)[-1]
    lab.session.act("stop_redis")
    down = lab.until(lambda sample: sample["hits"] is not None and sample["hits"] < 1)
    assert down["errors"] == 0
    assert down["queries"] > 2 * before["queries"]
    assert all(sample["p99"] < 1000 for sample in lab.go_on(4)[-10:])
    lab.session.act("start_redis")
    lab.until(lambda sample: sample["hits"] and sample["hits"] > 0.8 * before["hits"])
    assert abs(gap(lab.go_on(4)[-20:])) <= 4


def test_as_in_the_module_a_dead_redis_fails_the_reads(running):
    lab = running(TtlLab(pattern=MODULES, rate=100.0))
    lab.until(lambda sample: sample["hits"])
    lab.session.act("stop_redis")
    failing = lab.until(lambda sample: sample["errors"] > 5)
    assert "fail" in lab.experiment.say(failing)
    lab.session.act("start_redis")
    lab.until(lambda sample: sample["errors"] == 0 and sample["hits"])


@pytest.mark.parametrize(
    ("protection", "least", "most"),
    [("none", 36, 45), ("single-flight lock", 1, 1), ("early refresh (XFetch)", 1, 39), ("serve stale", 1, 1)],
)
def test_how_often_the_database_is_asked_at_an_expiry(running, protection, least, most):
    lab = running(StampedeLab(concurrency=40, protection=protection))
    calls = [sample["calls"] for sample in lab.go_on(9)[-30:]]
    # a lock lets one through, always; how many chance lets through is its usual number
    assert least <= (max(calls) if most == 1 else median(calls)) <= most


@pytest.mark.quiet
def test_serving_stale_makes_nobody_wait_and_a_lock_makes_all_wait_once(running):
    lab = running(StampedeLab(concurrency=40, protection="single-flight lock"))
    assert mean(sample["slow"] for sample in lab.go_on(8)[-30:]) > 2
    lab.experiment.protection = "serve stale"
    lab.go_on(5)  # the lock's reads leave the window
    assert mean(sample["slow"] for sample in lab.go_on(5)[-20:]) < 1
