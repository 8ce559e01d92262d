"""Refresh-ahead: who refreshes, when, and what may happen meanwhile."""

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from redislab.bench import watch
from redislab.caching import ChanceRefresh, PredictedRefresh, RefreshAhead
from redislab.caching.habits import Habits
from redislab.lessons.caching_patterns.as_in_the_module import ModuleRefreshAhead
from tests.caching.test_caching import impatient, survives_a_dead_redis, together
from tests.caching.test_serve_stale import Gate
from tests.conftest import Clock, settles


@pytest.fixture
def users(database):
    return Gate(database.users)


@pytest.fixture
def due(lab, users, keys):
    """Makes a cache whose entry of user 1 has `left` ms of its 60 s to live."""
    made = []

    def make(sibling=RefreshAhead, left=5_000, **options):
        made.append(sibling(lab.client(max_connections=200), users, keys, ttl=60, **options))
        made[-1].get(1)
        lab.redis.pexpire(keys.user(1), left)
        return made[-1]

    yield make
    users.open.set()
    for cache in made:
        if isinstance(cache, RefreshAhead):
            cache.close()


def refreshed(lab, keys) -> bool:
    return not settles(lambda: lab.redis.pttl(keys.user(1)) < 50_000)


def test_a_hundred_readers_in_the_window_make_one_refresh_and_none_waits(due, lab, users, keys):
    cache = due()
    users.open.clear()
    assert [record["id"] for record in together([lambda: cache.get(1)] * 100)] == [1] * 100
    users.open.set()
    assert refreshed(lab, keys)
    cache.close()
    assert users.finds == 2


def test_of_two_processes_one_refreshes(due, lab, users, keys):
    first, second = due(left=60_000), due()  # each knows only of its own refreshes, as a process does
    users.open.clear()
    together([lambda: first.get(1), lambda: second.get(1)] * 20)
    users.open.set()
    assert refreshed(lab, keys)
    for cache in (first, second):
        cache.close()
    assert users.finds == 2


def test_readers_of_a_window_that_has_just_closed_do_not_refresh_again(due, lab, users, keys):
    cache = due()
    for _ in range(5):
        together([lambda: cache.get(1)] * 30)
        assert refreshed(lab, keys)
    cache.close()
    assert users.finds == 2


def test_unguarded_every_reader_refreshes(due, lab, users, keys):
    cache = due(guard=False, threads=20)
    users.open.clear()
    together([lambda: cache.get(1)] * 20)
    assert not settles(lambda: users.finds < 21)
    users.open.set()
    assert refreshed(lab, keys)


def test_with_much_time_left_nobody_refreshes(due, users):
    cache = due(left=13_000)
    for _ in range(50):
        assert cache.get(1)["id"] == 1
    cache.close()
    assert users.finds == 1


def test_after_the_refresh_the_new_value_is_served(due, lab, database, users, keys):
    cache = due()
    database.users.save(1, database.users.find(1) | {"city": "Zwolle"})
    cache.get(1)
    assert refreshed(lab, keys)
    assert cache.get(1)["city"] == "Zwolle"


def test_a_hit_is_one_round_trip_in_the_window_too(lab, users, keys):
    client = lab.client()
    cache = RefreshAhead(client, users, keys, ttl=60)
    cache.get(1)
    with watch(client) as sent:
        cache.get(1)
    assert [command.text.split()[0] for command in sent.commands] == ["GET", "PTTL"]
    assert sent.round_trips == 1
    # once it knows that the entry is not due for a while, it asks no more
    with watch(client) as sent:
        cache.get(1)
    assert [command.text.split()[0] for command in sent.commands] == ["GET"]
    lab.redis.pexpire(keys.user(1), 5_000)
    with watch(client) as sent:
        cache.get(1)
    assert sent.round_trips == 1
    cache.close()


def test_an_entry_that_expires_during_its_refresh_is_not_loaded_a_second_time(due, lab, users, keys):
    # Given a refresh under way
    cache = due()
    users.open.clear()
    cache.get(1)
    assert not settles(lambda: users.finds < 2)
    # If the entry expires before it is done, and readers come
    lab.redis.pexpire(keys.user(1), 1)
    assert not settles(lambda: lab.redis.exists(keys.user(1)))
    with ThreadPoolExecutor(10) as pool:
        readers = [pool.submit(cache.get, 1) for _ in range(10)]
        users.open.set()
        # Expect that they wait for it
        assert [reader.result(20)["id"] for reader in readers] == [1] * 10
    assert users.finds == 2


@pytest.mark.parametrize("guard", [True, False])
def test_a_write_during_the_refresh_is_not_undone_by_it(due, users, guard):
    cache = due(guard=guard)
    users.open.clear()
    old = cache.get(1)
    assert not settles(lambda: users.finds < 2)
    cache.put(1, old | {"city": "Breda"})
    users.open.set()
    assert cache.get(1)["city"] == "Breda"
    cache.close()
    assert cache.get(1)["city"] == "Breda"


def test_a_refresh_that_fails_leaves_the_old_value_and_the_next_reader_tries_again(due, lab, database, keys):
    cache = due()
    database.failing = True
    assert all(cache.get(1)["id"] == 1 for _ in range(20))
    assert not settles(lambda: keys.user(1) in cache._refreshes or lab.redis.exists(keys.beside(keys.user(1), "lease")))
    assert 0 < lab.redis.pttl(keys.user(1)) <= 5_000
    database.failing = False
    cache.get(1)
    assert refreshed(lab, keys)


def test_the_absence_of_a_record_is_refreshed_in_the_end_of_its_own_life_only(lab, users, keys):
    cache = RefreshAhead(lab.client(), users, keys, ttl=60, missing_ttl=5)
    assert [cache.get(10**9) for _ in range(20)] == [None] * 20
    cache.close()
    assert users.finds == 1


def test_a_dead_redis_costs_milliseconds_and_recovers_by_itself(private, database, keys):
    cache = RefreshAhead(impatient(private), database.users, keys, ttl=60)
    cache.get(1)
    private.client().pexpire(keys.user(1), 5_000)
    survives_a_dead_redis(cache, private, keys.user(1))


def test_a_full_redis_goes_on_serving_what_it_cannot_refresh(lab, database, keys):
    with contextlib.closing(lab.private_server(maxmemory_policy="noeviction")) as server:
        cache = RefreshAhead(server.client(), database.users, keys, ttl=60)
        cache.get(1)
        server.client().pexpire(keys.user(1), 5_000)
        server.client().config_set("maxmemory", 1)
        assert all(cache.get(1)["id"] == 1 for _ in range(30))
        assert not cache.breaker.is_open
        cache.close()


def test_closed_it_reads_on_and_refreshes_no_more(due, lab, users, keys):
    cache = due()
    cache.close()
    assert [cache.get(1)["id"] for _ in range(3)] == [1] * 3
    assert users.finds == 1 and keys.user(1) not in cache._refreshes


def test_keys_that_are_read_and_expire_are_loaded_about_once_a_life(lab, users, keys):
    cache = RefreshAhead(lab.client(), users, keys, ttl=0.4, threshold=0.5)
    end = time.monotonic() + 4
    while time.monotonic() < end:
        cache.get(1)
    cache.close()
    assert 5 <= users.finds <= 4 / 0.4 / 0.5 * 1.5


class TestPredicted:
    @pytest.fixture
    def cache(self, due):
        return due(PredictedRefresh)

    def settle(self, cache, keys, gap: float, load: float) -> None:
        """Let the key have been read every `gap` seconds, and loaded in `load`."""
        clock = Clock()
        cache.habits = Habits(timer=clock)
        for _ in range(30):
            cache.habits.read(keys.user(1))
            cache.habits.loaded(keys.user(1), load)
            clock.now += gap

    @pytest.mark.parametrize(
        ("gap", "load", "left", "finds"),
        [
            (0.1, 0.5, 1_100, 2),  # 2 · (0.5 + 0.1) s
            (0.1, 0.5, 3_000, 1),
            (0.1, 3.0, 3_000, 2),  # what takes long to load begins early
            (5.0, 0.5, 10_000, 2),  # and so does what is seldom read: the next read may come too late
            (20.0, 0.5, 1_000, 1),  # but for three reads in a TTL it does not pay
        ],
    )
    def test_each_key_is_refreshed_in_its_own_time(self, cache, users, keys, lab, gap, load, left, finds):
        self.settle(cache, keys, gap, load)
        lab.redis.pexpire(keys.user(1), left)
        assert cache.get(1)["id"] == 1
        if finds == 2:
            assert refreshed(lab, keys)
        cache.close()
        assert users.finds == finds

    def test_a_key_that_was_read_once_is_not_refreshed(self, cache, users):
        cache.get(1)
        cache.close()
        assert users.finds == 1

    def test_loads_are_measured(self, lab, database, keys):
        database.added_latency = 0.05
        cache = PredictedRefresh(lab.client(), database.users, keys)
        cache.get(1)
        assert 0.05 <= cache.habits.seconds(keys.user(1)) < 2


class TestXFetch:
    def share(self, cache, keys, left: float, reads: int = 2000) -> float:
        """Of the readers who find the entry with `left` s to live, how many would refresh."""
        return sum(cache.due(keys.user(1), 60.0, left) for _ in range(reads)) / reads

    def test_the_chance_of_a_refresh_is_that_of_the_formula(self, due, keys):
        # P(−Δ·β·ln u ≥ left) = exp(−left / (Δ·β))
        cache = due(ChanceRefresh)
        cache.habits = Habits()
        cache.habits.loaded(keys.user(1), 0.1)
        assert self.share(cache, keys, left=0.1) == pytest.approx(0.368, abs=0.06)
        assert self.share(cache, keys, left=5.0) == 0
        cache.beta = 4.0
        assert self.share(cache, keys, left=0.1) == pytest.approx(0.779, abs=0.06)

    def test_near_its_end_an_entry_is_refreshed_once(self, due, lab, users, keys):
        cache = due(ChanceRefresh, beta=50.0, left=1_000)
        cache.habits = Habits()
        cache.habits.loaded(keys.user(1), 0.1)  # so that now most readers would, and at 60 s hardly any
        together([lambda: cache.get(1)] * 50)
        assert refreshed(lab, keys)
        cache.close()
        assert users.finds == 2


class TestAsInTheModule:
    def test_every_reader_in_the_window_refreshes(self, due, lab, users, keys):
        cache = due(ModuleRefreshAhead)
        users.open.clear()
        together([lambda: cache.get(1)] * 20)
        assert not settles(lambda: users.finds < 21)
        users.open.set()
        assert refreshed(lab, keys)

    def test_under_half_a_second_nothing_is_refreshed(self, due, users, lab, keys):
        cache = due(ModuleRefreshAhead)
        for _ in range(20):
            lab.redis.pexpire(keys.user(1), 450)
            assert cache.get(1)["id"] == 1
        assert users.finds == 1

    def test_a_hit_costs_two_round_trips(self, lab, users, keys):
        client = lab.client()
        cache = ModuleRefreshAhead(client, users, keys, ttl=60)
        cache.get(1)
        with watch(client) as sent:
            cache.get(1)
        assert sent.round_trips == 2
