"""The module's versions do what the course says of them: right alone, and wrong where it says so."""

import itertools
import threading
import time

import pytest
import redis

from redislab.keys import KeyNamespace
from redislab.modeling import (
    ModuleFixedWindow,
    ModuleSlidingScript,
    ModuleSlidingWindow,
    ModuleTokenBucket,
    SlidingLog,
    TokenBucket,
)

WINDOWED = [ModuleFixedWindow, ModuleSlidingWindow, ModuleSlidingScript]
runs = itertools.count()


@pytest.fixture
def keys(lab):
    return KeyNamespace(f"{lab.prefix}:module{next(runs)}")


@pytest.fixture
def client(lab):
    return lab.client()


def admitted(limiter, requests: int) -> int:
    return sum(bool(limiter.allow(42)) for _ in range(requests))


class TestRateLimits:
    @pytest.mark.parametrize("sibling", WINDOWED, ids=lambda sibling: sibling.__name__)
    def test_one_client_with_a_true_clock_gets_the_limit(self, sibling, client, keys):
        now = itertools.count(3600.0, 0.001)
        limiter = sibling(client, keys, limit=5, window=3600, clock=lambda: next(now))
        assert admitted(limiter, 9) == 5
        assert 0 < client.pttl(limiter.key(42)) <= 3_600_000

    def test_so_does_the_bucket_which_then_refills(self, client, keys):
        now = [1000.0]
        bucket = ModuleTokenBucket(client, keys, capacity=5, rate=2, clock=lambda: now[0])
        assert admitted(bucket, 9) == 5
        now[0] += 1.5
        assert admitted(bucket, 9) == 3

    def test_the_boundary_admits_twice_the_limit(self, client, keys):
        now = [7199.9]
        limiter = ModuleFixedWindow(client, keys, limit=100, window=3600, clock=lambda: now[0])
        before = admitted(limiter, 150)
        now[0] = 7200.1
        assert (before, admitted(limiter, 150)) == (100, 100)

    def test_an_application_that_dies_between_incr_and_expire_leaves_a_counter_for_good(self, client, keys):
        limiter = ModuleFixedWindow(client, keys, limit=5, clock=lambda: 0.0)
        client.incr(limiter.key(42))  # and that was its last command
        assert admitted(limiter, 9) == 4
        assert client.ttl(limiter.key(42)) == -1

    def test_all_who_count_before_the_first_adds_are_admitted(self, client, keys, monkeypatch):
        counted, together, zcard = [], threading.Barrier(8), client.zcard

        def count_and_wait(key):
            count = zcard(key)
            together.wait(30)  # the network may order it so
            return count

        monkeypatch.setattr(client, "zcard", count_and_wait)
        limiter = ModuleSlidingWindow(client, keys, limit=1, window=60)
        threads = [threading.Thread(target=lambda: counted.append(limiter.allow(42))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert counted == [True] * 8

    @pytest.mark.parametrize(
        "sibling", [ModuleSlidingWindow, ModuleSlidingScript], ids=lambda sibling: sibling.__name__
    )
    def test_with_a_clock_of_milliseconds_a_burst_is_admitted_whole(self, sibling, client, keys):
        # If 1000 requests come within 50 of its ticks
        now = itertools.count()

        def clock():
            return 1000 + (next(now) // 20) / 1000

        assert admitted(sibling(client, keys, limit=100, window=60, clock=clock), 1000) == 1000
        # Expect ours to admit the limit, even on that clock
        now = itertools.count()
        assert admitted(SlidingLog(client, keys, limit=100, window=60, clock=clock), 1000) == 100

    def test_a_clock_that_is_a_minute_fast_locks_all_others_out(self, client, keys):
        right = ModuleTokenBucket(client, keys, capacity=100, rate=10)
        wrong = ModuleTokenBucket(client, keys, capacity=100, rate=10, clock=lambda: time.time() + 60)
        assert wrong.allow(42)
        assert admitted(right, 100) == 0
        # Expect ours not to ask an application for the time
        ours = TokenBucket(client, keys, capacity=100, rate=0.001)
        assert admitted(ours, 150) == 100

    def test_its_script_does_not_compile_for_its_comments(self, client):
        with pytest.raises(redis.ResponseError, match=r"[Cc]ompiling script"):
            client.eval("# Allow\nreturn 0", 0)
