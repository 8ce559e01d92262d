"""Counters and values that several clients change, with one protection after the other."""

from contextlib import suppress

import redis

from redislab.bench.race_ground import KEYS
from redislab.bench.races import races
from redislab.tuning import CompareAndSet, IncrCounter, LockCounter, RacingCounter, WatchCounter

LIKES = KEYS.counter("likes")


def increment(counter):
    def add_one(client, keys):
        with suppress(redis.exceptions.LockNotOwnedError):  # too late: what was read under the lock is written by then
            counter(client, keys).increment("likes")

    return add_one


def counting(counter, clients: int, title: str, **options):
    given, expect = {LIKES: 0}, {LIKES: clients}
    return races(
        *[increment(counter)] * clients, given=given, expect=expect, otherwise="lose an update", title=title, **options
    )


counter = counting(RacingCounter, 3, "GET and SET")
better_counter = counting(IncrCounter, 3, "INCR")
better_watch = counting(WatchCounter, 2, "WATCH, GET, EXEC")
late_lock = counting(LockCounter, 2, "A lock that expires too early", expires=KEYS.beside(LIKES, "lock"))
better_late_lock = counting(LockCounter, 2, "A lock that outlives its owner's work")


def append_letter(letter: str):
    def append(client):
        client.set("text", client.get("text") + letter)

    return append


def swap_letter(letter: str):
    def append(client):
        swap = CompareAndSet(client, native=False)
        while not swap("text", text := client.get("text"), text + letter):
            pass

    return append


def both_letters(append, title: str):
    return races(
        append("a"), append("b"), given={"text": "-"}, title=title, otherwise="lose a letter",
        expect=lambda client: len(client.get("text")) == 3 or f"the text is {client.get('text')}: a letter is lost",
    )  # fmt: skip


append = both_letters(append_letter, "A letter by GET, then SET")
better_append = both_letters(swap_letter, "Compare and set, again if it fails")


def like(client):
    try:
        client.incr("likes")
    except redis.TimeoutError:
        client.incr("likes")


def like_once(client):
    try:
        client.sadd("likes", "ann")
    except redis.TimeoutError:
        client.sadd("likes", "ann")


retried = races(like, loses="INCR", expect={"likes": 1}, otherwise="count twice", title="INCR, sent again")
better_retried = races(
    like_once, loses="SADD", expect={"likes": {"ann"}}, otherwise="count twice", title="SADD, sent again"
)
