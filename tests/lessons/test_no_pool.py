import pytest

from redislab.lessons.anti_patterns.no_pool.lab import NoPoolLab
from tests.conftest import lacks


def test_a_connection_for_each_request_is_slower_by_far_and_the_server_opens_it(running):
    lab = running(NoPoolLab())
    both = lab.until(lambda sample: sample["t"] > 2 and sample["ms pooled"] and sample["ms fresh"])
    assert both["ms fresh"] > 3 * both["ms pooled"]
    assert "×" in lab.experiment.verdict(both)
    lab.session.act("measure_rows")
    rows = lab.until(lambda sample: sample["row pooled"] and sample["row fresh"])
    assert rows["row fresh"] > 3 * rows["row pooled"]
    assert "in a row" in lab.experiment.verdict(rows)
    lab.experiment.fresh = 100
    lab.until(lambda sample: sample["opened"] > 0.6 * sample["offered"] > 20)
    lab.experiment.fresh = 0
    calm = lab.until(lambda sample: sample["fresh"] == 0 and sample["opened"] < 5)
    assert calm["errors"] == 0
    for sample in lab.samples:
        assert lab.experiment.sentence(sample)
        lab.experiment.verdict(sample)


def test_across_a_network_both_take_round_trips(running):
    lab = running(NoPoolLab(rtt=4.0, rate=40.0))
    far = lab.until(lambda sample: sample["t"] > 2 and sample["ms pooled"] and sample["ms fresh"])
    assert far["ms pooled"] > 3.5
    assert far["ms fresh"] > far["ms pooled"] + 4  # at least one round trip more, after TCP's own


@pytest.mark.skipif(lacks("redis-server") is not None, reason="TLS takes a redis-server")
def test_tls_makes_a_new_connection_dearer_and_a_pooled_one_hardly(running):
    lab = running(NoPoolLab(rate=6.0, rtt=1.0, tls=True))
    secure = lab.until(lambda sample: sample["ms pooled"] and sample["ms fresh"] and sample["round_trip_ms"])
    if secure["why_not"]:
        pytest.skip(secure["why_not"])
    assert secure["ms fresh"] > 4 * secure["ms pooled"]
    assert secure["round_trip_ms"] > 0.8
    lab.experiment.tls = False
    lab.until(lambda sample: not sample["tls"] and sample["ms fresh"] and sample["ms fresh"] < secure["ms fresh"])
