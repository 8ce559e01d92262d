import pytest

from redislab.lessons.data_modeling.catalogue.lab import PRUNED, STAY
from redislab.lessons.labs import CatalogueLab
from tests.lessons.conftest import mean


def test_unpruned_the_indexes_name_the_dead_and_pruning_cures_it(running):
    lab = running(CatalogueLab(entries=STAY, ttl=1.0, products=600))
    # Given what is as in the module
    dead = lab.until(lambda sample: (sample.get("dangling") or 0) > 40 and (sample["served"] or 0) > 10)
    assert dead["listed"] > 1.5 * dead["living"]
    assert "products that are gone" in lab.experiment.judge(dead)
    # If it is pruned on read
    lab.experiment.entries = PRUNED
    lab.until(lambda sample: sample["dangling"] < 15 and sample["served"] < 2)
    samples = lab.stretch(  # what expires before it is looked at
        lambda samples: mean(samples, "dangling") < 15 and mean(samples, "served") < 2, seconds=1.5
    )
    assert samples[-1]["server_us"] < samples[-1]["client_us"]
    assert lab.experiment.judge(samples[-1]).startswith("True")


def test_living_products_follow_their_prediction_while_the_ttl_moves(running):
    lab = running(CatalogueLab(ttl=1.0, products=500))

    def expected(samples) -> bool:
        return mean(samples, "living") == pytest.approx(mean(samples, "expected"), rel=0.2)

    few = lab.stretch(expected, seconds=2)[-1]["living"]
    lab.experiment.ttl = 4.0
    samples = lab.stretch(lambda samples: expected(samples) and mean(samples, "living") > 1.5 * few, seconds=2)
    assert samples[-1]["indexes"] > 0 and samples[-1]["records"] > 0


def test_it_has_no_verdict_before_anything_has_expired(running):
    lab = running(CatalogueLab(ttl=2.0, products=500, lookups=50.0))
    samples = lab.go_on(1)
    assert samples[-1]["served"] == samples[-1]["expired"] == 0
    assert {lab.experiment.judge(sample) for sample in samples} == {None}
    lab.until(lambda sample: (lab.experiment.judge(sample) or "").startswith("True"))


def test_where_nobody_looks_the_dead_stay_until_a_sweep(running):
    lab = running(CatalogueLab(lookups=0.0, ttl=1.0, products=600))
    full = lab.until(lambda sample: (sample.get("dangling") or 0) > 40)
    assert full["served"] is None and "Without look-ups" in lab.experiment.judge(full)
    lab.experiment.rate = 10.0
    lab.go_on(1.5)
    lab.act("sweep")
    lab.until(lambda sample: sample["listed"] < full["listed"] / 3)


def test_what_is_evicted_is_served_until_it_is_swept(running):
    lab = running(CatalogueLab(ttl=60.0, products=300, rate=400.0, lookups=50.0))
    lab.until(lambda sample: sample.get("listed", 0) > 200)
    assert lab.go_on(0.5)[-1]["served"] == 0
    lab.experiment.rate = 10.0
    lab.act("evict")
    lab.until(lambda sample: sample["dangling"] > 20 and sample["served"] > 10)
    lab.act("sweep")
    lab.until(lambda sample: sample["dangling"] == 0 and sample["served"] == 0)


def test_more_tags_are_more_to_intersect(running):
    lab = running(CatalogueLab(tags=2))
    lab.until(lambda sample: sample["expired"] > 200)
    few = mean(lab.stretch(lambda samples: mean(samples, "server_us") > 0), "server_us")
    lab.experiment.tags = 6
    # Expect that with three times as many products in each tag's set the server takes longer for two of them
    lab.stretch(lambda samples: mean(samples, "server_us") > 1.5 * few)
