"""The formulas against their definitions, each other, and closed forms."""

import math

import pytest

from redislab.tuning import busy, mean_wait, module_formula, square_root, wait, waiting


def erlang_c(k: int, load: float) -> float:
    """By its definition, with factorials."""
    last = load**k / math.factorial(k) * k / (k - load)
    return last / (sum(load**n / math.factorial(n) for n in range(k)) + last)


@pytest.mark.parametrize(("connections", "load"), [(1, 0.3), (4, 3.12), (10, 3.0), (20, 19.5), (60, 40.0)])
def test_the_chance_to_wait_is_erlangs(connections, load):
    assert waiting(connections, load / 0.01, 0.01) == pytest.approx(erlang_c(connections, load))


@pytest.mark.parametrize("load", [0.1, 0.5, 0.9])
def test_with_one_connection_it_is_the_textbooks_queue(load):
    # M/M/1: a request waits if the server is busy, and ρ/(μ − λ) on average
    assert waiting(1, load, 1.0) == pytest.approx(load)
    assert mean_wait(1, load, 1.0) == pytest.approx(load / (1 - load))


def test_the_percentiles_of_the_wait_add_up_to_its_mean():
    steps = 20_000
    percentiles = (wait(5, 300, 0.0104, 100 * (step + 0.5) / steps) for step in range(steps))
    assert sum(percentiles) / steps == pytest.approx(mean_wait(5, 300, 0.0104), rel=0.01)


def test_below_the_load_there_is_no_steady_state():
    assert waiting(3, 300, 0.0104) == 1.0
    assert mean_wait(3, 300, 0.0104) == wait(3, 300, 0.0104) == math.inf


def test_a_thousand_connections_are_no_overflow():
    assert 0 < waiting(1000, 95_000, 0.01) < 1


@pytest.mark.parametrize("rate", [10, 100, 300, 1000, 10_000, 100_000])
def test_the_square_root_rule_lets_few_wait_at_any_rate(rate):
    connections = square_root(rate, 0.01)
    assert busy(rate, 0.01) < connections
    assert waiting(connections, rate, 0.01) <= 0.1 + 1e-9
    assert mean_wait(connections, rate, 0.01) < 0.2 * 0.01


def test_the_modules_factor_is_too_little_for_a_small_load_and_too_much_for_a_large_one():
    small, large = (300, 0.0104), (10_000, 0.01)
    assert module_formula(*small) == 5 and waiting(5, *small) > 0.2
    assert module_formula(*large) == 150 > square_root(*large) == 120
    assert module_formula(1000, 0.01) == 15 and module_formula(1000, 0.01, buffer=2) == 30  # its own example


def test_no_load_still_needs_a_connection():
    assert square_root(0, 0.01) == module_formula(0, 0.01) == 1
    assert waiting(1, 0, 0.01) == wait(1, 0, 0.01) == 0
