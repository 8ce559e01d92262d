"""Kept here, and told of changes."""

import contextlib
import os
import secrets
import threading
import time

import pytest

from redislab.bench import watch
from redislab.tuning import NearCache
from redislab.tuning.near_cache import NEVER
from redislab.world.network import Delay
from tests.conftest import settles


@pytest.fixture
def prefix(lab):
    return f"{lab.prefix}:near:"


@pytest.fixture
def near(lab, prefix):
    near = NearCache(lab.client(), prefix=prefix, size=3)
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
    key, plain, told = f"{prefix}c", near._read, threading.Event()
    lab.redis.set(key, "old", ex=60)
    forget = near._forget
    monkeypatch.setattr(near, "_forget", lambda keys: (forget(keys), told.set()))

    def overtaken(name):
        read = plain(name)
        lab.redis.set(key, "new", ex=60)
        assert told.wait(10)
        return read

    monkeypatch.setattr(near, "_read", overtaken)
    assert near.get(key) == "old"
    monkeypatch.undo()
    # Expect that the next one asks
    assert near.get(key) == "new"


def test_it_keeps_so_many_and_only_what_is_there_and_below_the_prefix(lab, near, prefix):
    for name in "defgh":
        lab.redis.set(f"{prefix}{name}", name, ex=60)
    lab.redis.set(f"{lab.prefix}:far:a", "1", ex=60)
    asked = [*(f"{prefix}{name}" for name in "defgh"), f"{prefix}none", f"{lab.prefix}:far:a"]

    def kept() -> bool:
        """Whether the last three that may be kept are; the news of a SET may come late, and take one away again."""
        for key in asked:
            near.get(key)
        before = near.hits
        return len(near) == 3 and all(near.get(key) for key in asked[2:5]) and near.hits == before + 3

    assert not settles(lambda: not kept())


def test_while_it_cannot_hear_it_keeps_nothing(lab):
    server = lab.private_server()
    near = NearCache(server.client(socket_timeout=0.5), prefix="a:")
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


def kept(near, key: str) -> bool:
    """Ask until the value comes from here."""
    hits = near.hits
    return not settles(lambda: near.get(key) is None or near.hits == hits)


def test_an_entry_ends_with_its_ttl_though_redis_has_not_expired_it(near, prefix):
    # Given a server that expires keys only when they are asked for
    server = near.client
    server.execute_command("SET", f"{prefix}ttl", "1", "PX", 400)
    ends = time.monotonic() + 0.4 + 0.002  # its clock counts whole ms, and a key lives through its last one
    assert near.get(f"{prefix}ttl") == "1"
    while time.monotonic() <= ends:
        near.get(f"{prefix}ttl")
    assert near.get(f"{prefix}ttl") is None


def test_a_connection_that_hangs_is_noticed_within_the_bound(lab, prefix):
    key, server = f"{prefix}hangs", lab.server
    with (
        Delay(server.host, server.port) as way,
        contextlib.closing(NearCache(lab.client(via=way, protocol=2), prefix=prefix, stale=1.0)) as near,
    ):
        lab.redis.set(key, "old", ex=60)
        assert kept(near, key)
        # If no word arrives any more, while reads go another way
        near.client, way.rtt = lab.redis, 60.0
        lab.redis.set(key, "new", ex=60)
        changed, hits = time.monotonic(), near.hits
        while near.get(key) == "old":
            assert time.monotonic() - changed < 1.0
        # Expect that it is right within a second, and from then on every read asks
        hits = near.hits
        assert [near.get(key) for _ in range(3)] == ["new"] * 3 and near.hits == hits


def test_while_nothing_changes_the_proofs_keep_what_is_there(lab, prefix):
    near = NearCache(lab.client(), prefix=prefix, stale=0.4)
    lab.redis.set(f"{prefix}calm", "1", ex=60)
    assert kept(near, f"{prefix}calm")
    misses, end = near.misses, time.monotonic() + 1.5
    while time.monotonic() < end:
        near.get(f"{prefix}calm")
    assert near.misses - misses <= 3  # one now and then, when this machine has left the listener no time
    near.close()


def test_a_read_that_spans_a_reconnect_is_not_kept(lab, prefix, monkeypatch):
    key, name = f"{prefix}spans", f"near-{secrets.token_hex(4)}"
    near = NearCache(lab.client(client_name=name), prefix=prefix)
    lab.redis.set(key, "old", ex=60)
    plain = near._read

    def spanning(wanted):
        read = plain(wanted)
        # If the connection is cut, the value changes, and word of changes arrives again, before this read is done
        ears = [each["id"] for each in lab.redis.client_list() if each["name"] == name and int(each["sub"])]
        assert [lab.redis.client_kill_filter(_id=ear) for ear in ears] == [1]
        assert not settles(lambda: near._proved > NEVER)
        lab.redis.set(key, "new", ex=60)
        assert not settles(lambda: near._proved == NEVER)
        return read

    monkeypatch.setattr(near, "_read", spanning)
    assert near.get(key) == "old"
    monkeypatch.undo()
    assert near.get(key) == "new"
    near.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_the_child_of_a_fork_asks_and_listens_for_itself(lab, near, prefix):
    key = f"{prefix}forked"
    lab.redis.set(key, "1", ex=60)
    assert kept(near, key)
    ours, theirs = os.pipe()
    if (child := os.fork()) == 0:
        try:
            own = lab.server.client()
            own.set(key, "2", ex=60)
            first, again = near.get(key), kept(near, key)
            own.set(key, "3", ex=60)
            changed = not settles(lambda: near.get(key) != "3")
            os.write(theirs, f"{first} {again} {changed}".encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert os.read(ours, 100) == b"2 True True"
    assert not settles(lambda: near.get(key) != "3")


@pytest.mark.parametrize("rules", ["+@read &*", "+@all &* -pttl", "+@all resetchannels", "+@all &* -client|tracking"])
def test_a_user_who_may_not_listen_or_read_is_told_at_construction(lab, prefix, rules):
    user = f"near-{secrets.token_hex(4)}"
    lab.redis.execute_command("ACL", "SETUSER", user, "on", "nopass", f"~{prefix}*", *rules.split())
    with pytest.raises(ValueError, match="may not listen or read here"):
        NearCache(lab.client(username=user, password="any"), prefix=prefix)
    lab.redis.execute_command("ACL", "DELUSER", user)


@pytest.mark.parametrize("wrong", [{"size": 0}, {"size": None}, {"stale": 0}, {"stale": float("inf")}])
def test_numbers_that_cannot_be_are_refused(lab, wrong):
    with pytest.raises(ValueError, match="does not work: choose"):
        NearCache(lab.client(), prefix="a:", **wrong)
