"""A user who may not use a command of a script is told at construction, and not half-way through the script."""

import itertools
import re
import warnings
from pathlib import Path

import pytest

from redislab import lua
from redislab.caching import WriteBehind, WriteBehindWorker
from redislab.keys import Index, KeyNamespace, UniqueIndex
from redislab.modeling import Catalog, FixedWindow, Profile, Sessions, SlidingCounter, SlidingLog, TokenBucket
from redislab.tuning import ScriptCounter
from tests.clients import SHAPES

MADE = {
    "FixedWindow": (lambda *where: FixedWindow(*where, limit=1, window=1), "TIME HMGET HSET PEXPIRE PTTL"),
    "SlidingCounter": (lambda *where: SlidingCounter(*where, limit=1, window=1), "TIME HMGET HSET PEXPIRE PTTL"),
    "SlidingLog": (lambda *where: SlidingLog(*where, limit=1, window=1), "TIME ZREMRANGEBYSCORE ZCARD ZADD PEXPIRE"),
    "TokenBucket": (lambda *where: TokenBucket(*where, capacity=1, rate=1), "TIME GET SET"),
    "Sessions": (Sessions, "TIME EXISTS HSET PEXPIRE"),
    "Catalog": (Catalog, "TIME HGET HDEL HSET ZREM SREM ZADD SADD DEL PEXPIREAT"),
    "Profile": (lambda *where: Profile(*where).left(1, "a"), "TIME HDEL ZREM ZADD ZSCORE"),
    "UniqueIndex": (lambda *where: UniqueIndex(*where, "user", "email"), "HGET SET HSET HDEL DEL"),
    "Index": (lambda *where: Index(*where, "user", "city"), "HGET SREM SADD HSET HDEL SCARD"),
    "ScriptCounter": (ScriptCounter, "INCRBY PTTL PEXPIRE"),
    "WriteBehind": (lambda client, keys: WriteBehind(client, Table, keys), "TIME XLEN XADD XINFO|STREAM SET DEL"),
    "BatchWorker": (
        lambda client, keys: WriteBehindWorker(WriteBehind(client, Table, keys)).backlog.open(),
        "XACK XDEL PEXPIRE XRANGE XGROUP|DELCONSUMER",
    ),
}
FIELD_TTLS = "-hsetex -hpexpire"  # so that a Profile needs its script


class Table:
    kind = "user"


@pytest.fixture
def limited(lab):
    """`limited(rules)`: a client of a user with these rules, after `+@all`."""
    names = itertools.count()

    def client(*rules, shape="resp2-text"):
        name = f"limited-{next(names)}"
        lab.redis.execute_command("ACL", "SETUSER", name, "reset", "on", "nopass", "~*", "&*", "+@all", *rules)
        return lab.client(username=name, password="any", **SHAPES[shape])

    yield client
    lab.redis.execute_command("ACL", "DELUSER", *(f"limited-{number}" for number in range(next(names) + 1)))


@pytest.mark.parametrize("name", MADE)
def test_a_command_that_is_refused_is_named_before_anything_is_written(name, lab, limited):
    make, commands = MADE[name]
    others = [rule for rule in FIELD_TTLS.split() if name == "Profile" and rule[1:] in lab.redis.command()]
    keys = KeyNamespace(f"{lab.prefix}:{{permits}}")
    for command in commands.lower().split():
        with pytest.raises(ValueError, match=rf"Permit this user .*\+{re.escape(command)}\b"):
            make(limited(f"-{command}", *others), keys)
    assert not list(lab.redis.scan_iter(f"{keys.prefix}:*"))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_user_who_may_not_run_scripts_or_not_on_these_keys_is_told(shape, lab, limited):
    for rules in ("-evalsha", "-eval", "-script", "-script|load", "resetkeys ~other:*"):
        with pytest.raises(ValueError, match="Permit this user"):
            ScriptCounter(limited(*rules.split(), shape=shape), KeyNamespace(f"{lab.prefix}:permits"))


def test_what_may_be_done_is_not_complained_of(any_client, one_slot_keys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for make, _ in MADE.values():
            make(any_client, one_slot_keys)


@pytest.mark.parametrize("path", sorted(Path(lua.__file__).parent.glob("*.lua")), ids=lambda path: path.stem)
def test_every_command_of_a_script_is_written_as_one_that_is_asked_for(path):
    called = re.findall(r"redis\.p?call\(([^,)]*)", path.read_text())
    written = r"'[A-Z]{3,}'|i == 1 and '[A-Z]+' or '[A-Z]+'|what|unpack\(ARGV"
    assert not [each for each in called if not re.fullmatch(written, each)]
