"""One contract for all counters, alone and at once."""

import pytest
import redis

from redislab.bench import watch
from redislab.bench.race_ground import KEYS
from redislab.bench.races import races
from redislab.lessons.performance_tuning.as_in_the_module import ModuleCounter, ModuleScriptCounter
from redislab.tuning import IncrCounter, LockCounter, RacingCounter, ScriptCounter, WatchCounter

ALL = [IncrCounter, ScriptCounter, WatchCounter, LockCounter, RacingCounter, ModuleScriptCounter]


@pytest.mark.parametrize("sibling", ALL)
def test_alone_each_counts_from_nothing(sibling, client, keys):
    counter = sibling(client, keys)
    assert [counter.increment("visits") for _ in range(3)] == [1, 2, 3]
    assert client.get(keys.counter("visits")) == "3"
    assert counter.tries == 3


@pytest.mark.parametrize(("sibling", "trips"), [(IncrCounter, 1), (ScriptCounter, 1), (LockCounter, 4)])
def test_round_trips(sibling, trips, client, keys):
    counter = sibling(client, keys)
    counter.increment("visits")  # the first one also loads scripts
    with watch(client) as sent:
        counter.increment("visits")
    assert sent.round_trips == trips


def at_once(sibling, lab, clients: int):
    """The race of so many clients, each of which counts once."""
    visits = KEYS.counter("visits")

    def count(client, keys):
        return sibling(client, keys).increment("visits")

    return races(*[count] * clients, given={visits: 0}, expect={visits: clients}, lab=lab)


@pytest.mark.parametrize(
    ("sibling", "clients"),
    [(IncrCounter, 4), (ScriptCounter, 4), (WatchCounter, 2), (LockCounter, 2)],
)
def test_at_once_none_is_lost_in_any_order(sibling, clients, lab):
    race = at_once(sibling, lab, clients)
    assert race.safe, race
    if sibling is WatchCounter:
        assert max(map(len, race.found.ran)) > min(map(len, race.found.ran))  # some had to try again


def test_get_and_set_at_once_lose_some(lab):
    assert at_once(RacingCounter, lab, 3).found.failed == 84


def test_a_script_begins_the_life_of_a_counter_and_does_not_renew_it(client, keys):
    counter = ScriptCounter(client, keys, ttl=60)
    counter.increment("visits")
    client.pexpire(keys.counter("visits"), 30_000)
    counter.increment("visits")
    assert 0 < client.pttl(keys.counter("visits")) <= 30_000


@pytest.mark.parametrize("held", [2**53, -(2**53) - 2, 2**63 - 2, -(2**63)])
def test_a_script_counts_as_incr_does_beyond_what_lua_counts_exactly(held, client, keys):
    client.set(keys.counter("visits"), held)
    assert ScriptCounter(client, keys).increment("visits") == held + 1 == int(client.get(keys.counter("visits")))


class TestAsInTheModule:
    def test_a_counter_that_is_not_there_is_a_type_error(self, client, keys):
        with pytest.raises(TypeError, match="NoneType"):
            ModuleCounter(client, keys).increment("visits")

    def test_its_script_ends_the_ttl(self, client, keys):
        key = keys.counter("visits")
        client.set(key, 1, ex=60)
        ModuleScriptCounter(client, keys).increment("visits")
        assert client.ttl(key) == -1

    def test_its_script_counts_in_lua_numbers(self, client, keys):
        counter, key = ModuleScriptCounter(client, keys), keys.counter("visits")
        client.set(key, 2**53)
        counter.increment("visits")
        assert int(float(client.get(key))) == 2**53
        client.set(key, "0.75")
        assert counter.increment("visits") == 1 and client.get(key) == "1.75"
        # Expect that INCRBY has 64 bits, and refuses what is not whole
        ours = ScriptCounter(client, keys)
        with pytest.raises(redis.ResponseError):
            ours.increment("visits")
        client.set(key, 2**53)
        ours.increment("visits")
        assert client.get(key) == str(2**53 + 1)
