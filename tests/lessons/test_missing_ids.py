import pytest

from redislab.bench.load import Outcome
from redislab.bench.window import Window
from redislab.lessons.caching_patterns.missing_ids.lab import MODULES
from redislab.lessons.labs import MissingIdsLab
from redislab.world.lab import Address, Lab
from tests.lessons.conftest import late, mean


@pytest.mark.parametrize("knobs", [{}, {"pattern": MODULES}, {"pattern": MODULES, "bloom": True, "sentinel_ttl": 20.0}])
def test_unprotected_every_read_of_an_unknown_id_is_a_query(running, knobs):
    samples = running(MissingIdsLab(**knobs)).stretch(
        lambda samples: mean(samples, "unknown") == pytest.approx(60, rel=0.4)
    )
    assert {sample["per_thousand"] for sample in samples} <= {1000, None}
    assert samples[-1]["sentinels"] == 0 and samples[-1]["filter"] == 0


def test_sentinels_spare_the_database_as_much_as_their_ttl_lets_them(running):
    lab = running(MissingIdsLab(sentinel_ttl=2.0, rate=400.0, share=50.0, db_ms=2.0))
    lab.stretch(lambda samples: mean(samples, "unknown") == pytest.approx(samples[-1]["settled"], rel=0.4))
    lab.experiment.sentinel_ttl = 60.0
    lab.stretch(lambda samples: mean(samples, "per_thousand") < 250)
    assert lab.samples[-1]["sentinels"] > 100 and lab.samples[-1]["held"] > 5


def test_a_filter_lets_almost_nobody_through_and_may_be_switched_while_it_runs(running):
    lab = running(MissingIdsLab())
    lab.until(lambda sample: sample["per_thousand"] == 1000)
    lab.experiment.bloom = True
    lab.until(lambda sample: sample["filter"] > 0)
    guarded = lab.until(lambda sample: sample["per_thousand"] is not None and sample["per_thousand"] < 60)
    assert "filter takes" in lab.experiment.say(guarded)
    lab.stretch(lambda samples: mean(samples, "per_thousand") < 60)
    lab.experiment.bloom = False
    lab.until(lambda sample: sample["per_thousand"] > 900)


def test_a_larger_filter_is_a_finer_one(running):
    lab = running(MissingIdsLab(bloom=True, false_positives=20.0, share=100.0, db_ms=2.0))
    coarse = lab.stretch(lambda samples: mean(samples, "per_thousand") > 60)
    lab.experiment.false_positives = 0.1
    fine = lab.stretch(lambda samples: mean(samples, "per_thousand") < 20)
    assert fine[-1]["filter"] > 2 * coarse[0]["filter"]


def test_a_flood_of_new_ids_gets_past_the_sentinels_and_not_past_the_filter(running):
    lab = running(MissingIdsLab(sentinel_ttl=30.0, rate=150.0))
    before = lab.go_on(4)[-1]
    # Given sentinels only
    lab.act("flood")
    lab.until(lambda sample: sample["flooding"])
    flooded = lab.until(
        lambda sample: (
            sample["per_thousand"] > 800
            and sample["unknown"] > 3 * before["unknown"]
            and sample["sentinels"] > 3 * before["sentinels"]
        )
    )
    assert before["added"] is None and 0 < flooded["added"] < flooded["asked"]
    assert "added load" in lab.experiment.say(flooded)
    # If a filter is there
    lab.until(lambda sample: not sample["flooding"])
    lab.experiment.bloom = True
    lab.until(lambda sample: sample["filter"] > 0)
    lab.act("flood")
    lab.until(lambda sample: sample["flooding"])
    # Expect that the flood ends at it
    lab.until(lambda sample: sample["asked"] > 2 * before["asked"] and sample["unknown"] < 0.1 * sample["asked"])
    # and that it ends by itself
    lab.until(lambda sample: not sample["flooding"])


def test_who_asks_for_known_ids_pays_for_an_unprotected_flood(running):
    lab = running(MissingIdsLab(db_ms=20.0, bloom=True))
    calm = late(lab.go_on(4), "p99")
    lab.experiment.bloom = False
    lab.act("flood")
    lab.until(lambda sample: sample["flooding"] and sample["p99"] > 3 * calm)


@pytest.mark.docker
def test_a_server_with_the_type_is_asked_for_it(lab, bloom_server):
    # Given the experiment itself, without a bench, on a server with the type
    place = Lab.attach(Address(bloom_server.url, "docker", "redislab:missing", lab.address.database_url))
    branch, window = place.branch("missing"), Window()
    experiment = MissingIdsLab(bloom=True, share=50.0, sentinel_ttl=5.0)
    experiment.server = branch.server
    experiment.setup(branch)
    experiment.follow(experiment.knobs())
    answers = [experiment.request() for _ in range(500)]
    window.add([Outcome(tags, 0.001) for tags in answers], len(answers))
    values = experiment.sample(window)
    # Expect that it is used, and hardly a query
    assert place.redis.execute_command("BF.INFO", experiment.filter.key)
    assert "own Bloom type" in experiment.say(values)
    assert values["per_thousand"] < 80
    experiment.release()
    branch.close()
    assert not list(place.redis.scan_iter("redislab:missing*"))
    place.close()


def test_where_all_ids_are_known_there_is_nothing_to_spare(running):
    samples = running(MissingIdsLab(share=0.0)).go_on(1)
    assert {sample["per_thousand"] for sample in samples} <= {None, 0}
