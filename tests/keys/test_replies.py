"""Replies come in one shape from every client: the same test for each protocol, decoding and server."""

import pytest
import redis.asyncio

from redislab.antipatterns import audit
from redislab.caching import BitmapFilter
from redislab.keys import Index, KeyNamespace
from redislab.keys.replies import pairs, suited, text
from redislab.modeling import Catalog, Feed, FixedWindow, JsonProfile, Leaderboard, Profile, Sessions
from redislab.tuning import CompareAndSet, LockCounter, NearCache, ScriptCounter, pipelined
from tests.caching.test_every_client import PATTERNS


def test_a_map_is_its_pairs_with_every_client(any_client, any_keys):
    key = any_keys.entity("map", 1)
    any_client.hset(key, mapping={"name": "Ada", "city": "Zürich", "empty": ""})
    assert dict(pairs(text(any_client.hgetall(key)))) == {"name": "Ada", "city": "Zürich", "empty": ""}
    assert list(pairs(any_client.hgetall(any_keys.entity("map", 2)))) == []


def test_scores_are_pairs_with_every_client(any_client, any_keys):
    key = any_keys.entity("scores", 1)
    any_client.zadd(key, {"a": 1, "b": 2.5})
    found = pairs(text(any_client.zrange(key, 0, -1, withscores=True)))
    assert [(member, float(score)) for member, score in found] == [("a", 1.0), ("b", 2.5)]


def test_a_script_may_reply_with_one_flat_list(any_client, any_keys):
    key = any_keys.entity("scores", 2)
    any_client.zadd(key, {"a": 1, "b": 2.5})
    answer = any_client.eval("return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')", 1, key)
    assert [(member, float(score)) for member, score in pairs(text(answer))] == [("a", 1.0), ("b", 2.5)]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (None, None),
        (7, 7),
        (b"\xff", "\udcff"),
        ({b"a": [b"b", {b"c"}, (b"d", 1)]}, {"a": ["b", {"c"}, ("d", 1)]}),
    ],
)
def test_text_goes_as_deep_as_the_reply(reply, expected):
    assert text(reply) == expected


class Users:
    kind = "user"


MADE = {
    **{each.__name__: lambda client, keys, each=each: each(client, Users, keys) for each in PATTERNS},
    "filter": lambda client, keys: BitmapFilter(client, keys, "user", capacity=9),
    **{each.__name__: each for each in (Catalog, Feed, JsonProfile, Profile, Sessions, LockCounter, ScriptCounter)},
    "Leaderboard": lambda client, keys: Leaderboard(client, keys, "all"),
    "Index": lambda client, keys: Index(client, keys, "user", "city"),
    "limiter": lambda client, keys: FixedWindow(client, keys, limit=1, window=1),
    "limiter by a clock": lambda client, keys: FixedWindow(client, keys, limit=1, window=1, clock=lambda: 0.0),
    "CompareAndSet": lambda client, keys: CompareAndSet(client),
    "NearCache": lambda client, keys: NearCache(client, prefix="app:"),
    "pipelined": lambda client, keys: pipelined(client, [("SET", "app:1", "x")]),
    "audit": lambda client, keys: audit(client),
}
UNSUITED = {
    "asyncio": lambda port: redis.asyncio.Redis(port=port),
    "its pipeline": lambda port: redis.asyncio.Redis(port=port).pipeline(),
    "latin-1": lambda port: redis.Redis(port=port, encoding="latin-1", decode_responses=True),
    "of a URL": lambda port: redis.from_url(f"redis://127.0.0.1:{port}?encoding=cp1252"),
    "a pipeline": lambda port: redis.Redis(port=port).pipeline(),
    "ascii": lambda port: redis.Redis(port=port, encoding="ascii"),
}


FILLED = ("Catalog", "Sessions", "Leaderboard", "Profile")  # through a pipeline, as what writes to them reads no reply


@pytest.mark.parametrize("client", UNSUITED)
@pytest.mark.parametrize("name", MADE)
def test_a_client_that_would_give_other_results_is_refused_at_the_door(name, client, servers):
    if client == "a pipeline" and name in FILLED:
        MADE[name](UNSUITED[client](servers("local").port), KeyNamespace("app"))
        return
    with pytest.raises(ValueError, match=r"Use redis\.Redis|in UTF-8|Use the client that made it"):
        MADE[name](UNSUITED[client](servers("local").port), KeyNamespace("app"))


def test_every_name_of_utf_8_will_do(servers):
    for encoding in ("utf8", "UTF-8", "U8"):
        assert suited(client := servers("local").client(encoding=encoding)) is client


def test_half_a_pair_is_an_error():
    with pytest.raises(ValueError):
        list(pairs(["a", 1, "b"]))
