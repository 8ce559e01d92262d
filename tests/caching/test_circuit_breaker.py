from redislab.caching import CircuitBreaker
from tests.conftest import Clock


def test_it_opens_after_failures_in_a_row_and_not_before():
    breaker = CircuitBreaker(failures=3, timer=Clock())
    for _ in range(2):
        breaker.failure()
    breaker.success()
    for _ in range(2):
        breaker.failure()
        assert breaker.allow()
    breaker.failure()
    assert breaker.is_open and not breaker.allow()


def test_while_open_one_call_is_let_through_each_interval():
    clock = Clock()
    breaker = CircuitBreaker(failures=1, retry_after=1.0, timer=clock)
    breaker.failure()
    assert [breaker.allow() for _ in range(3)] == [False] * 3
    clock.now = 1.0
    assert [breaker.allow() for _ in range(3)] == [True, False, False]
    breaker.failure()
    clock.now = 1.5
    assert not breaker.allow()
    clock.now = 2.0
    assert breaker.allow()


def test_a_success_closes_it():
    clock = Clock()
    breaker = CircuitBreaker(failures=1, timer=clock)
    breaker.failure()
    clock.now = 1.0
    assert breaker.allow()
    breaker.success()
    assert not breaker.is_open and all(breaker.allow() for _ in range(3))
