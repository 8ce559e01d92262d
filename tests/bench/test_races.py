import asyncio
import functools
import itertools
import json
import math
import os
import random
import secrets
import subprocess
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
import redis

from redislab.bench import race_guard
from redislab.bench.race_ground import ground_of
from redislab.bench.races import races
from redislab.caching import CacheAside, SingleFlight
from redislab.errors import RaceError
from tests.conftest import settles


def add_one(client):
    client.set("likes", int(client.get("likes") or 0) + 1)


def add_one_safely(client):
    client.incr("likes")


def counter(*clients, **options):
    return races(*clients, given={"likes": 0}, expect={"likes": len(clients)}, otherwise="lose an update", **options)


def counting(key: str, steps: int):
    """A client of so many steps on one key."""

    def count(client):
        return [client.incr(key) for _ in range(steps)]

    return count


@pytest.mark.parametrize("options", [{}, {"protocol": 2}, {"protocol": 3}, {"decode_responses": False}], ids=str)
def test_a_counter_that_is_read_and_written_loses_updates_and_incr_loses_none(lab, options):
    simple = counter(add_one, add_one, add_one, lab=lab, **options)
    assert simple.summary == "84 of 90 schedules lose an update."
    assert simple.exhaustive and not simple.safe
    assert len(simple.failing) == 84 and simple.shortest == "A A B C C B"
    better = counter(add_one_safely, add_one_safely, add_one_safely, lab=lab, **options)
    assert better.summary == "None of 6 schedules loses an update."
    assert better.safe


@pytest.mark.parametrize("steps", [(1, 1), (2, 2), (4, 4), (3, 1), (2, 2, 2), (1, 2, 3), (1, 1, 1, 1)], ids=str)
def test_there_are_as_many_schedules_as_the_multinomial_coefficient_says(lab, steps):
    count = math.factorial(sum(steps)) // math.prod(map(math.factorial, steps))
    apart = [counting(f"key{number}", many) for number, many in enumerate(steps)]
    every = races(*apart, prune=False, lab=lab)
    assert (every.found.tried, every.schedules, every.found.pruned) == (count, count, 0)
    # If steps on different keys are not tried in both orders, one is enough, and it stands for all
    one = races(*apart, lab=lab)
    assert (one.found.tried, one.schedules, one.found.pruned) == (1, count, count - 1)
    # If all clients have one key, every order is tried
    together = races(*[counting("key", many) for many in steps], lab=lab)
    assert (together.found.tried, together.schedules) == (count, count)


def test_a_replay_gives_the_same_replies_whatever_is_drawn_or_asked_of_the_clock(lab):
    def draw(client):
        client.set("a", f"{random.random()} {secrets.token_hex(4)} {uuid.uuid4()}")
        client.rpush("list", time.time(), time.monotonic_ns())
        return client.lrange("list", 0, -1), client.get("a")

    race = races(draw, draw, expect=lambda returned: returned[0] == returned[1], lab=lab)
    for schedule in race.failing[:5]:
        first, again = race.replay(schedule), race.replay(schedule)
        assert repr(first.steps) == repr(again.steps)
        assert first.returned == again.returned
        assert first.states == again.states


def test_what_is_drawn_elsewhere_is_still_random_and_the_clock_still_goes(lab):
    random.seed(5)
    before = random.getstate()
    counter(add_one, add_one, lab=lab).search()
    assert random.getstate() == before
    assert secrets.token_hex(8) != secrets.token_hex(8)
    assert time.sleep.__module__ == "time"


def test_a_pipeline_a_transaction_and_a_script_are_one_step_each_and_a_watch_is_three(lab):
    def piped(client):
        with client.pipeline(transaction=False) as pipeline:
            pipeline.get("a").get("b").execute()

    def transaction(client):
        with client.pipeline() as pipeline:
            pipeline.incr("a").incr("b").execute()

    def scripted(client):
        client.register_script("return redis.call('INCR', KEYS[1])")(["a"])

    def watched(client):
        client.transaction(lambda pipe: pipe.multi() or pipe.set("a", 1), "a")

    def read_first(client):
        with client.pipeline() as pipeline:
            pipeline.watch("a")
            value = pipeline.get("a")
            pipeline.multi()
            pipeline.set("a", f"{value}!").execute()

    for function, steps in ((piped, 1), (transaction, 1), (scripted, 1), (watched, 2), (read_first, 3)):
        assert len(races(function, lab=lab).first.split()) == steps, function.__name__
    read = races(read_first, given={"a": "x"}, lab=lab).replay("A A A")
    assert [step.sent[0][0] for step in read.steps] == ["WATCH", "GET", "MULTI"]


def test_a_watched_transaction_is_refused_and_tried_again(lab):
    def add(client):
        def raised(pipe):
            likes = int(pipe.get("likes"))
            pipe.multi()
            pipe.set("likes", likes + 1)

        client.transaction(raised, "likes")

    race = counter(add, add, lab=lab)
    assert race.safe and race.schedules == math.comb(6, 3)
    assert {len(schedule.split()) for schedule in race.found.ran} == {6, 9}

    # If a client gives up instead, it is known from what it raised
    def add_once(client):
        with client.pipeline() as pipe:
            pipe.watch("likes")
            likes = int(pipe.get("likes"))
            pipe.multi()
            pipe.set("likes", likes + 1).execute()

    assert "WatchError" in counter(add_once, add_once, lab=lab).replay("A B A B B A").trouble


def test_a_client_that_dies_sends_nothing_more_not_even_at_last(lab):
    def work(client):
        client.set("lock", 1)
        try:
            client.incr("done")
        finally:
            client.delete("lock")

    race = races(work, dies=work, expect={"lock": None}, otherwise="keep the lock", lab=lab)
    assert race.schedules == 4 and race.failing == ["A A!", "A A A!"]
    assert race.replay("A A!").states[-1] == {"lock": "1"}
    assert [len(each.split()) for each in races(work, dies="A", expect={"lock": None}, lab=lab).failing] == [2, 3]


def test_a_key_expires_only_while_it_has_a_ttl(lab):
    def lock(client):
        client.set("lock", 1, ex=5)
        client.get("lock")
        client.persist("lock")
        client.get("lock")

    race = races(lock, expires="lock", expect=lambda returned: True, lab=lab)
    assert race.schedules == 3  # not at all, or before or after the first GET
    assert race.replay("A x A A A").steps[1].sent == (("EXPIRES", "lock"),)
    assert race.replay("A x").states[-1] == {"lock": None}


def test_a_reply_that_is_lost_was_carried_out(lab):
    def add(client):
        try:
            client.incr("likes")
        except redis.TimeoutError:
            client.incr("likes")

    race = races(add, loses="incr", expect={"likes": 1}, otherwise="count twice", lab=lab)
    assert race.failing == ["A? A"] and race.schedules == 2

    # also of a transaction, and the client goes on with a connection that works
    def move(client):
        try:
            client.pipeline().incr("likes").incr("likes").execute()
        except redis.TimeoutError:
            return client.get("likes")

    assert races(move, loses={"INCR"}, lab=lab).replay("A? A").returned == ["2"]


def test_a_wait_lets_the_others_go_first_and_takes_no_time(lab):
    def unlocked(client):
        while not client.set("lock", 1, nx=True, ex=60):
            time.sleep(0.5)
        client.set("likes", int(client.get("likes") or 0) + 1)
        client.delete("lock")

    race = races(unlocked, unlocked, expect={"likes": 2}, lab=lab)
    began = time.monotonic()
    assert race.safe and race.found.tried > 2
    assert time.monotonic() - began < 20


def test_asking_the_same_again_and_again_is_a_wait(lab):
    def waits(client):
        while client.get("ready") != "1":
            pass

    def works(client):
        client.set("ready", 0)
        client.set("ready", 1)

    assert races(waits, works, lab=lab).safe


def test_a_sleep_outlives_a_ttl(lab):
    def reader(client):
        client.set("entry", 1, ex=10)
        time.sleep(4)
        first = client.get("entry")
        time.sleep(7)
        return first, client.get("entry")

    assert races(reader, expect=lambda returned: returned == [("1", None)], lab=lab).safe


def test_the_lock_of_a_client_that_died_ends_with_its_ttl(lab):
    def load(client):
        while not client.set("lock", 1, nx=True, px=5000):
            time.sleep(1)
        client.incr("loaded")
        client.delete("lock")

    assert races(load, load, dies=True, expect=lambda client: int(client.get("loaded") or 0) >= 1, lab=lab).safe

    # and without one, the other waits for ever: a sentence says so
    def for_ever(client):
        while not client.set("lock", 1, nx=True):
            time.sleep(0.1)
        client.delete("lock")

    race = races(for_ever, for_ever, dies=True, most_steps=20, lab=lab)
    assert "was not done after 20 steps" in race.replay(race.shortest).trouble
    assert not race.exhaustive and "end after 20 steps" in race.summary


def test_a_blocking_command_waits_without_holding_up_the_others(lab):
    def consumer(client):
        return client.blpop("jobs", timeout=0)[1]

    def producer(client):
        client.set("busy", 1)
        client.rpush("jobs", "job")

    race = races(consumer, producer, expect=lambda returned: returned[0] == "job", lab=lab)
    assert race.safe and race.found.tried > 1
    # If nothing ever comes, it says so; with a timeout it gets nil
    assert "waits for ever in BLPOP" in races(consumer, lab=lab).replay().trouble

    def patient(client):
        client.set("entry", 1, ex=2)
        return client.blpop("jobs", timeout=5), client.get("entry")

    assert races(patient, lab=lab).replay("A A A A").returned == [(None, None)]
    read = races(lambda client: client.xread({"stream": 0}, block=1000), lab=lab).replay()
    assert read.returned[0] in (None, [], {})


def test_messages_are_heard_in_every_order(lab):
    def listener(client):
        with client.pubsub(ignore_subscribe_messages=True) as pubsub:
            pubsub.subscribe("news")
            heard = [pubsub.get_message(timeout=1) for _ in range(3)]
            return [message["data"] for message in heard if message]

    race = races(listener, lambda client: client.publish("news", "now"), lab=lab)
    assert {str(race.replay(turns).returned[0]) for turns in race.found.ran} == {"[]", "['now']"}
    # and the next race, whose connections are opened again, waits as before
    assert races(lambda client: client.blpop("jobs", timeout=1), lab=lab).replay("A A").returned == [None]


def test_what_a_race_can_give_and_what_not(lab):
    def all_of_them(c, keys, products, extra=3):
        return products.find(1)["id"], keys.product(1), extra, c.ping()

    assert races(all_of_them, lab=lab).replay().returned == [
        (1, lab.keys.product(1).replace(lab.prefix, "race"), 3, True)
    ]
    with pytest.raises(ValueError, match=r"asks for 'shop'.*client, keys, users"):
        races(lambda client, shop: None, lab=lab)
    with pytest.raises(ValueError, match="functions that each take a client"):
        races(lab=lab)
    with pytest.raises(ValueError, match="none of the clients"):
        races(add_one, dies="Z", lab=lab)
    with pytest.raises(ValueError, match="cannot be written to likes"):
        races(add_one, given={"likes": object()}, lab=lab)
    with pytest.raises(RaceError, match="there is no turn 'B'"):
        races(add_one, lab=lab).replay("B")


GIVEN = {"text": "a", "number": 1, "hash": {"b": 2}, "list": ["c", "d"], "set": {"e"}}


def test_every_schedule_begins_with_what_is_given(lab):
    def spoil(client):
        assert client.get("text") == "a" and client.lrange("list", 0, -1) == ["c", "d"]
        client.delete(*GIVEN)
        client.set("more", 1)

    assert races(spoil, spoil, given=GIVEN, lab=lab).replay("").states == [
        {"hash": {"b": "2"}, "list": ["c", "d"], "number": "1", "set": {"e"}, "text": "a"}
    ]
    race = races(spoil, given=GIVEN, expect={"text": None, "more": "1"}, lab=lab)
    assert race.safe
    assert races(add_one, given=GIVEN, expect=GIVEN, lab=lab).safe


def price(value: float):
    """A client that saves product 77 with a new price, and then deletes what was cached."""

    def write(client, products, keys):
        CacheAside(client, products, keys).put(77, products.find(77) | {"price": value})

    return write


def read(client, products, keys):
    return CacheAside(client, products, keys, jitter=0).get(77)["price"]


def fresh(client, products, keys):
    cached = client.get(keys.product(77))
    if cached and json.loads(cached)["price"] != products.find(77)["price"]:
        return "the cache holds the old row"


def test_rows_are_steps_too_and_are_put_back(lab):
    race = races(read, price(1.0), expect=fresh, lab=lab)
    assert race.replay().trouble == "the cache holds the old row"
    assert [step.sent[0][0] for step in race.replay().steps] == "GET TABLE TABLE TABLE DEL SET".split()
    assert race.found.pruned and race.schedules == math.comb(6, 3)
    # and each schedule begins with the row as it was
    ground = ground_of(lab)
    ground.reset([])
    assert ground.look([("products", 77)])["products", 77]["version"] == 1


def test_a_writer_that_dies_between_its_commit_and_its_delete_leaves_the_old_row(lab):
    def given(client, products, keys):
        CacheAside(client, products, keys).get(77)

    race = races(price(1.0), given=given, dies=True, expect=fresh, lab=lab)
    assert race.failing == ["A A A!"]


def test_the_pattern_with_a_lease_has_no_late_set(lab):
    def read_once(client, products, keys):
        return SingleFlight(client, products, keys).get(77)

    def write(client, products, keys):
        SingleFlight(client, products, keys).put(77, products.find(77) | {"price": 1.0})

    assert races(read_once, write, expect=fresh, lab=lab).safe
    assert races(read_once, read_once, write, expect=fresh, lab=lab).safe


def test_what_a_client_raises_breaks_every_expectation(lab):
    def careless(client):
        return 1 / int(client.get("n"))

    race = races(careless, lambda client: client.set("n", 0), given={"n": 1}, lab=lab)
    assert race.failing == ["B A"] and "raised ZeroDivisionError" in race.replay().trouble


def test_a_search_ends_at_its_bound_and_says_so(lab):
    race = counter(*[add_one] * 3, limit=10, lab=lab)
    assert race.found.tried == 10 and not race.exhaustive and not race.safe
    assert "ended after 10 schedules" in race.summary


def test_the_table_is_read_from_top_to_bottom(lab):
    said = repr(counter(add_one, add_one, lab=lab)).splitlines()
    assert said[0] == "4 of 6 schedules lose an update."
    assert [cell.strip() for cell in said[2].split("│")] == ["step", "A add_one", "B add_one", "likes"]
    cells = [[cell.strip() for cell in line.split("│")] for line in said[4:-1]]
    assert cells[0] == ["", "", "", "0"]
    assert cells[1] == ["1", "GET likes → 0", "", "0"]
    assert cells[-1][-1] == "1"
    assert said[-1] == "✗ likes is 1, expected 2"


def test_a_client_that_never_comes_back_ends_with_a_sentence(lab, monkeypatch):
    monkeypatch.setattr(race_guard, "PATIENCE", 1.0)
    before = threading.active_count()

    def hangs(client):
        client.get("likes")
        while True:
            pass

    with pytest.raises(RaceError, match=r"A \(hangs\) has run for 1 s without another step"):
        races(hangs, add_one, add_one, add_one, lab=lab).search()
    assert not settles(lambda: threading.active_count() > before, timeout=3)
    # and the next race runs
    assert counter(add_one_safely, add_one_safely, lab=lab).safe


def test_a_client_that_blocks_outside_of_python_does_not_keep_the_next_race_from_running(lab, monkeypatch):
    monkeypatch.setattr(race_guard, "PATIENCE", 1.0)
    lock = threading.Lock()

    def locked(client):
        with lock:
            client.get("likes")

    with pytest.raises(RaceError, match="let clients share keys and rows only"):
        races(locked, locked, lab=lab).replay("A B")
    lock.release()  # so that the thread, which nothing else can stop, ends
    assert counter(add_one_safely, add_one_safely, lab=lab).safe


def test_nothing_is_left_behind(lab):
    ground, threads = ground_of(lab), threading.active_count()

    def abandoned(client):
        with client.pipeline() as pipe:
            pipe.watch("likes")
            pipe.get("likes")
            pipe.multi()
            pipe.incr("likes").execute()

    def connections():
        return len(ground.redis.client_list())

    race = races(abandoned, abandoned, dies=True, expect=lambda: True, lab=lab)
    race.search()
    before = connections()
    for _ in range(3):
        race.search()
        race.replay("A B A!")
    assert not settles(lambda: connections() > before)
    assert not settles(lambda: threading.active_count() > threads)


def test_a_thread_that_a_client_starts_does_its_work_before_the_client_goes_on(lab):
    def starts_one(client):
        thread = threading.Thread(target=client.incr, args=("likes",))
        client.get("likes")
        thread.start()
        thread.join()
        alive = thread.is_alive()
        with ThreadPoolExecutor(2) as pool:
            return alive, [pool.submit(client.incr, "likes").result(), *pool.map(client.incrby, ["likes"] * 2, [1, 1])]

    race = races(starts_one, starts_one, expect={"likes": 8}, lab=lab)
    assert race.safe and race.schedules == math.comb(10, 5)
    assert race.replay(race.first).returned == [(False, [2, 3, 4]), (False, [6, 7, 8])]


def test_functions_may_be_partial_methods_and_lambdas(lab):
    class Adder:
        def add(self, client):
            client.incr("likes")

    assert counter(Adder().add, lambda client: client.incr("likes"), lab=lab).safe


def sleeps_by_another_name(client):
    client.set("entry", 1, ex=10)
    sleep(11)
    return client.get("entry")


def waits_for_a_timer(client):
    done = threading.Event()
    threading.Timer(100, lambda: client.incr("likes")).start()
    done.wait(100)
    return client.get("likes")


def test_the_clock_is_the_races_by_whatever_name_and_in_whatever_thread(lab):
    began = time.monotonic()
    assert races(sleeps_by_another_name, lab=lab).replay().returned == [None]
    assert races(waits_for_a_timer, lab=lab).replay().returned == ["1"]
    assert time.monotonic() - began < 8 and sleep is time.sleep


def test_a_lock_of_redis_py_is_the_same_in_each_run(lab):
    def locked(client):
        with client.lock("lock", timeout=10):
            client.set("likes", int(client.get("likes") or 0) + 1)

    race = races(locked, locked, expect={"likes": 2}, lab=lab)
    assert race.safe and repr(race.replay(race.first).steps) == repr(race.replay(race.first).steps)
    assert not races(locked, locked, expect={"likes": 2}, expires="lock", lab=lab).safe


def add(client):
    client.xadd("news", {"text": "new"})


@pytest.mark.parametrize(
    "read",
    [
        lambda client: client.xread({"news": "$"}, block=0),
        lambda client: client.execute_command("xread", "block", "0", "streams", "news", "1-0"),
        lambda client: client.execute_command(b"XREAD", "BLOCK", "0", "STREAMS", "news", "1-0"),
    ],
    ids=["newest", "lower case", "bytes"],
)
def test_a_reader_that_waits_at_a_stream_misses_nothing_however_it_is_spelt(lab, read):
    race = races(read, add, given=lambda client: client.xadd("news", {"text": "old"}, id="1-0"), lab=lab)
    assert "new" in str(race.replay("A B A").returned[0])


def test_exec_sent_by_hand_counts_for_all_that_it_carries_out_and_an_open_multi_ends_with_its_client(lab):
    def by_hand(client):
        for words in (("MULTI",), ("SET", "likes", 1), ("EXEC",)):
            client.execute_command(*words)

    def two(client):
        client.set("likes", 2)

    race = races(by_hand, two, expect={"likes": 2}, lab=lab)
    assert race.found.failed == 3 and race.schedules == 4

    def left_open(client):
        return client.execute_command("MULTI")

    assert races(left_open, lab=lab).replay().returned == races(left_open, lab=lab).replay().returned == ["OK"]


async def awaits(client):
    client.get("likes")


def yields(client):
    yield client.get("likes")


REFUSED = {
    "returns a coroutine or a generator": [awaits, yields],
    "runs an asyncio loop": [lambda client: (client.get("likes"), asyncio.run(asyncio.sleep(1)))],
    "opens a connection of its own": [
        lambda client: redis.Redis(port=client.connection_pool.connection_kwargs["port"]).incr("likes")
    ],
    "starts another process": [lambda client: os.fork(), lambda client: subprocess.run(["true"])],
    "waits for an event of another thread": [lambda client: threading.Event().wait()],
    "one database": [lambda client: client.select(1), lambda client: client.move("likes", 1)],
    "no replicas": [lambda client: client.wait(1, 100)],
    "the next schedule would not begin as this one": [
        lambda client: client.config_set("maxmemory", "1mb"),
        lambda client: client.shutdown(),
        lambda client: client.execute_command("CLIENT REPLY OFF"),
        lambda client: client.execute_command("client", "kill", "ID", "1"),
    ],
    "in a pipeline": [lambda client: client.pipeline(transaction=False).blpop("jobs", 1).execute()],
}


@pytest.mark.parametrize(
    ("sentence", "function"), [(said, each) for said, several in REFUSED.items() for each in several]
)
def test_what_no_schedule_can_contain_is_refused_with_a_sentence(lab, sentence, function):
    threads = threading.active_count()
    with pytest.raises(RaceError, match=rf"A .*{sentence}"):
        races(function, add_one, lab=lab).search()
    assert counter(add_one_safely, add_one_safely, lab=lab).safe
    assert not settles(lambda: threading.active_count() > threads)


def test_what_one_schedule_leaves_in_python_for_the_next_is_noticed(lab):
    calls = itertools.count()

    def changes(client):
        client.get("odd" if next(calls) % 2 else "even")
        client.incr("likes")

    with pytest.raises(RaceError, match="ran differently this time"):
        races(changes, lab=lab).search()
    with pytest.raises(RaceError, match="ran differently this time"):
        races(functools.lru_cache(add_one), add_one, lab=lab).search()


def test_a_client_that_ends_its_process_is_told_of_as_one_that_raises(lab):
    assert "raised SystemExit" in races(lambda client: sys.exit(client.incr("likes")), lab=lab).replay().trouble


def test_given_and_expected_keys_are_of_database_0(lab):
    with pytest.raises(ValueError, match="of database 0"):
        races(add_one, expect={"likes": 1}, db=3, lab=lab)
    assert races(add_one_safely, expect=lambda returned: True, db=3, lab=lab).safe
