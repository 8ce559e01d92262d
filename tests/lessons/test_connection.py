import shutil

from redislab.lessons.performance_tuning.connections.lab import BARE, FRESH, LEAKED, MOST, ConnectionLab


def test_a_new_connection_costs_a_multiple_of_a_pooled_one(running):
    lab = running(ConnectionLab(rtt=1.0))
    lab.until(lambda sample: sample["t"] > 2 and sample["ms pooled"])
    lab.experiment.how = FRESH
    both = lab.until(lambda sample: sample["ms new"] and sample["ms new"] > 1.5 * sample["ms pooled"])
    # Expect that it is made of round trips: redis-py's greeting takes some of them
    assert both["trips command"] == 1 and both["trips greeting"] >= 2 and both["trips tls"] == 0
    assert both["trips"] == both["trips greeting"] + 1
    assert "Reused" in lab.experiment.verdict(both)


def test_protocol_and_introduction_are_round_trips(running):
    lab = running(ConnectionLab())
    usual = lab.until(lambda sample: sample["p50"])["trips greeting"]
    lab.experiment.resp = "2"
    older = lab.until(lambda sample: sample["resp"] == "2" and sample["trips greeting"] < usual)["trips greeting"]
    lab.experiment.greeting = BARE
    assert (
        lab.until(lambda sample: sample["greeting"] == BARE and sample["trips greeting"] < older)["trips greeting"] == 0
    )
    lab.experiment.resp = "3"
    assert lab.until(lambda sample: sample["resp"] == "3" and sample["trips greeting"])["trips greeting"] == 1  # HELLO


def test_tls_is_a_round_trip_more_or_it_is_said_why_not(running):
    lab = running(ConnectionLab(rtt=1.0, how=FRESH))
    lab.until(lambda sample: sample["ms new"])
    lab.experiment.tls = True
    sample = lab.until(lambda sample: sample["tls"] and sample["ms new"] and sample["round_trip_ms"])
    if shutil.which("redis-server") and not sample["why_not"]:
        assert sample["trips tls"] >= 1
        assert "round trips" in lab.experiment.sentence(sample)
    else:
        assert "No TLS here" in lab.experiment.sentence(sample)


def test_connections_that_nobody_closes_stay_until_they_are(running):
    lab = running(ConnectionLab(how=LEAKED, rate=50.0))
    lab.until(lambda sample: 40 < sample["connected"] < MOST + 50)
    lab.experiment.set_knobs({"how": FRESH})
    lab.session.act("close_all")
    lab.until(lambda sample: sample["connected"] < 30)
    for sample in lab.samples:
        assert lab.experiment.sentence(sample)
        lab.experiment.verdict(sample)
    assert lab.samples[-1]["errors"] == 0
