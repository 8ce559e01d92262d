"""Models and limiters give the same results to every client, on every server."""

import itertools
import math
import time

import pytest
import redis

from redislab.keys import KeyNamespace
from redislab.modeling import (
    Catalog,
    Feed,
    FixedWindow,
    JsonProfile,
    Leaderboard,
    Place,
    Profile,
    PrunedCatalog,
    Sessions,
    SlidingCounter,
    SlidingLog,
    TokenBucket,
)
from tests.conftest import settles

WINDOWED = [FixedWindow, SlidingLog, SlidingCounter]


def test_profiles(any_client, any_keys):
    users = Profile(any_client, any_keys, types={"visits": int})
    users.save("a}b", {"name": "Zoë", "visits": 1})
    users.update("a}b", city="Ulm")
    assert users.add("a}b", "visits", 2) == 3 and users.add("a}b", "half", 0.5) == 0.5
    assert users.get("a}b") == {"name": "Zoë", "visits": 3, "city": "Ulm", "half": "0.5"}
    users.update("a}b")
    assert users.fields("a}b") == {}
    users.put_for("a}b", "tries", 5, 100)
    assert users.add("a}b", "tries") == 6 and 90 < users.left("a}b", "tries") <= 100
    assert users.fields("a}b", "tries", "none") == {"tries": "6", "none": None}
    assert users.left("a}b", "name") is users.left("a}b", "none") is users.get("nobody") is None
    users.put_for("a}b", "tries", 5, 0.001)
    assert not settles(lambda: users.fields("a}b", "tries") != {"tries": None})


def test_profiles_of_json(any_client, any_keys):
    users = JsonProfile(any_client, any_keys)
    users.save(1, {"name": "Zoë", "tags": ["a"]})
    assert users.add(1, "visits") == 1
    assert users.get(1) == {"name": "Zoë", "tags": ["a"], "visits": 1}


def test_sessions(any_client, any_keys):
    sessions = Sessions(any_client, any_keys)
    id = sessions.create(42, name="Zoë")
    assert sessions.touch(id, page="/cart")
    assert sessions.get(id) | {"last_activity": "now"} == {
        "user": "42", "name": "Zoë", "page": "/cart", "last_activity": "now"
    }  # fmt: skip
    assert sessions.end(id) and not sessions.touch(id) and sessions.get(id) is None


def test_leaderboards(any_client, any_keys):
    board = Leaderboard(any_client, any_keys, "week:7", ties="shared")
    for player, score in (("Ann", 5), ("Zoë", 7), ("Bo", 5)):
        board.set(player, score)
    assert board.add("Ann", 0.5) == 5.5 and board.score("Ann") == 5.5 and board.score("none") is None
    everybody = [Place(1, "Zoë", 7.0), Place(2, "Ann", 5.5), Place(3, "Bo", 5.0)]
    assert board.top() == board.around("Ann") == everybody and board.top(2) == board.above(5) == everybody[:2]
    assert (board.rank("Bo"), board.rank("none"), board.count(5), len(board)) == (3, None, 2, 3)


def test_feeds(any_client, any_keys):
    feed = Feed(any_client, any_keys, cap=3)
    ids = [feed.post("a{b", {"number": number}) for number in range(4)]
    items, cursor = feed.page("a{b", 2)
    assert items == [{"number": 3}, {"number": 2}] and cursor == ids[2]
    assert feed.page("a{b", 2, after=cursor) == feed.page("a{b", 2, after=cursor.encode()) == ([{"number": 1}], None)
    any_client.xadd(any_keys.feed("a{b"), {"foreign": "entry"})
    assert feed.page("a{b") == ([{"number": 3}, {"number": 2}, {"number": 1}], None)
    assert feed.remove("a{b", ids[3]) and not feed.remove("a{b", ids[3])


def test_catalogues(any_client, one_slot_keys):
    catalog = PrunedCatalog(any_client, one_slot_keys)
    catalog.add("a:1", {"name": "Zoë"}, category="c:{d}", tags=["t:1", "%"])
    catalog.add(2, {}, category="c:{d}", tags=["%"])
    assert catalog.get("a:1") == {"name": "Zoë", "category": "c:{d}"}
    assert catalog.recent("c:{d}") == ["2", "a:1"] and catalog.tagged("t:1", "%") == ["a:1"] and catalog.prune() == 0
    any_client.delete(one_slot_keys.catalog("tag", "%"), catalog.key("a:1"))
    assert catalog.prune() == 1 and catalog.tagged("t:1") == [] and catalog.remove(2)


@pytest.mark.parametrize("kind", WINDOWED)
def test_limiters(kind, any_client, any_keys):
    login, api = (kind(any_client, any_keys, limit=limit, window=600) for limit in (2, 9))
    assert [login.allow("a}b")[:2] for _ in range(3)] == [(True, 1), (True, 0), (False, 0)]
    assert 0 < login.allow("a}b").retry_after <= 600
    # Expect that a rule with other numbers, or of another name, counts by itself
    assert api.allow("a}b").remaining == 8
    assert kind(any_client, any_keys, limit=2, window=600, name="reset").allow("a}b").remaining == 1


def test_buckets(any_client, any_keys):
    login, api = (TokenBucket(any_client, any_keys, capacity=capacity, rate=0.001) for capacity in (1, 5))
    assert login.allow("a") and not login.allow("a") and api.allow("a").remaining == 4
    assert TokenBucket(any_client, any_keys, capacity=1, rate=0.001, name="reset").allow("a")


NO_TTLS = [math.inf, math.nan, None, 0, -1, 1e30, 10**17, "5", True]


def test_no_ttl_that_redis_could_not_keep_is_taken_and_nothing_is_written(lab):
    keys = KeyNamespace(f"{lab.prefix}:ttls")
    calls = [
        lambda ttl: Sessions(lab.redis, keys, ttl=ttl).create(1),
        lambda ttl: Feed(lab.redis, keys, ttl=ttl).post(1, {}),
        lambda ttl: Catalog(lab.redis, keys, ttl=ttl).add(1, {}, category="c"),
        lambda ttl: (
            Catalog(lab.redis, keys).add(1, {}, category="c", ttl=ttl) if ttl is not None else Catalog(1, keys, ttl=0)
        ),
        lambda ttl: Profile(lab.redis, keys).put_for(1, "a", "b", ttl),
    ]
    for ttl, call in itertools.product(NO_TTLS, calls):
        with pytest.raises(ValueError, match=r"ttl = .* does not work: choose seconds from"):
            call(ttl)
    assert not list(lab.redis.scan_iter(f"{keys.prefix}:*", count=1000))


def test_no_count_that_is_none_is_taken(lab):
    keys = KeyNamespace(f"{lab.prefix}:counts")
    feed, board = Feed(lab.redis, keys), Leaderboard(lab.redis, keys, "x")
    calls = [
        lambda wrong: Feed(lab.redis, keys, cap=wrong),
        lambda wrong: feed.page(1, wrong),
        lambda wrong: board.top(wrong),
        lambda wrong: board.around("a", wrong),
        lambda wrong: Catalog(lab.redis, keys, most=wrong),
        lambda wrong: Catalog(lab.redis, keys).recent("a", wrong),
        lambda wrong: FixedWindow(lab.redis, keys, limit=wrong, window=1),
        lambda wrong: TokenBucket(lab.redis, keys, capacity=wrong, rate=1),
    ]
    for wrong, call in itertools.product((math.inf, math.nan, None, -1, 1.5, 10**30, "5"), calls):
        with pytest.raises(ValueError, match="does not work: choose a whole number from"):
            call(wrong)


def test_no_score_that_would_be_another_is_taken(lab):
    board = Leaderboard(lab.redis, KeyNamespace(f"{lab.prefix}:scores"), "x")
    for call, score in itertools.product((board.set, board.add), (math.inf, math.nan, None, 2**53 + 1, "5")):
        with pytest.raises(ValueError, match="does not work: choose"):
            call("Ann", score)
    assert len(board) == 0


def test_what_is_no_cursor_is_refused_in_a_sentence(lab):
    feed = Feed(lab.redis, KeyNamespace(f"{lab.prefix}:cursors"))
    feed.post(1, {})
    for cursor in ("", "abc", "-", "+", "1", "(1-1", f"{2**64}-0", 7, b"\xff"):
        with pytest.raises(ValueError, match="is no cursor: pass what `page` gave"):
            feed.page(1, after=cursor)
        with pytest.raises(ValueError, match="is no cursor: pass what `page` gave"):
            feed.remove(1, cursor)


def test_a_session_takes_thousands_of_fields(lab):
    sessions = Sessions(lab.redis, KeyNamespace(f"{lab.prefix}:wide"))
    fields = {f"field {n}": str(n) for n in range(5000)}
    id = sessions.create(1)
    assert sessions.touch(id, **fields) and sessions.get(id).items() >= fields.items()


def test_a_product_is_not_half_listed_where_an_index_is_of_another_type(lab):
    keys = KeyNamespace(f"{lab.prefix}:odd")
    catalog = Catalog(lab.redis, keys)
    catalog.add(1, {"name": "old"}, category="c", tags=["a"])
    lab.redis.set(keys.catalog("tag", "b"), "of another program")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        catalog.add(1, {"name": "new"}, category="d", tags=["b"])
    assert catalog.get(1)["name"] == "old" and catalog.tagged("a") == catalog.recent("c") == ["1"]


def test_damaged_book_keeping_of_a_catalogue_stops_nobody(lab):
    keys = KeyNamespace(f"{lab.prefix}:damaged")
    catalog = Catalog(lab.redis, keys)
    for entry in ("no JSON", "7", '"text"', "[1, 2]", "{}"):
        catalog.add(1, {}, category="c", tags=["a"])
        lab.redis.hset(keys.catalog("pruning", "entries"), 1, entry)
        catalog.add(1, {}, category="c", tags=["a"])
        assert catalog.recent("c") == catalog.tagged("a") == ["1"]


@pytest.mark.parametrize("kind", [FixedWindow, SlidingCounter])
def test_a_damaged_counter_is_none(kind, lab):
    limiter = kind(lab.redis, KeyNamespace(f"{lab.prefix}:damaged"), limit=3, window=600)
    for fields in (
        {"window": "x"},
        {"window": str(int(time.time() / 600)), "count": "x", "current": "x"},
        {"window": str(int(time.time() / 600)), "count": "1.5", "current": "1.5"},
        {"odd": "1"},
    ):
        lab.redis.delete(limiter.key("a"))
        lab.redis.hset(limiter.key("a"), mapping=fields)
        assert limiter.allow("a")


def test_a_catalogue_says_that_its_indexes_may_be_evicted(lab):
    server = lab.private_server(maxmemory="50mb", maxmemory_policy="allkeys-lru")
    with pytest.warns(RuntimeWarning, match="evicts the catalogue's indexes"):
        Catalog(server.client(), KeyNamespace("shop"))
    server.close()
