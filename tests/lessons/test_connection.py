import shutil

import pytest

from redislab.lessons.performance_tuning.connections.lab import BARE, MOST_OPEN, ConnectionLab
from tests.conftest import lacks


def test_a_new_connection_costs_a_multiple_of_a_pooled_one_and_the_server_opens_it(running):
    lab = running(ConnectionLab(rate=60.0))
    both = lab.until(lambda sample: sample["t"] > 2 and sample["times"])
    assert both["times"] == both["new_ms"] / both["pooled_ms"] > 3
    assert "×" in lab.experiment.judge(both)
    lab.act("measure_rows")
    rows = lab.until(lambda sample: sample["row_times"])
    assert rows["row_times"] > 3
    assert "in a row" in lab.experiment.judge(rows)
    lab.experiment.fresh = 100
    lab.until(lambda sample: sample["opened"] > 0.6 * sample["offered"] > 20)
    lab.experiment.fresh = 0
    calm = lab.until(lambda sample: sample["fresh"] == 0 and sample["opened"] < 5)
    assert calm["errors"] == 0


def test_across_a_network_both_take_round_trips(running):
    lab = running(ConnectionLab(rtt=4.0, rate=40.0))
    far = lab.until(lambda sample: sample["t"] > 2 and sample["times"])
    assert far["pooled_ms"] > 3.5
    assert far["new_ms"] > far["pooled_ms"] + 4  # at least one round trip more, after TCP's own
    # Expect that redis-py's greeting takes some of them
    assert far["command_trips"] == 1 and far["greeting_trips"] >= 2 and far["tls_trips"] == 0
    assert far["trips"] == far["greeting_trips"] + 1


def test_one_of_the_two_alone_cannot_be_compared(running):
    lab = running(ConnectionLab(fresh=0))
    assert "compare both" in lab.experiment.judge(lab.until(lambda sample: sample["p50"]))


def test_protocol_and_introduction_are_round_trips(running):
    lab = running(ConnectionLab())
    usual = lab.until(lambda sample: sample["p50"])["greeting_trips"]
    lab.experiment.resp = "2"
    older = lab.until(lambda sample: sample["resp"] == "2" and sample["greeting_trips"] < usual)["greeting_trips"]
    lab.experiment.greeting = BARE
    bare = lab.until(lambda sample: sample["greeting"] == BARE and sample["greeting_trips"] < older)
    assert bare["greeting_trips"] == 0
    lab.experiment.resp = "3"
    assert lab.until(lambda sample: sample["resp"] == "3" and sample["greeting_trips"])["greeting_trips"] == 1  # HELLO


@pytest.mark.skipif(lacks("redis-server") is not None, reason="TLS takes a redis-server")
def test_tls_makes_a_new_connection_dearer_and_a_pooled_one_hardly(running):
    lab = running(ConnectionLab(rate=6.0, rtt=1.0, tls=True))
    secure = lab.until(lambda sample: sample["times"] and sample["round_trip_ms"])
    if secure["no_tls"]:
        pytest.skip(secure["no_tls"])
    assert secure["tls_trips"] >= 1
    assert secure["times"] > 4
    assert secure["round_trip_ms"] > 0.8
    lab.experiment.tls = False
    lab.until(lambda sample: not sample["tls"] and sample["new_ms"] and sample["new_ms"] < secure["new_ms"])
    # If it is chosen again, without an introduction and with the older protocol, expect that nothing fails
    lab.experiment.set_knobs({"tls": True, "greeting": BARE, "resp": "2"})
    again = lab.until(lambda sample: sample["tls"] and sample["times"])
    assert again["errors"] == 0 and again["greeting_trips"] <= 1


def test_tls_is_there_or_it_is_said_why_not(running):
    lab = running(ConnectionLab(tls=True))
    sample = lab.until(lambda sample: sample["p50"] and sample["opened"] is not None)
    assert shutil.which("redis-server") or sample["no_tls"]
    assert ("There is no TLS here" in lab.experiment.say(sample)) == bool(sample["no_tls"])


def test_connections_that_are_never_closed_stay_until_they_are(running):
    lab = running(ConnectionLab(fresh=100, leak=True, rate=50.0))
    lab.until(lambda sample: 40 < sample["connected"] < MOST_OPEN + 50)
    lab.experiment.leak = False
    lab.act("close_all")
    lab.until(lambda sample: sample["connected"] < 30)
    assert lab.samples[-1]["errors"] == 0
