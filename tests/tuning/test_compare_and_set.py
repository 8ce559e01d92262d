import pytest

from redislab.bench import watch
from redislab.bench.race_ground import Ground, ground_of
from redislab.bench.races import races
from redislab.lessons.performance_tuning.as_in_the_module import ModuleCompareAndSet
from redislab.tuning import CompareAndSet
from redislab.world.lab import first
from tests.conftest import runs


@pytest.fixture
def key(lab):
    return lab.keys.entity("swapped", next(runs))


@pytest.fixture(scope="module", params=["script", "native"])
def swap(request, lab):
    """By a script on this lab's server, and by IFEQ on one that has it: the bundled one does. `ground` is for races."""
    if request.param == "script":
        made = CompareAndSet(lab.client(), native=False)
        made.ground = ground_of(lab)
        yield made
    else:
        server, _ = first(("bundled",), report=print)
        made = CompareAndSet(server.client())
        made.ground = Ground(server)
        yield made
        made.ground.close()
        server.close()


def test_it_stores_only_over_what_was_expected_and_the_ttl_goes_on(swap, key):
    swap.client.set(key, "1.2.3", ex=60)
    assert not swap(key, "1.2.2", "1.2.4") and swap.client.get(key) == "1.2.3"
    assert swap(key, "1.2.3", "1.2.4") and swap.client.get(key) == "1.2.4"
    assert 0 < swap.client.ttl(key) <= 60


def test_what_is_not_there_is_not_what_was_expected(swap, key):
    assert not swap(key, "", "new") and not swap.client.exists(key)


def test_it_is_one_round_trip(swap, key):
    swap(key, "a", "b")
    with watch(swap.client) as sent:
        swap(key, "a", "b")
    assert sent.round_trips == len(sent.commands) == 1


def test_of_many_at_once_one_wins_in_any_order(swap):
    def change(letter):
        return lambda client: CompareAndSet(client, native=swap.native)("key", "old", letter)

    race = races(*map(change, "abc"), given={"key": "old"}, expect=lambda returned: sum(returned) == 1, lab=swap.ground)
    assert race.safe and race.schedules == 6


def test_what_the_server_can_do_is_known_from_the_first_call_on(lab, key):
    swap = CompareAndSet(lab.redis)
    lab.redis.set(key, "a")
    assert swap(key, "a", "b") and swap(key, "b", "c") and not swap(key, "b", "d")
    assert swap.native == ("compare_and_set" in lab.server.capabilities)


def test_the_modules_ends_the_ttl(lab, key):
    lab.redis.set(key, "a", ex=60)
    swap = ModuleCompareAndSet(lab.redis)
    assert not swap(key, "b", "c") and lab.redis.ttl(key) > 0
    assert swap(key, "a", "b") and lab.redis.ttl(key) == -1
