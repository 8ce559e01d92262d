"""What is out of range is refused in a sentence; what is in range is not changed."""

import enum
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redislab.keys.numbers import EXACT, LONGEST, milliseconds, stored, whole, within


class Level(enum.IntEnum):
    FIVE = 5


NO_NUMBERS = [math.inf, -math.inf, math.nan, None, "5", b"5", True, [1], 1j, Decimal(5)]


@pytest.mark.parametrize("value", [*NO_NUMBERS, 0, -1, 0.0004, 2 * LONGEST, 10**400])
def test_a_ttl_that_redis_could_not_keep_is_refused(value):
    with pytest.raises(ValueError, match=r"^ttl = .* does not work: choose seconds from 0\.001 to 10,000,000,000\.$"):
        milliseconds("ttl", value)


@pytest.mark.parametrize("value", [*NO_NUMBERS, 0, -1, 1.5, EXACT + 1, 10**400])
def test_what_is_no_whole_number_is_refused(value):
    with pytest.raises(ValueError, match=r"^n = .* does not work: choose a whole number from 1"):
        whole("n", value)


@pytest.mark.parametrize("value", [*NO_NUMBERS, 2**53 + 1, 1e300])
def test_what_is_no_number_in_range_is_refused(value):
    with pytest.raises(ValueError, match=r"^score = .* does not work: choose a score from -9,007"):
        within("score", value, "a score")


@given(st.floats(0.001, LONGEST))
def test_a_ttl_is_never_changed_by_more_than_half_a_millisecond(seconds):
    assert abs(milliseconds("ttl", seconds) - 1000 * seconds) <= 0.501


@pytest.mark.parametrize("make", [np.int8, np.int64, np.uint16, np.float32, np.float64, Fraction, Level])
def test_a_number_of_another_library_becomes_one_of_pythons(make):
    number = within("n", make(5), "a number")
    assert number == 5 and type(number) in (int, float) and type(whole("n", make(5))) is int
    assert milliseconds("ttl", make(5)) == 5000


def test_what_a_hash_is_given_is_what_is_read_back(lab):
    key = f"{lab.prefix}:numbers"
    lab.redis.hset(key, items=stored({"a": np.float64(1.5), "b": 1.5, "c": 7, "d": "x"}))
    assert lab.redis.hgetall(key) == {"a": "1.5", "b": "1.5", "c": "7", "d": "x"}


@given(st.integers(1, EXACT))
def test_a_whole_number_stays_as_it_is(value):
    assert whole("n", value) == value and isinstance(whole("n", float(value) if value < 2**50 else value), int)
