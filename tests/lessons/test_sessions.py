import statistics

import pytest

from redislab.lessons.data_modeling.sessions.lab import MODULES, OURS
from redislab.lessons.labs import SessionsLab
from tests.lessons.conftest import mean


def test_live_sessions_follow_their_prediction_while_the_ttl_moves(running):
    lab = running(SessionsLab(ttl=2.0, pause=2.0, users=600))
    for ttl in (2.0, 6.0, 1.0):
        lab.experiment.ttl = ttl
        lab.stretch(
            lambda samples: statistics.mean(abs(sample["live"] - sample["expected"]) for sample in samples) < 0.1 * 600
        )
    # Expect them to have moved
    most = max(sample["live"] for sample in lab.samples)
    lab.stretch(
        lambda samples: (
            mean(samples, "live") < 0.9 * most
            and mean(samples, "logins") == pytest.approx(mean(samples, "due"), rel=0.4)
            and mean(samples, "left") < 1
        )
    )


def test_ours_brings_nothing_back_however_late_the_write(running):
    lab = running(SessionsLab(ttl=1.0, pause=2.0, late=100.0))
    lab.act("press")
    sample = lab.until(lambda sample: sample["late_writes"] >= 40)
    assert (sample["came_back"], sample["undead"], sample["lasting"]) == (0, 0, 0)
    assert lab.experiment.judge(sample).startswith("With our code: none of ")


def test_as_in_the_module_late_writes_bring_sessions_back_without_a_user_and_some_for_good(running):
    lab = running(SessionsLab(version=MODULES, ttl=1.0, pause=2.0, late=0.0, users=50))
    # If the button is pressed: every other of its twenty applications dies after HSET
    lab.act("press")
    sample = lab.until(lambda sample: sample["late_writes"] == 20)
    assert sample["came_back"] == 20
    assert lab.experiment.judge(sample).startswith("With the module's code: 20 of 20 ")
    lasting = lab.until(lambda sample: sample["undead"] == sample["lasting"])
    assert lasting["lasting"] == 10
    assert "10 have no TTL" in lab.experiment.say(lasting)
    # If writes come late under load
    lab.experiment.late = 100.0
    assert lab.until(lambda sample: sample["back"] > 3)["back"] <= sample["logins"] + 50
    # Expect that choosing ours ends it
    lab.experiment.version = OURS
    lab.until(lambda sample: sample["back"] == 0 and sample["late_writes"] > 10)
