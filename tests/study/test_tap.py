"""What is counted of a check, and where it is stopped."""

import pytest

from redislab.study.tap import Tap


class StoppedError(Exception):
    """Raised in place of the end of the process."""


def stop(sentence):
    raise StoppedError(sentence)


@pytest.fixture
def tapped(lab):
    client, key = lab.client(), f"{lab.prefix}:tap:key"
    tap = Tap(client, stop)
    yield client, tap, key
    tap.close()
    lab.redis.delete(key)


def test_there_is_a_moment_before_each_command(tapped, lab):
    client, tap, key = tapped
    there = []
    tap.before = lambda command: there.append(lab.redis.exists(key)) if key in command else None
    client.set(key, 1, ex=60)
    client.get(key)
    assert there == [0, 1]


def test_what_comes_back_is_counted_in_values(tapped):
    client, tap, key = tapped
    client.set(key, "one", ex=60)
    tap.values = 0
    client.get(key)
    client.eval("return {1, {2, 3}}", 1, key)
    assert tap.values == 4


def test_a_flood_is_counted_over_all_commands(tapped):
    client, tap, key = tapped
    client.set(key, 1, ex=60)
    tap._commands = 9_999
    client.get(key)
    with pytest.raises(StoppedError, match="more than 10,000 commands"):
        client.get(key)
