"""A million names are a few patterns, whatever the names."""

import random
import secrets
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redislab.antipatterns.patterns import BRANCHES, DEPTH, KEPT, MOST, Patterns


@pytest.mark.parametrize(
    ("key", "pattern"),
    [
        ("shop:user:42", "shop:user:*"),
        ("shop:user:42:email", "shop:user:*:email"),
        ("session:6f1c2a9d4be0", "session:*"),
        ("session:550e8400-e29b-41d4-a716-446655440000", "session:*"),
        ("users:by_email:john@example.com", "users:by_email:*"),
        ("visits:2024-11-19", "visits:*"),
        ("user:7:profile:v2", "user:*:profile:v*"),
        ("user_123_profile", "user_*_profile"),
        ("orders:open", "orders:open"),
        ("", ""),
        ("a::b", "a::b"),
    ],
)
def test_a_name_and_its_pattern(key, pattern):
    assert Patterns().of(key.encode()) == pattern


def settled(names) -> Counter:
    """How many names each pattern has, once all of them are known."""
    patterns = Patterns()
    counts = Counter(patterns.of(name) for name in names)
    final, merged = patterns.settled(counts), Counter()
    for pattern, count in counts.items():
        merged[final[pattern]] += count
    return merged


def test_many_different_words_in_one_place_are_ids():
    names = [f"user:{word}:profile".encode() for word in words(500)]
    assert settled(names) == {"user:*:profile": 500}


def test_a_kind_with_many_keys_is_none_of_them_however_many_words_stand_beside_it():
    names = [b"shop:order:%d" % number for number in range(5000)] + [f"shop:{word}".encode() for word in words(400)]
    assert settled(names) == {"shop:order:*": 5000, "shop:*": 400}


def words(count: int) -> list[str]:
    generator = random.Random(3)
    return ["q" + "".join(generator.choices("ghijklmnop", k=9)) for _ in range(count)]


@given(st.lists(st.binary(max_size=40)))
def test_every_name_has_a_pattern_and_none_is_lost(names):
    assert sum(settled(names).values()) == len(names)


@given(st.lists(st.text("ab:1", max_size=12), min_size=1))
def test_a_pattern_has_the_parts_of_its_names(names):
    patterns = Patterns()
    for name in names:
        assert patterns.of(name.encode()).count(":") == min(name.count(":"), DEPTH - 1)


def test_what_is_remembered_is_bounded_whatever_the_names():
    patterns = Patterns()
    names = (b":".join(secrets.token_hex(3).encode() for _ in range(3)) for _ in range(KEPT + 5000))
    found = {patterns.of(name) for name in names}
    assert len(patterns._known) <= KEPT
    assert all(len(branches) <= BRANCHES + 1 for branches in patterns._branches.values())
    assert len(found) <= 3 * MOST
