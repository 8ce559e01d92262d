import math
import random

import pytest

from redislab.keys import GROUPS, Group, TtlGroups
from redislab.keys.groups import lived, survival
from redislab.lessons.key_naming.as_in_the_module import delete_expired


def test_a_ttl_lies_within_its_jitter_and_permanent_has_none():
    groups = TtlGroups(jitter=0.2, random=random.Random(1).random)
    ttls = [groups.ttl("short") for _ in range(500)]
    assert all(240 <= ttl <= 360 for ttl in ttls) and max(ttls) - min(ttls) > 100
    assert groups.ttl("permanent") is None and groups.life("permanent") == {}
    assert groups.life("medium").keys() == {"px"}


def test_an_unknown_group_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match=r"'brief'\. Choose one of short, medium, long, permanent"):
        TtlGroups().ttl("brief")


def test_every_group_says_what_decides_its_ttl():
    assert all(group.reason and group.examples for group in GROUPS)
    ttls = [group.ttl or math.inf for group in GROUPS]
    assert ttls == sorted(ttls)


@pytest.mark.parametrize("jitter", [0.0, 0.1, 0.5])
def test_what_lives_is_what_a_simulated_clock_counts(jitter):
    # Given keys that arrive evenly, a hundred a second, each with a TTL of its own
    groups = TtlGroups([Group("short", 20.0, "")], jitter=jitter, random=random.Random(2).random)
    ends = [(i / 100, i / 100 + groups.ttl("short")) for i in range(16_000)]
    # If it is looked at the keys at some moments, Expect as many as predicted
    for now in (5.0, 15.0, 19.0, 22.0, 40.0, 150.0):
        alive = sum(born <= now < end for born, end in ends)
        assert groups.living("short", 100, now) == pytest.approx(alive, rel=0.03)


def test_it_levels_out_at_rate_times_ttl_and_without_a_ttl_it_grows():
    groups = TtlGroups(jitter=0.5)
    assert groups.living("short", 7) == 7 * 300
    assert groups.living("permanent", 7, 1000) == 7000 and groups.living("permanent", 7) == math.inf


@pytest.mark.parametrize("jitter", [0.0, 0.3])
def test_what_is_lived_is_the_integral_of_survival(jitter):
    for end in (1.0, 8.0, 11.0, 20.0):
        steps = [survival(end * (i + 0.5) / 1000, 10.0, jitter) for i in range(1000)]
        assert lived(end, 10.0, jitter) == pytest.approx(sum(steps) * end / 1000, rel=0.01)


def test_keys_really_expire_by_group(lab):
    keys = [lab.keys.entity("temp", i) for i in range(3)]
    groups = TtlGroups([Group("short", 50.0, ""), Group("permanent", None, "")])
    lab.redis.set(keys[0], "x", **groups.life("short"))
    lab.redis.set(keys[1], "x", **groups.life("permanent"))
    assert 44 <= lab.redis.ttl(keys[0]) <= 55
    # If the module's loop deletes "all expired" of them
    lab.redis.set(keys[2], "x", px=1)
    while lab.redis.exists(keys[2]):
        pass
    assert delete_expired(lab.redis, lab.keys.entity("temp", "*")) == 1
    # Expect that what was to stay is gone, and what was to go has stayed
    assert [lab.redis.exists(key) for key in keys] == [1, 0, 0]
    lab.redis.delete(*keys)
