"""Chunks, and what is sent for them."""

import itertools

import pytest
import redis

from redislab.bench import watch
from redislab.tuning import chunked, get_many, pipelined, set_many


@pytest.mark.parametrize(("count", "size", "lengths"), [(0, 3, []), (3, 3, [3]), (7, 3, [3, 3, 1]), (2, 10, [2])])
def test_chunks_are_full_but_for_the_last(count, size, lengths):
    chunks = list(chunked(iter(range(count)), size))
    assert [len(chunk) for chunk in chunks] == lengths
    assert list(itertools.chain.from_iterable(chunks)) == list(range(count))


def test_a_chunk_is_taken_in_when_it_is_asked_for():
    taken = []
    chunks = chunked((taken.append(item) or item for item in range(100)), 10)
    next(chunks)
    assert len(taken) == 10


def test_a_chunk_of_nothing_is_refused():
    with pytest.raises(ValueError, match="a whole number from 1"):
        next(chunked([1], 0))


def test_what_is_stored_comes_back_in_order_in_one_round_trip_a_chunk(client, keys):
    values = {keys.entity("sample", id): f"value {id}" for id in range(25)}
    with watch(client) as sent:
        set_many(client, values, ttl=60, chunk=10)
    assert (len(sent.commands), sent.round_trips) == (25, 3)
    asked = [*values, keys.entity("sample", "none")]
    assert get_many(client, asked, chunk=7) == [*values.values(), None]
    assert 0 < client.pttl(asked[0]) <= 60_000


def test_replies_are_as_the_client_gives_them(client, keys):
    for id in range(3):
        client.hset(keys.entity("profile", id), mapping={"name": f"user {id}"})
    profiles = list(pipelined(client, (("HGETALL", keys.entity("profile", id)) for id in range(3)), chunk=2))
    assert profiles == [{"name": f"user {id}"} for id in range(3)]


def test_all_is_written_though_no_reply_is_looked_at(client, keys):
    pipelined(client, (("SET", keys.entity("unread", id), id) for id in range(25)), chunk=10)
    assert get_many(client, [keys.entity("unread", id) for id in range(25)]) == [str(id) for id in range(25)]


@pytest.mark.parametrize("transaction", [False, True])
def test_one_failing_command_undoes_nothing(client, keys, transaction):
    # Given one command in the middle that fails when it runs
    first, text, last = (keys.entity(f"part_{transaction}", name) for name in ("first", "text", "last"))
    client.set(text, "no number")
    commands = [("SET", first, "stays"), ("INCR", text), ("LPUSH", last, "stays")]
    with pytest.raises(redis.ResponseError, match="not an integer"):
        list(pipelined(client, commands, transaction=transaction))
    # Expect that its neighbours were carried out, MULTI or not
    assert client.get(first) == "stays" and client.llen(last) == 1


def test_a_command_that_cannot_be_queued_undoes_all_of_a_transaction(client, keys):
    key = keys.entity("queued", 1)
    with pytest.raises(redis.RedisError):
        list(pipelined(client, [("SET", key, "gone"), ("NO-SUCH-COMMAND",)], transaction=True))
    assert client.get(key) is None
