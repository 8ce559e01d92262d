"""A walk meets every key, says the same on either road, and leaves everything as it was."""

import random
import threading

import pytest
import redis

from redislab.antipatterns import audit, walk
from redislab.antipatterns.walk import LONGEST
from tests.conftest import settles

ROADS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "pipelines"])
KINDS = ("string", "list", "set", "zset", "hash", "stream")


def facts(client, **options) -> dict:
    return {fact.key: fact for page in walk(client, **options) for fact in page}


def put(client, kind: str, key, size: int = 3) -> None:
    """A key of that type with so many elements, or bytes."""
    words = [f"word-{number}" for number in range(size)]
    client.delete(key)
    match kind:
        case "string":
            client.set(key, "x" * size)
        case "list":
            client.rpush(key, *words)
        case "set":
            client.sadd(key, *words)
        case "zset":
            client.zadd(key, dict(zip(words, range(size), strict=True)))
        case "hash":
            client.hset(key, mapping=dict.fromkeys(words, "value"))
        case "stream":
            for word in words:
                client.xadd(key, {"word": word})


def contents(client) -> dict:
    """Everything there is: values, and when each key ends. Of a set or a hash not DUMP: a table may be in any order."""
    sorts = {"set": lambda key: sorted(client.smembers(key)), "hash": client.hgetall}
    value = {key: sorts.get(client.type(key), client.dump)(key) for key in client.scan_iter()}
    return {key: (value[key], client.type(key), client.pexpiretime(key)) for key in value}


@ROADS
@pytest.mark.parametrize("asks", [(), ("size",), ("ttl", "size"), ("size", "ttl"), ("kind",), ("kind", "size")])
def test_no_more_is_asked_than_is_wanted_and_the_answer_is_the_same(client, scripts, asks):
    for kind in KINDS:
        put(client, kind, f"{kind}:1", 2000)
    client.expire("hash:1", 1000)
    whole = facts(client, scripts=scripts)
    client.config_resetstat()
    some = {fact.key: fact for page in walk(client, asks, scripts=scripts) for fact in page}
    asked = {name.removeprefix("cmdstat_").partition("|")[0] for name in client.info("commandstats")}
    assert some.keys() == whole.keys()
    for key, fact in some.items():
        known = whole[key]
        assert fact.size == (known.size if "size" in asks else None)
        assert (fact.kind, fact.encoding) == ((known.kind, known.encoding) if "kind" in asks else ("", ""))
        assert fact.length == (known.length if {"kind", "size"} <= {*asks} else -1)
        assert (fact.ttl is None) if "ttl" not in asks else fact.ttl == pytest.approx(known.ttl, abs=5000)
    for ask, command in (("ttl", "pttl"), ("kind", "object"), ("kind", "type"), ("size", "memory")):
        assert command not in asked or ask in asks


def test_what_cannot_be_asked_is_said(client):
    with pytest.raises(ValueError, match="ttl, kind, size, not colour"):
        next(walk(client, ("size", "colour")))


@ROADS
@pytest.mark.parametrize("kind", KINDS)
def test_a_key_with_all_that_is_asked_of_it(client, scripts, kind):
    put(client, kind, "small:1")
    put(client, kind, "large:1", 2000)
    client.expire("small:1", 1000)
    seen = facts(client, scripts=scripts)
    small, large = seen[b"small:1"], seen[b"large:1"]
    assert small.kind == large.kind == kind
    assert 0 < small.ttl <= 1_000_000 and large.ttl == -1
    assert small.length in (-1, 3) and large.length == (-1 if kind == "string" else 2000)
    for key, fact in (("small:1", small), ("large:1", large)):
        assert fact.size == client.memory_usage(key)
        assert fact.encoding == client.object("encoding", key)


def test_both_roads_meet_every_key_and_say_the_same(client):
    generator = random.Random(5)
    for number in range(3000):
        put(
            client, generator.choice(KINDS), f"thing:{number}", generator.choice([1, 5, 700]) if number % 50 == 0 else 2
        )
    by_script, by_pipeline = facts(client), facts(client, scripts=False)
    assert len(by_script) == 3000 and by_script == by_pipeline


@ROADS
def test_an_empty_server_has_no_keys(client, scripts):
    assert facts(client, scripts=scripts) == {}


@ROADS
def test_names_need_not_be_text_and_very_long_ones_are_cut(client, scripts):
    names = [b"\xff\xfe\x00:1", b"", b"with\r\n*3\r\nbreaks", "Zoë:1".encode(), b"n" * LONGEST]
    for name in names:
        client.set(name, 1)
    client.set(b"m" * 100_000, 1)
    assert facts(client, scripts=scripts).keys() == {*names, b"m" * LONGEST}


@ROADS
def test_given_up_half_way_it_leaves_the_client_as_it_was(client, scripts):
    for number in range(5000):
        client.set(f"thing:{number}", number)
    for _ in range(3):
        pages = walk(client, scripts=scripts)
        assert next(pages)
        pages.close()
        assert client.get("thing:7") == "7"


@ROADS
def test_keys_that_vanish_expire_and_change_their_type_disturb_nobody(own, client, scripts):
    for number in range(2000):
        client.set(f"stays:{number}", number)
    over = threading.Event()

    def disturb():
        other, generator = own.client(), random.Random(1)
        while not over.is_set():
            key = f"comes:{generator.randrange(300)}"
            try:
                put(other, generator.choice(KINDS), key, generator.choice([1, 200]))
                generator.choice([other.delete, other.persist, lambda name: other.pexpire(name, 1)])(key)
            except redis.ResponseError:
                pass  # another one has just made it of another type

    threads = [threading.Thread(target=disturb) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(8):
            seen = facts(client, scripts=scripts)
            assert {f"stays:{number}".encode() for number in range(2000)} <= seen.keys()
            assert all(fact.kind in KINDS and fact.size > 0 for fact in seen.values())
            audit(client, scripts=scripts)
    finally:
        over.set()
        for thread in threads:
            thread.join()


@ROADS
def test_nothing_is_changed_and_nothing_but_reading_is_sent(own, client, scripts):
    # Given keys of each type, one that dangles, and names that are not text
    for kind in KINDS:
        put(client, kind, f"shop:{kind}:1", 700)
        put(client, kind, f"shop:{kind}:2")
        client.expire(f"shop:{kind}:2", 5000)
    client.sadd("shop:picks:now", "shop:hash:1", "shop:hash:9")
    before, sent, ready = contents(client), [], threading.Event()

    def listen():
        with own.client().monitor() as monitor:
            ready.set()
            for command in monitor.listen():
                sent.append(command["command"].split()[0].lower())
                if "that is all" in command["command"]:
                    return

    listener = threading.Thread(target=listen)
    listener.start()
    ready.wait(10)
    # If it is audited
    found = audit(client, scripts=scripts)
    client.echo("that is all")
    listener.join(20)
    # Expect everything as it was, and no command that the server calls a write
    assert {finding.rule for finding in found} >= {"dangling index", "encoding"}
    assert contents(client) == before
    assert {"scan", "memory", "object", "exists"} <= set(sent)
    for name in set(sent):
        (about,) = client.execute_command("COMMAND", "INFO", name).values()
        assert "write" not in str(about["flags"]), name


@ROADS
def test_to_be_looked_at_is_no_use(client, scripts):
    # Given a server that counts how often each key is used
    client.config_set("maxmemory-policy", "allkeys-lfu", "lfu-decay-time", 0)
    try:
        for kind in KINDS:
            put(client, kind, f"small:{kind}")
            put(client, kind, f"large:{kind}", 700)
        before = {key: client.object("freq", key) for key in client.scan_iter()}
        # If it is walked through many times
        for _ in range(60):
            facts(client, scripts=scripts)
        # Expect the same counts, but where a server that cannot look away had to count elements
        counted = {fact.key.decode() for fact in facts(client, scripts=scripts).values() if fact.length >= 0}
        after = {key: client.object("freq", key) for key in before}
        kept = before.keys() if can_look_away(client) else before.keys() - counted
        assert len(kept) >= 6 and {key: after[key] for key in kept} == {key: before[key] for key in kept}
    finally:
        client.config_set("maxmemory-policy", "noeviction", "lfu-decay-time", 1)


def can_look_away(client) -> bool:
    try:
        client.execute_command("CLIENT", "NO-TOUCH", "OFF")
    except redis.ResponseError:
        return False
    return True


@pytest.mark.parametrize(
    ("may", "unknown"),
    [("+@all -eval_ro", ()), ("+@all -memory", ("size",)), ("+scan +dbsize +pttl +type", ("size", "encoding"))],
)
def test_what_may_not_be_asked_is_left_out(own, client, may, unknown):
    put(client, "hash", "thing:1")
    client.execute_command("ACL", "SETUSER", "guest", "on", ">word", "resetkeys", "~*", "-@all", *may.split())
    guest = redis.Redis(host=own.host, port=own.port, username="guest", password="word")
    (fact,) = facts(guest).values()
    assert fact.kind == "hash" and fact.ttl == -1
    assert bool(fact.size) == ("size" not in unknown) and bool(fact.encoding) == ("encoding" not in unknown)
    assert audit(guest).seen == 1
    guest.close()


def test_whoever_may_not_scan_is_told(own, client):
    client.execute_command("ACL", "SETUSER", "guest", "on", ">word", "resetkeys", "~*", "-@all", "+dbsize", "+eval_ro")
    guest = redis.Redis(host=own.host, port=own.port, username="guest", password="word")
    with pytest.raises(redis.ResponseError, match="scan"):
        facts(guest)
    guest.close()


@ROADS
def test_each_node_of_a_cluster_is_walked_by_itself(cluster, scripts):
    client = cluster.client()
    client.flushall()
    names = [f"shop:product:{number}" for number in range(500)] + [b"\xff:1"]
    for name in names:
        client.set(name, 1, ex=1000)
    client.sadd("shop:picks:now", "shop:product:1", "shop:product:900")
    found = audit(client, scripts=scripts)
    assert found.seen == found.total == 502
    assert {finding.rule for finding in found} == {"dangling index", "naming: no special characters"}


def test_no_call_keeps_the_server_for_long(own, client):
    # Given enough keys for many calls
    pipeline = client.pipeline(transaction=False)
    for number in range(30_000):
        pipeline.hset(f"thing:{number}", mapping={"field": "value"})
    pipeline.execute()
    client.config_resetstat()
    # If they are walked through
    pages = sum(1 for _ in walk(client))
    # Expect a call for each page, none of which took much longer than it may
    spent = client.info("commandstats")["cmdstat_eval_ro"]
    assert spent["calls"] == pages > 3
    assert spent["usec_per_call"] < 10_000


def test_a_connection_is_given_back_without_its_setting(own, client):
    put(client, "string", "thing:1")
    clients = len(client.client_list())
    for _ in range(5):
        facts(client)
    assert not settles(lambda: len(client.client_list()) > clients)
    assert not any("T" in each["flags"] for each in client.client_list())
