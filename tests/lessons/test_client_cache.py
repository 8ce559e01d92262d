import time

import pytest

from redislab.lessons.performance_tuning.client_cache.lab import BUILT_IN, NEAR, NONE, ClientCacheLab
from redislab.lessons.performance_tuning.client_cache.versions import Versions


def test_a_version_is_as_old_as_what_came_after_it():
    versions = Versions()
    assert versions.age(0, time.perf_counter()) is None
    before = time.perf_counter()
    for version in (1, 2, 3):
        versions.acknowledged(version)
    now = time.perf_counter()
    assert versions.age(3, now) is None
    assert now - before >= versions.age(0, now) >= versions.age(1, now) >= versions.age(2, now) > 0
    assert versions.age(2, before) is None  # it was the newest then


@pytest.mark.parametrize("how", [NEAR, BUILT_IN])
def test_a_cache_saves_the_round_trip(running, how):
    lab = running(ClientCacheLab(how=NONE, rtt=2.0, reads=300.0))
    far = lab.until(lambda sample: sample["p50"] and sample["t"] > 2)
    assert far["p50"] > 1.5 and far["hits"] < 10
    lab.experiment.how = how
    near = lab.until(lambda sample: sample["hits"] and sample["hits"] > 60 and sample["p50"] < far["p50"] / 4)
    assert near["errors"] == 0
    assert (near["refused"] is None) or "stands in" in lab.experiment.say(near)


def test_a_small_cache_and_many_writes_cost_hits(running):
    lab = running(ClientCacheLab(reads=400.0, size=500, writes=0.0))
    whole = lab.until(lambda sample: sample["hits"] and sample["hits"] > 85)["hits"]
    lab.experiment.size = 10
    lab.until(lambda sample: sample["hits"] < whole - 25)
    lab.experiment.set_knobs({"size": 500, "writes": 200.0})
    lab.until(lambda sample: sample["writes"] and whole - 25 < sample["hits"] < whole - 5)


def test_reads_are_stale_by_moments_only(running):
    lab = running(ClientCacheLab(rtt=10.0, reads=800.0, writes=200.0))
    sample = lab.until(lambda sample: sample["age"] and sample["stale"] >= 1 and sample["hits"] is not None)
    assert 0 < sample["age"] < 1000
    assert "stale" in lab.experiment.say(sample)
