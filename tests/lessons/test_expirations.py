import pytest

from redislab.lessons.key_naming.expiration_groups.cohorts import Cohorts
from redislab.lessons.key_naming.expiration_groups.lab import NAMES
from redislab.lessons.labs import ExpirationsLab
from tests.lessons.conftest import mean

QUICK = {"short": 0.5, "medium": 1.0, "long": 2.0, "rate": 800.0}


def test_living_keys_level_out_at_rate_times_ttl_as_predicted(running):
    lab = running(ExpirationsLab(**QUICK))

    def level(samples, name) -> bool:
        alive, due = (mean(samples, f"{name}_{what}") for what in ("alive", "due"))
        return alive == pytest.approx(due, rel=0.15) and due == pytest.approx(200 * QUICK[name], rel=0.3)

    samples = lab.stretch(lambda samples: level(samples, "medium") and level(samples, "long"), seconds=2)
    # and what has no TTL to grow with every key
    assert samples[-1]["permanent_alive"] > samples[0]["permanent_alive"]
    samples.append(lab.until(lambda sample: sample["permanent_alive"] > 500 and (sample["expired"] or 0) > 100))
    assert "predicted" in lab.experiment.judge(samples[-1])


def test_the_modules_loop_for_expired_keys_deletes_what_never_expires(running):
    lab = running(ExpirationsLab(**QUICK))
    lab.until(lambda sample: sample["permanent_alive"] > 150)
    lab.act("sweep")
    after = lab.until(lambda sample: sample["deleted"])
    assert after["deleted"]["permanent"] > 100 and not after["deleted"]["long"]
    assert after["permanent_due"] - after["permanent_alive"] > 0.5 * after["deleted"]["permanent"]
    assert "clean-up deleted" in lab.experiment.judge(lab.until(lambda sample: sample["long_due"] > 100))


def test_what_is_stored_together_expires_together_unless_its_ttls_differ(running):
    lab = running(ExpirationsLab(short=2.0, rate=40.0))
    peaks = []
    for jitter in (0.0, 50.0):
        lab.experiment.jitter = jitter
        lab.until(lambda sample: sample["expired"] is not None and sample["expired"] < 300)
        lab.act("burst")
        lab.until(lambda sample: sample["short_alive"] > 1500)
        samples = []
        while not samples or samples[-1]["short_alive"] > 100:
            samples += lab.go_on(0.5)
        peaks.append(max(sample["expired"] or 0 for sample in samples))
    assert peaks[0] > 1.2 * peaks[1]


def test_permanent_ones_with_a_ttl_level_out_too(running):
    lab = running(ExpirationsLab(**QUICK, permanent=5.0))
    lab.go_on(2)
    lab.experiment.rate = 40.0
    falls = lab.until(lambda sample: sample["permanent_alive"] < 300 and sample["t"] > 5)
    assert falls["permanent_due"] == pytest.approx(falls["permanent_alive"], abs=120)
    assert all(name in lab.experiment.say(lab.samples[0]) for name in NAMES)


def test_cohorts_die_as_their_ttl_says():
    now = [100.0]
    cohorts = Cohorts(timer=lambda: now[0])
    cohorts.arrive(10, 5.0, 0.0)
    cohorts.arrive(4, None, 0.0)
    now[0] = 103.0
    cohorts.arrive(10, 4.0, 0.5)  # from 2 to 6 s
    assert cohorts.alive() == 24 and cohorts.total == 24
    now[0] = 107.05
    assert cohorts.alive() == pytest.approx(4 + 5, abs=0.01)
    now[0] = 200.0
    assert cohorts.alive() == 4
