"""Kept here, and told of changes."""

import threading

import pytest

from redislab.bench import watch
from redislab.tuning import NearCache
from tests.conftest import settles


@pytest.fixture
def prefix(lab):
    return f"{lab.prefix}:near:"


@pytest.fixture
def near(lab, prefix):
    near = NearCache(lab.client(protocol=2), prefix=prefix, size=3)
    yield near
    near.close()


def test_the_second_read_costs_no_round_trip(lab, near, prefix):
    lab.redis.set(f"{prefix}a", "1", ex=60)
    sent = watch(near.client)  # which makes all its connections new ones
    assert not settles(lambda: near.get(f"{prefix}a") == "1" and not len(near))
    sent.take()
    hits = near.hits
    assert [near.get(f"{prefix}a") for _ in range(5)] == ["1"] * 5
    assert not sent.take() and near.hits == hits + 5


@pytest.mark.parametrize(
    "change", [lambda r, key: r.set(key, "2"), lambda r, key: r.delete(key), lambda r, key: r.pexpire(key, 1)]
)
def test_a_change_by_anybody_is_noticed(lab, near, prefix, change):
    key = f"{prefix}b"
    lab.redis.set(key, "1")
    assert near.get(key) == "1"
    change(lab.redis, key)
    assert not settles(lambda: near.get(key) == "1")
    assert near.get(key) == lab.redis.get(key)


def test_a_value_that_changed_while_it_was_read_is_not_kept(lab, near, prefix, monkeypatch):
    # Given a read whose answer is overtaken by the news that the key has changed
    key, plain, told = f"{prefix}c", near.client.get, threading.Event()
    lab.redis.set(key, "old", ex=60)
    forget = near._forget
    monkeypatch.setattr(near, "_forget", lambda keys: (forget(keys), told.set()))

    def overtaken(name):
        value = plain(name)
        lab.redis.set(key, "new", ex=60)
        assert told.wait(10)
        return value

    monkeypatch.setattr(near.client, "get", overtaken)
    assert near.get(key) == "old"
    monkeypatch.undo()
    # Expect that the next one asks
    assert near.get(key) == "new"


def test_it_keeps_so_many_and_only_what_is_there_and_below_the_prefix(lab, near, prefix):
    for name in "defgh":
        lab.redis.set(f"{prefix}{name}", name, ex=60)
    assert not settles(lambda: [near.get(f"{prefix}{name}") for name in "defgh"] and len(near) != 3)
    near.get(f"{prefix}none")
    lab.redis.set(f"{lab.prefix}:far:a", "1", ex=60)
    near.get(f"{lab.prefix}:far:a")
    assert len(near) == 3


def test_while_it_cannot_hear_it_keeps_nothing(lab):
    server = lab.private_server()
    near = NearCache(server.client(protocol=2, socket_timeout=0.5), prefix="a:")
    try:
        server.client().set("a:1", "old")
        assert not settles(lambda: near.get("a:1") != "old" or not len(near))  # the news of the SET may come late
        server.kill()
        assert not settles(lambda: len(near))
        server.restart()
        server.client().set("a:1", "new")
        assert near.get("a:1") == "new"
        # Expect that it listens again after a while
        assert not settles(lambda: near.get("a:1") != "new" or not len(near))
        server.client().set("a:1", "newer")
        assert not settles(lambda: near.get("a:1") != "newer")
    finally:
        near.close()
        server.close()


def test_a_client_that_would_not_hear_is_refused(lab):
    with pytest.raises(ValueError, match="protocol=2"):
        NearCache(lab.client(protocol=3), prefix="a:")
