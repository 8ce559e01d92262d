"""The module's versions do what the course says of them: right alone, and wrong where it says so."""

import itertools
import time
from functools import partial

import pytest
import redis

from redislab.bench.races import races
from redislab.keys import KeyNamespace
from redislab.lessons.data_modeling.as_in_the_module import (
    ModuleCatalog,
    ModuleFeed,
    ModuleFixedWindow,
    ModuleSessions,
    ModuleSlidingScript,
    ModuleSlidingWindow,
    ModuleTokenBucket,
)
from redislab.modeling import Catalog, Sessions, SlidingLog, TokenBucket
from tests.conftest import settles

WINDOWED = [ModuleFixedWindow, ModuleSlidingWindow, ModuleSlidingScript]


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

    def test_all_who_count_before_the_first_adds_are_admitted(self, lab):
        def ask(number):
            def allow(client, keys):
                return ModuleSlidingWindow(client, keys, limit=1, window=60, clock=lambda: 1000.0 + number).allow(42)

            return allow

        # If eight clients count before the first of them adds, as the network may order it
        race = races(*map(ask, range(8)), lab=lab)
        counted = race.replay(" ".join("A A B B C C D D E E F F G G H H A A B B C C D D E E F F G G H H".split()))
        assert counted.returned == [True] * 8
        # Expect that of two, nearly every order admits both
        two = races(ask(0), ask(1), expect=lambda returned: sum(returned) == 1, lab=lab)
        assert two.found.failed == 36 and two.schedules == 54

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


class TestSessions:
    def test_a_session_is_made_kept_alive_and_read(self, client, keys):
        sessions = ModuleSessions(client, keys, ttl=60)
        id = sessions.create(42, role="admin")
        assert sessions.touch(id)
        session = sessions.get(id)
        assert (session["user"], session["role"]) == ("42", "admin") and float(session["last_activity"]) > 0
        assert 50_000 < client.pttl(keys.session(id)) <= 60_000

    def test_a_late_write_brings_a_session_back_without_its_user(self, client, keys):
        late, ours = ModuleSessions(client, keys), Sessions(client, keys)
        ids = [sessions.create(42) for sessions in (late, ours)]
        client.delete(*map(keys.session, ids))  # as at the end of their TTL
        assert late.touch(ids[0]) and not ours.touch(ids[1])
        assert list(late.get(ids[0])) == ["last_activity"]
        assert ours.get(ids[1]) is None

    @pytest.mark.parametrize(("call", "argument"), [("create", 42), ("touch", "an-id")])
    def test_an_application_that_dies_between_hset_and_expire_leaves_a_session_for_good(
        self, client, keys, monkeypatch, call, argument
    ):
        def die(*_):
            raise redis.ConnectionError("the application has died")

        monkeypatch.setattr(client, "pexpire", die)
        with pytest.raises(redis.ConnectionError):
            getattr(ModuleSessions(client, keys), call)(argument)
        (key,) = client.scan_iter(f"{keys.prefix}:*", count=500)
        assert client.ttl(key) == -1


class TestCatalog:
    def test_what_is_added_is_found(self, client, keys):
        catalog = ModuleCatalog(client, keys)
        catalog.add(1, {"name": "Laptop"}, category="c", tags=["a", "b"])
        catalog.add(2, {"name": "Tablet"}, category="c", tags=["b"])
        assert catalog.recent("c") == ["2", "1"]
        assert (catalog.tagged("a", "b"), sorted(catalog.tagged("b"))) == (["1"], ["1", "2"])
        assert client.hgetall(keys.catalog("product", 1)) == {"name": "Laptop", "category": "c"}

    def test_the_indexes_name_products_that_have_expired(self, client, keys):
        for sibling in (ModuleCatalog, Catalog):
            apart = KeyNamespace(f"{keys.prefix}:{sibling.__name__}")
            catalog, product = sibling(client, apart, ttl=0.001), apart.catalog("product", 1)
            catalog.add(1, {"name": "Laptop"}, category="c", tags=["a"])
            assert not settles(partial(client.exists, product))
            found = ["1"] if sibling is ModuleCatalog else []
            assert catalog.tagged("a") == catalog.recent("c") == found

    def test_what_comes_back_under_an_old_id_has_the_old_tags_as_well(self, client, keys):
        catalog = ModuleCatalog(client, keys)
        catalog.add(1, {}, category="c", tags=["a"])
        catalog.add(1, {}, category="c", tags=["b"])
        assert catalog.tagged("a") == ["1"]


class TestFeed:
    @pytest.fixture
    def feed(self, client, keys):
        feed = ModuleFeed(client, keys, cap=10)
        for number in range(12):
            feed.post(42, {"number": number})
        return feed

    @staticmethod
    def page(feed, after=None):
        return [item["number"] for item in feed.page(42, 4, after=after)[0]]

    def test_it_holds_its_cap_and_a_quiet_one_is_read_once(self, feed):
        assert feed.client.llen(feed.keys.feed(42)) == 10
        assert [self.page(feed, after) for after in (None, 1, 2, 3)] == [[11, 10, 9, 8], [7, 6, 5, 4], [3, 2], []]
        assert feed.page(42, 4, after=3) == ([], None)

    def test_pages_shift_as_items_arrive_and_as_they_go(self, feed):
        first = self.page(feed)
        feed.post(42, {"number": 12})
        assert self.page(feed, 1)[0] == first[-1]
        key = feed.keys.feed(42)
        feed.client.lpop(key, 3)
        assert self.page(feed, 1)[0] == first[-1] - 3  # 7 and 6 are never shown

    def test_without_a_cap_it_grows(self, client, keys):
        feed = ModuleFeed(client, keys, cap=None)
        for number in range(150):
            feed.post(42, {"number": number})
        assert client.llen(keys.feed(42)) == 150
