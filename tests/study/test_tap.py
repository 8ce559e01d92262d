"""What a check lets through."""

import pytest

from redislab.study.tap import Tap, keys_of


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        (("GET", "a"), ["a"]),
        ((b"SET", b"a", b"1", "PX", 5), ["a"]),
        (("DEL", "a", "b"), ["a", "b"]),
        (("EVAL", "return 1", 2, "a", "b", "c"), ["a", "b"]),
        (("EVALSHA", "f00", "0"), []),
        (("SCRIPT LOAD", "return 1"), []),
        (("CLIENT", "SETINFO", "LIB-NAME", "redis-py"), []),
        (("MULTI",), []),
        (("SINTER", "a", "b"), ["a", "b"]),
        (("ZINTER", 2, "a", "b", "WITHSCORES"), ["a", "b"]),
        (("FLUSHALL",), [""]),
        (("KEYS", "*"), ["*"]),
        (("SCAN", 0, "MATCH", "*", "COUNT", 500), []),
    ],
)
def test_keys_of_a_command(command, keys):
    assert keys_of(command) == keys


class StoppedError(Exception):
    """Raised in place of the end of the process."""


def stop(sentence):
    raise StoppedError(sentence)


@pytest.fixture
def tapped(lab):
    client, names = lab.client(), []
    tap = Tap(client, f"{lab.prefix}:tap", stop, names.append)
    yield client, tap, names, f"{lab.prefix}:tap:key"
    tap.close()
    lab.redis.delete(f"{lab.prefix}:tap:key")


def test_a_key_is_named_before_it_is_there(tapped, lab):
    client, tap, names, key = tapped
    there = []
    tap.before = lambda command: there.append(lab.redis.exists(key)) if key in command else None
    client.set(key, 1, ex=60)
    client.get(key)
    assert names == [key]
    assert there == [0, 1]


def test_what_comes_back_is_counted_in_values(tapped):
    client, tap, _, key = tapped
    client.set(key, "one", ex=60)
    tap.values = 0
    client.get(key)
    client.eval("return {1, {2, 3}}", 1, key)
    assert tap.values == 4


def test_what_is_not_ours_does_not_reach_the_server(tapped, lab):
    client, _, names, _ = tapped
    with pytest.raises(StoppedError, match="SET elsewhere"):
        client.set("elsewhere", 1)
    assert not lab.redis.exists("elsewhere") and not names


def test_a_flood_is_counted_over_all_commands(tapped):
    client, tap, _, key = tapped
    client.set(key, 1, ex=60)
    tap._commands = 9_999
    client.get(key)
    with pytest.raises(StoppedError, match="more than 10,000 commands"):
        client.get(key)
    tap.calm()
    assert client.get(key) == "1"
    with pytest.raises(StoppedError, match="more than 64 MB"):
        client.set(key, "x" * 70_000_000)
