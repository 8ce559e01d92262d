"""Replies come in one shape from every client: the same test for each protocol, decoding and server."""

import pytest

from redislab.keys.replies import pairs, text


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


def test_half_a_pair_is_an_error():
    with pytest.raises(ValueError):
        list(pairs(["a", 1, "b"]))
