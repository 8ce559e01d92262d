import pytest

from redislab.lessons.key_naming.keyspace.generated import KINDS
from redislab.lessons.key_naming.keyspace.lab import BYTES, KEYS, TTL
from redislab.lessons.key_naming.keyspace.tally import Tally, margin
from redislab.lessons.labs import KeyspaceLab


def share(sample, path: str) -> float:
    tiles = dict(sample["map"])
    whole = sum(number for name, number in tiles.items() if ":" not in name)
    return 100 * tiles.get(path, 0) / whole


def filled(lab, keys: int, looks: int) -> dict:
    return lab.until(
        lambda sample: sample["held"] == keys and sample["seen"] >= looks and sample["off"] is not None, 40
    )


def test_a_sample_shows_the_shares_within_the_margin_that_it_states(running):
    lab = running(KeyspaceLab(keys=20_000, looks=2000, depth=2))
    sample = filled(lab, 20_000, 2000)
    assert 0 < sample["margin"] < 2.3
    for path, true in (("prod", 86), ("staging", 11), ("dev", 3), ("prod:shop", 72), ("prod:blog", 14)):
        assert share(sample, path) == pytest.approx(true, abs=2 * sample["margin"]), path
    assert sample["lasting"] == pytest.approx(49, abs=2 * sample["margin"])
    # Expect that the worst of twelve is off by about as much, and by nothing at all if all keys are looked at
    assert 0 < sample["off"] < 2 * sample["margin"]
    lab.experiment.looks = 1_000_000
    assert filled(lab, 20_000, 20_000)["off"] == pytest.approx(0)
    assert "19 times in 20" in lab.experiment.say(sample) and "of prod" in lab.experiment.judge(sample)


def test_depth_area_and_size_change_the_map(running):
    lab = running(KeyspaceLab(keys=5000, looks=1_000_000, depth=1))
    sample = filled(lab, 5000, 5000)
    assert sample["margin"] == 0 and "all of them" in lab.experiment.say(sample)
    assert {path for path, _ in sample["map"]} == {"prod", "staging", "dev"}
    assert sum(number for _, number in sample["map"]) == 5000
    lab.experiment.set_knobs({"depth": 4, "area": TTL})
    deep = dict(lab.until(lambda sample: len(sample["map"]) > 20)["map"])
    assert deep["staging:shop:cache:product:no TTL"] == deep["staging:shop:cache:product"] == 250
    lab.experiment.area = BYTES
    heavy = dict(lab.until(lambda sample: dict(sample["map"])["prod"] > 100_000)["map"])
    assert heavy["prod:shop:cache:product"] > heavy["prod:blog:page:views"]
    # If there are to be fewer keys, it begins anew
    lab.experiment.set_knobs({"keys": 1000, "area": KEYS})
    assert filled(lab, 1000, 1000)


def test_the_first_picture_does_not_wait_for_all_keys(running):
    lab = running(KeyspaceLab(keys=1_000_000, looks=2000))
    sample = lab.until(lambda sample: sample["seen"] >= 2000)
    assert sample["held"] < 1_000_000 and sample["map"] and sample["margin"] < 2.3


def test_the_kinds_add_up_and_a_tile_holds_its_parts():
    assert sum(kind[0] for kind in KINDS) == 100

    class Fact:
        def __init__(self, key, ttl=-1, size=50):
            self.key, self.ttl, self.size = key, ttl, size

    tally = Tally()
    tally.add(
        [Fact(f"p{i % 90}a:kind{'bcd'[i % 3]}:{i}".encode()) for i in range(700)] + [Fact(b"\xff\x00"), Fact(b"12")]
    )
    tiles = dict(tally.tiles(2, 10_000))
    for path, number in tiles.items():
        parts = sum(part for name, part in tiles.items() if name.rpartition(":")[0] == path)
        assert number >= parts


@pytest.mark.parametrize(
    ("seen", "whole", "points"), [(100, 10**9, 9.8), (10_000, 10**9, 0.98), (500, 500, 0), (0, 0, 100)]
)
def test_the_margin_is_that_of_a_share_of_one_half(seen, whole, points):
    assert margin(seen, whole) == pytest.approx(points, rel=0.01)
