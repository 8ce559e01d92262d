import statistics

import pytest

from redislab.lessons.caching_patterns.cache_aside.lab import MODULES, PAST
from redislab.lessons.labs import StampedeLab, TtlLab
from tests.lessons.conftest import mean


def gap(samples):
    """Points between measured and predicted hit ratio, on average."""
    return statistics.mean(sample["hits"] - sample["forecast"] for sample in samples if sample["hits"] is not None)


@pytest.mark.quiet
@pytest.mark.parametrize("knobs", [{}, {"skew": 0.0, "catalogue": 300}, {"writes": 20.0, "jitter": 50.0}])
def test_the_hit_ratio_follows_its_prediction_while_the_ttl_moves(running, knobs):
    # two cores that have other things to do do not keep 600 requests a second in time; 300 vary by some 2 points
    lab = running(TtlLab(db_ms=2.0, rate=300.0, **knobs))
    for ttl in (0.4, 4.0, 1.0):
        lab.experiment.ttl = ttl
        lab.stretch(lambda samples: abs(gap(samples)) <= 4)


def test_a_longer_ttl_spares_the_database(running):
    lab = running(TtlLab(ttl=0.3, writes=0.0))
    often = mean(lab.go_on(3), "queries")
    lab.experiment.ttl = 30.0
    lab.stretch(lambda samples: mean(samples, "queries") < often / 2)


def test_a_writer_past_the_cache_leaves_reads_stale_and_one_through_it_does_not(running):
    lab = running(TtlLab(writes=20.0, ttl=20.0, rate=300.0))
    through = mean(lab.go_on(3), "stale")
    lab.experiment.writers = PAST
    lab.stretch(lambda samples: mean(samples, "stale") > max(8, 4 * through))


def test_redis_killed_costs_no_read_and_the_hit_ratio_comes_back(running):
    lab = running(TtlLab(rate=300.0))
    before = lab.stretch(lambda samples: abs(gap(samples)) <= 4)[-1]
    lab.act("stop_redis")
    down = lab.until(lambda sample: sample["hits"] is not None and sample["hits"] < 1)
    assert down["errors"] == 0
    assert down["queries"] > 2 * before["queries"]
    lab.stretch(lambda samples: all(sample["p99"] < 1000 for sample in samples))
    lab.act("start_redis")
    lab.until(lambda sample: sample["hits"] and sample["hits"] > 0.8 * before["hits"])
    lab.stretch(lambda samples: abs(gap(samples)) <= 4)


def test_as_in_the_module_a_dead_redis_fails_the_reads(running):
    lab = running(TtlLab(pattern=MODULES, rate=100.0))
    lab.until(lambda sample: sample["hits"])
    lab.act("stop_redis")
    failing = lab.until(lambda sample: sample["errors"] > 5)
    assert "fail" in lab.experiment.say(failing)
    lab.act("start_redis")
    lab.until(lambda sample: sample["errors"] == 0 and sample["hits"])


@pytest.mark.parametrize(("protection", "least", "most"), [("none", 36, 45), ("early refresh (XFetch)", 1, 39)])
def test_how_often_chance_lets_the_database_be_asked_at_an_expiry(running, protection, least, most):
    lab = running(StampedeLab(concurrency=40, protection=protection))
    lab.stretch(lambda samples: least <= mean(samples, "calls") <= most)


@pytest.mark.parametrize("protection", ["single-flight lock", "serve stale"])
def test_where_one_is_let_through_it_is_one_at_every_expiry(running, protection):
    lab = running(StampedeLab(concurrency=40, protection=protection))
    lab.until(lambda sample: sample["calls"])
    assert {sample["calls"] for sample in lab.go_on(2 * lab.experiment.ttl)} == {1}


def test_serving_stale_makes_nobody_wait_and_a_lock_makes_all_wait_once(running):
    lab = running(StampedeLab(concurrency=40, protection="single-flight lock"))
    lab.stretch(lambda samples: mean(samples, "slow") > 2)
    lab.experiment.protection = "serve stale"
    lab.stretch(lambda samples: mean(samples, "slow") < 1)
