from pathlib import Path

import pytest

from redislab.errors import KnobError
from redislab.lessons.anti_patterns.clinic.lab import OTHER, OURS, PATIENT, PIPELINES
from redislab.lessons.anti_patterns.clinic.shop import FAULTS
from redislab.lessons.labs import ClinicLab

ROOT = Path(__file__).parents[2]


def examined(lab, **wanted) -> dict:
    """The first sample with a report, and with these settings."""
    return lab.until(
        lambda sample: (
            sample["took"]
            and sample["progress"] == 1.0
            and all(sample[knob] == value for knob, value in wanted.items())
        ),
        60,
    )


def test_every_planted_fault_is_found_and_each_has_its_reason_and_cure(running):
    lab = running(ClinicLab(keys=3000))
    sample = examined(lab)
    assert sample["planted"] == len(FAULTS) and sample["seen"] > 3000 and sample["progress"] == 1.0
    cards = lab.experiment.cards(sample)
    assert len(cards) == len(sample["found"]) and all(len(card.rows) == 3 and card.note for card in cards)
    for card in cards:
        title, address = card.link
        file, _, anchor = address.partition("#")
        assert (ROOT / "notebooks" / file).exists() and title.split()[0] == anchor.split("-")[0]
        assert card.opens().title in card.offer and sample["who"] in card.copy.replace("\\", "")
    assert ("5.3 Missing TTLs", "05_anti_patterns.ipynb#5.3-Missing-TTLs") in {card.link for card in cards}
    assert (cards[0].mood, cards[0].subject) == ("danger", "shop:otp:*")
    (export,) = (card.opens() for card in cards if card.subject == "shop:export:*")
    assert export.size == 3_000_000
    assert sample["dangers"] + sample["warnings"] >= 6 and "All 3,2" in lab.experiment.say(sample)
    assert f"{len(FAULTS)} of {len(FAULTS)} planted faults" in lab.experiment.judge(sample)
    assert {"shop:export:*", "shop:product:*"} <= {name for name, _ in sample["memory"]}
    # and a neighbour has been answered meanwhile
    assert sample["pings"] >= 0 and lab.until(lambda sample: sample["stall"])


def test_what_can_be_said_before_there_is_a_report(running):
    lab = running(ClinicLab(keys=100_000))
    first = lab.until(lambda sample: True)
    for sample in lab.samples:
        assert lab.experiment.say(sample) and (sample["took"] or lab.experiment.judge(sample) is None)
    assert first["progress"] < 1 or first["took"]


def test_knobs_begin_a_new_audit_and_change_what_is_seen(running):
    lab = running(ClinicLab(keys=20_000))
    whole = examined(lab)
    assert "All" in whole["basis"]
    lab.experiment.looks = 1000
    assert "±" in examined(lab, looks=1000)["basis"]
    lab.experiment.set_knobs({"looks": 1_000_000, "read_by": PIPELINES})
    assert examined(lab, read_by=PIPELINES)["planted"] == len(FAULTS)
    lab.experiment.keys = 5000
    assert 5000 < examined(lab, keys=5000)["seen"] < 6000
    lab.act("again")
    lab.until(lambda sample: not sample["took"])
    assert examined(lab)["planted"] == len(FAULTS)


def test_another_redis_is_read_and_nothing_is_written_to_it(running, lab):
    with_keys = lab.private_server()
    client = with_keys.client()
    client.set("shop:cache:1", "x")
    before = client.info("stats")["total_commands_processed"]
    clinic = running(ClinicLab(whom=OTHER, address=f"redis://{with_keys.host}:{with_keys.port}"))
    sample = examined(clinic)
    assert sample["seen"] == 1 and {finding["subject"] for finding in sample["found"]} == {"shop:cache:*"}
    assert str(with_keys.port) in clinic.experiment.say(sample)
    commands = client.info("commandstats")
    assert not {name for name in commands if name.startswith(("cmdstat_del", "cmdstat_flush", "cmdstat_unlink"))}
    assert commands["cmdstat_set"]["calls"] == 1 and client.info("stats")["total_commands_processed"] > before
    assert client.get("shop:cache:1") == "x"
    with_keys.close()


def test_the_labs_own_redis_can_be_the_patient(running, lab):
    lab.redis.set(f"{lab.prefix}:clinic:1", "x", ex=60)
    clinic = running(ClinicLab(whom=OURS))
    sample = examined(clinic)
    assert sample["seen"] >= 1 and "planted" not in clinic.experiment.judge(sample)
    lab.redis.unlink(f"{lab.prefix}:clinic:1")


def test_who_cannot_be_reached_is_said_and_the_next_one_is_looked_at(running):
    clinic = running(ClinicLab(whom=OTHER, address="redis://127.0.0.1:1"))
    sample = clinic.until(lambda sample: sample["trouble"])
    assert "No Redis can be reached" in clinic.experiment.say(sample) and not clinic.experiment.cards(sample)
    clinic.experiment.set_knobs({"whom": PATIENT, "keys": 3000})
    assert examined(clinic)["planted"] == len(FAULTS)


@pytest.mark.parametrize("address", ["redis://user:opensesame@host:6379", "redis://host?password=opensesame"])
def test_a_password_is_refused_and_not_kept(address):
    experiment = ClinicLab()
    with pytest.raises(KnobError, match="user and password") as refusal:
        experiment.set_knobs({"address": address})
    with pytest.raises(KnobError):
        experiment.address = address
    assert "opensesame" not in str(refusal.value) + experiment.address
