"""What the first telling had wrong: each fact as a real server has it, and the sentence of the notebook that tells it."""

import re

import pytest
import redis

from redislab.bench.races import races
from redislab.keys import KeyNamespace
from tests.notebooks import NOTEBOOKS, prose

TOLD = {  # notebook: what it says now
    "00": ("two in five", f"{100 * (1 - 0.99**50):.1f} %"),
    "01": ("a crash or a lost `DEL` in between leaves the old value", "If Redis dies, you lose the writes"),
    "02": (
        "`EXPIRE … XX` and `HSETEX … FXX` are no substitute",
        "since Redis 7.2",
        "in 12 kB, within 1 %",
        "`DUMP` and `RESTORE`",
    ),
    "03": ("Check that the addresses which the nodes announce can be reached",),
    "04": (
        "requests per second × duration × 1.5",
        "after TCP's own handshake",
        "`MGET` is as good",
        "run twice in a row",
    ),
    "06": (
        "We have not tried it against Azure",
        "the certificate is valid for their names",
        "a late `SET` can overwrite a newer value",
    ),
}
NO_LONGER = re.compile(r"almost every second|0\.81 %|[Nn]othing uncommitted, nothing old|harmless")


@pytest.fixture
def keys(lab):
    made = KeyNamespace("corrections")
    yield made
    lab.redis.delete(*lab.redis.keys(f"{made.prefix}:*"), "nothing")


@pytest.mark.parametrize("start", TOLD)
def test_the_notebooks_tell_it_as_it_is(start):
    text = " ".join(prose(NOTEBOOKS[int(start)]).split())
    assert not [sentence for sentence in TOLD[start] if sentence not in text]
    assert not NO_LONGER.search(text)


def test_a_write_that_is_sent_again_late_overwrites_a_newer_one(lab):
    def patient(client):
        try:
            client.set("price", "old")
        except redis.TimeoutError:
            client.set("price", "old")

    def newer(client):
        client.set("price", "new")

    assert races(patient, newer, loses="SET", lab=lab).replay("A? B A").states[-1] == {"price": "old"}


def test_neither_expire_xx_nor_hsetex_fxx_touches_a_session(lab, keys):
    session = keys.session("gone")
    assert lab.redis.expire(session, 60, xx=True) is False  # no session comes back, and nothing is written either
    lab.redis.hset(session, "user", 1)
    try:
        written = lab.redis.execute_command("HSETEX", session, "FXX", "EX", 60, "FIELDS", 1, "page", "/cart")
    except redis.ResponseError:
        pytest.skip("this server has no HSETEX")
    assert written == 0  # the session is there, the field is not: it is the field that counts


def test_a_small_set_of_texts_is_compact_since_redis_7_2(lab, keys):
    lab.redis.sadd(keys.entity("tags", 1), "portable", "new")
    since = tuple(map(int, lab.server.version.split(".")[:2])) >= (7, 2)
    assert lab.redis.object("encoding", keys.entity("tags", 1)) == ("listpack" if since else "hashtable")


def test_a_converted_hash_stays_converted_until_it_is_restored(lab, keys):
    raw, name = lab.client(decode_responses=False), keys.entity("hash", 1)
    raw.hset(name, mapping={f"field {number}": 1 for number in range(600)})
    raw.hdel(name, *(f"field {number}" for number in range(590)))
    assert raw.object("encoding", name) == b"hashtable"
    raw.restore(name, 0, raw.dump(name), replace=True)
    assert raw.object("encoding", name) == b"listpack"
