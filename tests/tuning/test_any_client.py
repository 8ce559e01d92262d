"""What section 4 has gives the same results to every client, on every server."""

import math

import pytest

from redislab.keys import KeyNamespace
from redislab.tuning import (
    CompareAndSet,
    IncrCounter,
    LockCounter,
    NearCache,
    RacingCounter,
    ScriptCounter,
    WatchCounter,
    busy,
    get_many,
    mean_wait,
    module_formula,
    pipelined,
    set_many,
    square_root,
    wait,
    waiting,
)
from tests.conftest import settles


@pytest.mark.parametrize("kind", [IncrCounter, ScriptCounter, WatchCounter, LockCounter, RacingCounter])
def test_counters(kind, any_client, any_keys):
    counter = kind(any_client, any_keys)
    assert [counter.increment("a}b") for _ in range(3)] == [1, 2, 3]


def test_compare_and_set(any_client, any_keys):
    swap, key = CompareAndSet(any_client), any_keys.entity("version", 1)
    any_client.set(key, "1", px=60_000)
    assert not swap(key, "0", "2") and swap(key, "1", "2") and not swap(key, "1", "3")
    assert any_client.get(key) in ("2", b"2") and any_client.pttl(key) > 0


def test_many_in_few_round_trips(any_client, any_keys):
    names = [any_keys.entity("note", id) for id in range(25)]
    set_many(any_client, dict.fromkeys(names, "ü"), ttl=60, chunk=10)
    assert {*get_many(any_client, names, chunk=7)} in ({"ü"}, {"ü".encode()})
    assert pipelined(any_client, [("INCR", any_keys.counter("a")) for _ in range(3)]) == [1, 2, 3]


def test_near_caches(any_client, any_keys, client_kind):
    key = any_keys.product("ü")
    if client_kind.server == "cluster":
        with pytest.raises(ValueError, match="a cluster has several"):
            NearCache(any_client, prefix=any_keys.product(""))
        return
    near = NearCache(any_client, prefix=any_keys.product(""))
    any_client.set(key, "1")
    assert not settles(lambda: near.get(key) != "1" or not near.hits)
    any_client.set(key, "2")
    assert not settles(lambda: near.get(key) != "2")
    assert near.get(key.encode()) == "2" and near.get(any_keys.product("none")) is None
    near.close()


WRONG = [math.inf, -math.inf, math.nan, None, -1, "5"]


@pytest.mark.parametrize("wrong", [*WRONG, 0])
def test_no_ttl_that_redis_could_not_keep_is_taken_and_nothing_is_written(lab, wrong):
    keys = KeyNamespace(f"{lab.prefix}:ttls")
    for call in (
        lambda: ScriptCounter(lab.redis, keys, ttl=wrong).increment("a"),
        lambda: LockCounter(lab.redis, keys, lease=wrong).increment("a"),
        lambda: set_many(lab.redis, {keys.entity("a", 1): 1}, ttl=wrong),
    ):
        with pytest.raises(ValueError, match="does not work: choose seconds from"):
            call()
    assert not list(lab.redis.scan_iter(f"{keys.prefix}:*", count=1000))


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(
    "call",
    [
        lambda x: busy(x, 1),
        lambda x: busy(1, x),
        lambda x: square_root(x, 0.01),
        lambda x: square_root(1, 0.01, x),
        lambda x: module_formula(x, 0.01),
        lambda x: module_formula(1, 0.01, x),
        lambda x: waiting(x, 10, 0.01),
        lambda x: waiting(5, x, 0.01),
        lambda x: mean_wait(x, 10, 0.01),
        lambda x: mean_wait(5, 10, x),
        lambda x: wait(5, x, 0.01),
        lambda x: wait(5, 10, 0.01, x),
    ],
)
def test_no_formula_takes_what_is_no_rate_time_or_number(call, wrong):
    with pytest.raises(ValueError, match="does not work: choose"):
        call(wrong)


@pytest.mark.parametrize("call", [lambda: waiting(0, 1, 1), lambda: mean_wait(5, 1, 0), lambda: wait(5, 1, 1, 100)])
def test_nor_what_would_be_divided_by(call):
    with pytest.raises(ValueError, match="does not work: choose"):
        call()


def test_a_counter_beyond_what_lua_counts_exactly_says_what_it_holds(lab):
    counter = ScriptCounter(lab.redis, KeyNamespace(f"{lab.prefix}:large"))
    lab.redis.set(counter.keys.counter("a"), 2**53)
    assert [counter.increment("a") for _ in range(2)] == [2**53 + 1, 2**53 + 2]
