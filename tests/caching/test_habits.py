import math

import pytest

from redislab.caching.habits import Habits


def reads(habits, clock, key, gaps):
    for gap in gaps:
        clock.now += gap
        habits.read(key)


def test_of_a_key_read_once_or_never_nothing_is_expected(clock):
    habits = Habits(timer=clock)
    habits.read("a")
    assert habits.gap("a") == habits.gap("b") == math.inf
    assert habits.seconds("a") == 0.0


def test_the_gap_is_learnt_and_follows_a_change(clock):
    habits = Habits(timer=clock)
    reads(habits, clock, "a", [0.1] * 10)
    assert habits.gap("a") == pytest.approx(0.1)
    reads(habits, clock, "a", [2.0] * 20)
    assert habits.gap("a") == pytest.approx(2.0, rel=0.05)


def test_a_load_is_expected_to_take_what_this_keys_loads_took_or_else_any_keys(clock):
    habits = Habits(timer=clock)
    for _ in range(20):
        habits.loaded("slow", 0.5)
        habits.loaded("quick", 0.1)
    assert habits.seconds("slow") == pytest.approx(0.5)
    assert habits.seconds("quick") == pytest.approx(0.1)
    assert 0.1 < habits.seconds("new") < 0.5


def test_only_so_many_keys_are_remembered_those_read_last(clock):
    habits = Habits(most=100, timer=clock)
    for n in range(1000):
        reads(habits, clock, "hot", [0.01])
        reads(habits, clock, n, [0.01])
        habits.loaded(n, 0.1)
    assert len(habits) == 100
    assert habits.gap("hot") == pytest.approx(0.02)
    assert habits.gap(0) == math.inf
