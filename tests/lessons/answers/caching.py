"""Answers to the exercises of section 1."""

import asyncio
import functools
import json
import secrets
import threading
import time
from collections import defaultdict

from redislab.caching import (
    CacheAside,
    RefreshAhead,
    Resilient,
    ServeStale,
    SingleFlight,
    WriteBehind,
    WriteBehindWorker,
    WriteThrough,
)
from redislab.lessons.caching_patterns.as_in_the_module import ModuleWriteBehind
from tests.lessons.answers import right, wrong

# negative caching


@right("negative-caching")
def a_sentinel_of_its_own(client, source, keys, id):
    key, nothing = keys.user(id), "-"
    if (cached := client.get(key)) is None:
        record = source.find(id)
        cached = nothing if record is None else json.dumps(record)
        client.set(key, cached, px=5000 if record is None else 60_000)
    return None if cached == nothing else json.loads(cached)


@right("negative-caching")
def a_key_of_its_own(client, source, keys, id):
    key = keys.user(id)
    cached, missing = client.pipeline(transaction=False).get(key).exists(keys.beside(key, "missing")).execute()
    if cached or missing:
        return json.loads(cached) if cached else None
    record = source.find(id)
    if record:
        client.set(key, json.dumps(record), ex=60)
    else:
        client.set(keys.beside(key, "missing"), 1, ex=5)
    return record


@wrong("negative-caching", hint=4, sees="1000 queries for 1000 reads; wanted 1")
def asks_each_time(client, source, keys, id):
    if cached := client.get(keys.user(id)):
        return json.loads(cached)
    if record := source.find(id):
        client.set(keys.user(id), json.dumps(record), ex=60)
    return record or None


@wrong("negative-caching", hint=4, sees="1000 queries")
def stores_what_is_as_false_as_a_miss(client, source, keys, id):
    if cached := client.get(keys.user(id)):
        return json.loads(cached)
    record = source.find(id)
    client.set(keys.user(id), json.dumps(record) if record else "", ex=60 if record else 5)
    return record


def negative(client, source, keys, id, *, text=json.dumps, kept=60, missing=5):
    """The solution, with one part of it exchanged."""
    cached = client.get(keys.user(id))
    if cached is not None:
        return json.loads(cached)
    record = source.find(id)
    client.set(keys.user(id), text(record), ex=kept if record else missing)
    return record


@wrong("negative-caching", hint=3, sees="JSONDecodeError")
def takes_an_empty_string_for_a_record(client, source, keys, id):
    return negative(client, source, keys, id, text=lambda record: json.dumps(record) if record else "")


@wrong("negative-caching", hint=3, sees="three reads gave None, {}, {}")
def gives_an_empty_record(client, source, keys, id):
    return negative(client, source, keys, id, text=lambda record: json.dumps(record or {}))


@wrong("negative-caching", hint=5, sees="kept for ever")
def remembers_for_ever(client, source, keys, id):
    return negative(client, source, keys, id, missing=None)


@wrong("negative-caching", hint=5, sees="kept for 60 s; wanted 5 s")
def remembers_as_long_as_a_record(client, source, keys, id):
    return negative(client, source, keys, id, missing=60)


@wrong("negative-caching", hint=1, sees="the record, kept for 5 s")
def keeps_all_of_them_briefly(client, source, keys, id):
    return negative(client, source, keys, id, kept=5)


@wrong("negative-caching", hint=2, sees="2 round trips, 0 queries")
def asks_for_a_mark_first(client, source, keys, id):
    key = keys.user(id)
    if client.exists(keys.beside(key, "missing")):
        return None
    if cached := client.get(key):
        return json.loads(cached)
    record = source.find(id)
    if record:
        client.set(key, json.dumps(record), ex=60)
    else:
        client.set(keys.beside(key, "missing"), 1, ex=5)
    return record


# single flight


@right("single-flight")
def the_clients_own_lock(client, source, keys, id):
    key = keys.user(id)
    while True:
        if cached := client.get(key):
            return json.loads(cached)
        lock = client.lock(keys.beside(key, "lock"), timeout=5)
        if not lock.acquire(blocking=False):
            time.sleep(0.02)
            continue
        try:
            if client.get(key) is None:
                client.set(key, json.dumps(source.find(id)), ex=60)
        finally:
            lock.release()


@right("single-flight")
def one_script_looks_and_locks(client, source, keys, id):
    look_or_lock = """
        local entry = redis.call('GET', KEYS[1])
        if entry then return entry end
        return redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', 5000) and 1 or 0"""
    store_if_mine = """
        if redis.call('GET', KEYS[2]) ~= ARGV[1] then return end
        redis.call('SET', KEYS[1], ARGV[2], 'PX', 60000)
        redis.call('DEL', KEYS[2])"""
    key, token = keys.user(id), secrets.token_hex(8)
    lock = keys.beside(key, "lock")
    while (answer := client.eval(look_or_lock, 2, key, lock, token)) in (0, 1):
        if answer:
            client.eval(store_if_mine, 2, key, lock, token, json.dumps(source.find(id)))
        else:
            time.sleep(0.01)
    return json.loads(answer)


DROP = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end"


def single_flight(client, source, keys, id, *, take=None, wait=None, pause=0.01, again=True, release=None):
    """The solution, with one part of it exchanged."""
    key, token = keys.user(id), secrets.token_hex(8)
    lock = keys.beside(key, "lock")
    take = take or (lambda: client.set(lock, token, nx=True, ex=5))
    while (cached := client.get(key)) is None:
        if take():
            if not again or not client.exists(key):
                client.set(key, json.dumps(source.find(id)), ex=60)
            release(lock) if release else client.eval(DROP, 1, lock, token)
        elif wait:
            return wait()
        else:
            time.sleep(pause)
    return json.loads(cached)


IN_PROCESS = defaultdict(list)


@wrong("single-flight", hint=2, sees="there was no key during the query")
def a_lock_of_this_process_only(client, source, keys, id):
    return single_flight(client, source, keys, id, take=lambda: not IN_PROCESS[keys.user(id)].append(1), release=print)


@wrong("single-flight", hint=2, sees="there was no key during the query")
def no_lock(client, source, keys, id):
    return single_flight(client, source, keys, id, take=lambda: True, release=lambda lock: None)


@wrong("single-flight", hint=3, sees="the lock lives for ever; wanted 5 s")
def a_lock_without_an_end(client, source, keys, id):
    lock = keys.beside(keys.user(id), "lock")
    return single_flight(
        client, source, keys, id, take=lambda: client.setnx(lock, "me"), release=lambda lock: client.delete(lock)
    )


@wrong("single-flight", hint=4, sees="its TTL came in a second command", race=True)
def a_lock_whose_end_comes_late(client, source, keys, id):
    lock = keys.beside(keys.user(id), "lock")
    return single_flight(
        client,
        source,
        keys,
        id,
        take=lambda: client.setnx(lock, "me") and client.expire(lock, 5),
        release=client.delete,
    )


@wrong("single-flight", hint=5, sees="2 queries for 2 readers; wanted 1", race=True)
def no_second_look(client, source, keys, id):
    return single_flight(client, source, keys, id, again=False)


@wrong("single-flight", hint=5, sees="2 queries for 2 readers; wanted 1", race=True)
def who_gets_no_lock_loads_too(client, source, keys, id):
    return single_flight(client, source, keys, id, wait=lambda: source.find(id))


@wrong("single-flight", hint=6, sees="a reader got None", race=True)
def who_gets_no_lock_gets_nothing(client, source, keys, id):
    return single_flight(client, source, keys, id, wait=lambda: None)


@wrong("single-flight", hint=7, sees="the slowest reader took")
def who_gets_no_lock_sleeps_too_long(client, source, keys, id):
    return single_flight(client, source, keys, id, pause=1.6)


@wrong("single-flight", hint=8, sees="afterwards there is lock:{user:42}")
def keeps_the_lock(client, source, keys, id):
    return single_flight(client, source, keys, id, release=lambda lock: None)


@wrong("single-flight", hint=9, sees="and A took it away", race=True)
def deletes_whosesoever_lock(client, source, keys, id):
    return single_flight(client, source, keys, id, release=client.delete)


@wrong("single-flight", hint=9, sees="and A took it away", race=True)
def looks_whose_lock_it_is_and_then_deletes(client, source, keys, id):
    key, token = keys.user(id), secrets.token_hex(8)
    lock = keys.beside(key, "lock")
    while (cached := client.get(key)) is None:
        if client.set(lock, token, nx=True, ex=5):
            try:
                if (cached := client.get(key)) is None:
                    client.set(key, json.dumps(source.find(id)), ex=60)
            finally:
                if client.get(lock) == token:
                    client.delete(lock)
        else:
            time.sleep(0.01)
    return json.loads(cached)


@wrong("single-flight", hint=1, sees="the record, kept for ever")
def stores_without_an_end(client, source, keys, id):
    key = keys.user(id)
    single_flight(client, source, keys, id)
    client.persist(key)
    return json.loads(client.get(key))


# write order


@right("write-order")
def unlinks_even_if_redis_fails(client, source, keys, id, record):
    source.save(id, record)
    try:
        client.unlink(keys.user(id))
    except Exception as failure:
        print(f"not deleted: {failure}")


@right("write-order")
def sets_what_is_newer(client, source, keys, id, record):
    if_newer = """
        local entry = redis.call('GET', KEYS[1])
        if entry and cjson.decode(entry).version >= tonumber(ARGV[2]) then return 0 end
        return redis.call('SET', KEYS[1], ARGV[1], 'PX', 60000)"""
    version = source.save(id, record)
    new = json.dumps(record | {"id": id, "version": version})
    client.eval(if_newer, 1, keys.user(id), new, version)


@wrong("write-order", hint=2, sees="just before the commit the cache held 'New Name'")
def cache_first(client, source, keys, id, record):
    client.set(keys.user(id), json.dumps(record), ex=60)
    source.save(id, record)


@wrong("write-order", hint=2, sees="just before the commit the cache held 'New Name'")
def cache_first_with_a_roll_back(client, source, keys, id, record):
    client.set(keys.user(id), json.dumps(record), ex=60)
    try:
        source.save(id, record)
    except Exception:
        client.delete(keys.user(id))
        raise


@wrong("write-order", hint=4, sees="nothing was raised")
def keeps_the_failure_to_itself(client, source, keys, id, record):
    try:
        source.save(id, record)
    except Exception:
        return
    client.delete(keys.user(id))


@wrong("write-order", hint=3, sees="after that reader the cache holds 'Old Name'")
def deletes_before_the_commit(client, source, keys, id, record):
    client.delete(keys.user(id))
    source.save(id, record)


@wrong("write-order", hint=1, sees="the row says 'New Name', the cache holds 'Old Name'")
def deletes_nothing(client, source, keys, id, record):
    source.save(id, record)


@wrong("write-order", hint=5, sees="the row says 'Newer Name', the cache holds 'New Name'", race=True)
def sets_after_the_commit(client, source, keys, id, record):
    source.save(id, record)
    client.set(keys.user(id), json.dumps(record), ex=60)


@wrong("write-order", hint=6, sees="Redis was killed, and the row says 'Old Name'")
def asks_redis_first(client, source, keys, id, record):
    client.ping()
    source.save(id, record)
    client.delete(keys.user(id))


# guarded refresh


def load(client, source, key, id):
    record = source.find(id)
    client.set(key, json.dumps(record), ex=60)
    return record


def in_a_thread(*arguments):
    threading.Thread(target=load, args=arguments, daemon=True).start()


@right("guarded-refresh")
def a_script_and_an_executor(client, source, keys, id):
    value_time_and_guard = """
        local value, left = redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])
        if not value then return {false, 0} end
        local mine = left < 12000 and redis.call('SET', KEYS[2], 1, 'NX', 'PX', 3000)
        return {value, mine and 1 or 0}"""
    from concurrent.futures import ThreadPoolExecutor

    key = keys.user(id)
    cached, mine = client.eval(value_time_and_guard, 2, key, keys.beside(key, "guard"))
    if cached is None:
        return load(client, source, key, id)
    if mine:
        ThreadPoolExecutor(1).submit(load, client, source, key, id)
    return json.loads(cached)


def refresh_ahead(client, source, keys, id, *, look=None, due=None, guard=None, start=in_a_thread):
    """The solution, with one part of it exchanged."""
    key = keys.user(id)
    both = look or (lambda: client.pipeline(transaction=False).get(key).pttl(key).execute())
    guard = guard or (lambda name: client.set(name, 1, nx=True, px=5000))
    cached, left = both()
    if cached is None:
        return load(client, source, key, id)
    if (due or (lambda left: left < 12_000))(left) and guard(keys.beside(key, "refresh")):
        start(client, source, key, id)
    return json.loads(cached)


@wrong("guarded-refresh", hint=3, sees="2 commands in 2 round trips; wanted 1")
def asks_twice(client, source, keys, id):
    key = keys.user(id)
    return refresh_ahead(client, source, keys, id, look=lambda: (client.get(key), client.pttl(key)))


@wrong("guarded-refresh", hint=6, sees="0 queries after a read with 0.45 s left; wanted 1")
def counts_whole_seconds(client, source, keys, id):
    key = keys.user(id)
    look = client.pipeline(transaction=False).get(key).ttl(key).execute
    return refresh_ahead(client, source, keys, id, look=look, due=lambda left: 0 < left < 12)


@wrong("guarded-refresh", hint=2, sees="for 5 reads with 60 s left; wanted 0")
def refreshes_all_the_time(client, source, keys, id):
    return refresh_ahead(client, source, keys, id, due=lambda left: True)


@wrong("guarded-refresh", hint=4, sees="the reader waited for the query")
def refreshes_in_the_readers_time(client, source, keys, id):
    return refresh_ahead(client, source, keys, id, start=load)


@wrong("guarded-refresh", hint=4, sees="no running event loop")
def a_task_without_a_loop(client, source, keys, id):
    async def later(*arguments):
        load(*arguments)

    return refresh_ahead(client, source, keys, id, start=lambda *arguments: asyncio.create_task(later(*arguments)))


@wrong("guarded-refresh", hint=5, sees="still the old value")
def loads_and_forgets_to_store(client, source, keys, id):
    def start(*_):
        threading.Thread(target=source.find, args=(id,), daemon=True).start()

    return refresh_ahead(client, source, keys, id, start=start)


@wrong("guarded-refresh", hint=7, sees="2 queries for 2 readers; wanted 1", race=True)
def no_guard(client, source, keys, id):
    return refresh_ahead(client, source, keys, id, guard=lambda name: True)


@wrong("guarded-refresh", hint=7, sees="the guard lives for ever")
def a_guard_without_an_end(client, source, keys, id):
    return refresh_ahead(client, source, keys, id, guard=lambda name: client.setnx(name, 1))


@wrong("guarded-refresh", hint=7, sees="the guard lives for 60 s")
def a_guard_that_outlives_the_entry(client, source, keys, id):
    return refresh_ahead(client, source, keys, id, guard=lambda name: client.set(name, 1, nx=True, ex=60))


@functools.cache
def first_of_this_process(name):
    return [True]


@wrong("guarded-refresh", hint=7, sees="other processes do not see it")
def a_guard_of_this_process_only(client, source, keys, id):
    def guard(name):
        return first_of_this_process(name) and first_of_this_process(name).pop()

    return refresh_ahead(client, source, keys, id, guard=guard)


@wrong("guarded-refresh", hint=1, sees="the record, kept for 20 s")
def keeps_a_miss_for_less(client, source, keys, id):
    key = keys.user(id)
    cached, left = client.pipeline(transaction=False).get(key).pttl(key).execute()
    if cached is None:
        record = source.find(id)
        client.set(key, json.dumps(record), ex=20)
        return record
    return refresh_ahead(client, source, keys, id, look=lambda: (cached, left))


@wrong("guarded-refresh", hint=8, sees="2 queries for 2 readers; wanted 1", race=True)
def looks_for_a_guard_and_then_sets_it(client, source, keys, id):
    return refresh_ahead(
        client, source, keys, id, guard=lambda name: not client.exists(name) and client.set(name, 1, px=5000)
    )


# save a batch


def batch(client, source, keys, worker, *, idle=10_000, claim=True, read=None, save=None, acknowledge=None):
    """The solution, with one part of it exchanged."""
    stream = keys.stream("user")
    _, left, _ = client.xautoclaim(stream, "writers", worker, idle, count=100) if claim else (None, [], None)
    reply = (read or client.xreadgroup)("writers", worker, {stream: ">"}, count=100)
    entries = left + (reply[0][1] if reply else [])
    records = [json.loads(fields["record"]) for _, fields in entries]
    if entries:
        (save or save_newest)(source, records)
        (acknowledge or (lambda ids: client.xack(stream, "writers", *ids)))([entry for entry, _ in entries])
    return len(entries)


def save_newest(source, records):
    newest = {}
    for record in records:
        if record["id"] not in newest or newest[record["id"]]["version"] < record["version"]:
            newest[record["id"]] = record
    source.save_many(list(newest.values()))


@right("save-batch")
def by_pending_and_claim(client, source, keys, worker):
    stream = keys.stream("user")
    reply = client.xreadgroup("writers", worker, {stream: ">"}, count=100, block=1)
    entries = reply[0][1] if reply else []
    late = client.xpending_range(stream, "writers", "-", "+", count=100, idle=10_000)
    if late:
        entries += client.xclaim(stream, "writers", worker, 10_000, [each["message_id"] for each in late])
    save_newest(source, [json.loads(fields["record"]) for _, fields in entries])
    pipeline = client.pipeline()
    for entry, _ in entries:
        pipeline.xack(stream, "writers", entry).xdel(stream, entry)
    pipeline.execute()
    return len(entries)


@wrong("save-batch", hint=2, sees="is neither in the database nor pending")
def acknowledges_first(client, source, keys, worker):
    stream = keys.stream("user")

    def read(*arguments, **options):
        if reply := client.xreadgroup(*arguments, **options):
            client.xack(stream, "writers", *(entry for entry, _ in reply[0][1]))
        return reply

    return batch(client, source, keys, worker, read=read, acknowledge=lambda ids: client.xack(stream, "writers", *ids))


@wrong("save-batch", hint=2, sees="NOACK")
def never_pending(client, source, keys, worker):
    read = functools.partial(client.xreadgroup, noack=True)
    return batch(client, source, keys, worker, read=read)


@wrong("save-batch", hint=3, sees="DatabaseError was raised, and 0 of 2 writes are kept")
def acknowledges_in_any_case(client, source, keys, worker):
    stream = keys.stream("user")
    reply = client.xreadgroup("writers", worker, {stream: ">"}, count=100)
    entries = reply[0][1] if reply else []
    try:
        save_newest(source, [json.loads(fields["record"]) for _, fields in entries])
    except Exception:
        client.xack(stream, "writers", *(entry for entry, _ in entries))
        raise
    if entries:
        client.xack(stream, "writers", *(entry for entry, _ in entries))
    return len(entries)


@wrong("save-batch", hint=1, sees="5 of 5 entries not acknowledged")
def forgets_to_acknowledge(client, source, keys, worker):
    return batch(client, source, keys, worker, acknowledge=lambda ids: None)


@wrong("save-batch", hint=4, sees="60 rows in 60 transactions")
def a_commit_each(client, source, keys, worker):
    return batch(
        client, source, keys, worker, save=lambda source, records: [source.save_many([one]) for one in records]
    )


@wrong("save-batch", hint=4, sees="60 rows in 1 transaction")
def every_version(client, source, keys, worker):
    return batch(client, source, keys, worker, save=lambda source, records: source.save_many(records))


@wrong("save-batch", hint=4, sees="57 of 60 entries are not acknowledged")
def acknowledges_the_newest_only(client, source, keys, worker):
    stream = keys.stream("user")
    _, left, _ = client.xautoclaim(stream, "writers", worker, 10_000, count=100)
    reply = client.xreadgroup("writers", worker, {stream: ">"}, count=100)
    newest = {}
    for entry, fields in left + (reply[0][1] if reply else []):
        newest[json.loads(fields["record"])["id"]] = entry, json.loads(fields["record"])
    source.save_many([record for _, record in newest.values()])
    if newest:
        client.xack(stream, "writers", *(entry for entry, _ in newest.values()))
    return len(newest)


@wrong("save-batch", hint=7, sees="the row says 'Old City'")
def the_last_one_is_not_the_newest(client, source, keys, worker):
    def save(source, records):
        source.save_many(list({record["id"]: record for record in reversed(records)}.values()))

    return batch(client, source, keys, worker, save=save)


@wrong("save-batch", hint=5, sees="it was read 20 s ago; the row says")
def new_entries_only(client, source, keys, worker):
    return batch(client, source, keys, worker, claim=False)


@wrong("save-batch", hint=6, sees="it was read a moment ago, and was acknowledged")
def takes_over_what_is_under_way(client, source, keys, worker):
    return batch(client, source, keys, worker, idle=0)


# a pattern for each kind


def kinds(client, database, keys, order=Resilient, user=WriteBehind, product=ServeStale):
    """The solution, with other patterns."""
    return {
        "order": order(client, database.orders, keys),
        "user": user(client, database.users, keys),
        "product": product(client, database.products, keys),
    }


@right("pattern-by-kind")
def write_through_and_refresh_ahead(client, database, keys):
    return kinds(client, database, keys, order=WriteThrough, product=RefreshAhead)


@right("pattern-by-kind")
def with_a_worker_of_its_own(client, database, keys):
    patterns = kinds(client, database, keys, order=ServeStale, product=functools.partial(ServeStale, ttl=5))
    WriteBehindWorker(patterns["user"]).start()
    return patterns


@wrong("pattern-by-kind", hint=1, sees="product 42 came back as")
def one_table_for_all(client, database, keys):
    users = WriteBehind(client, database.users, keys)
    return {"order": Resilient(client, database.orders, keys), "user": users, "product": users}


@wrong("pattern-by-kind", hint=3, sees="and the row says 'paid'; get: ConnectionError was raised")
def cache_aside_for_orders(client, database, keys):
    return kinds(client, database, keys, order=CacheAside)


@wrong("pattern-by-kind", hint=2, sees="'cancelled' was put, and the row says")
def orders_by_the_queue(client, database, keys):
    return kinds(client, database, keys, order=WriteBehind)


@wrong("pattern-by-kind", hint=3, sees="put: ConnectionError was raised")
def orders_to_the_cache_first(client, database, keys):
    return kinds(client, database, keys, order=functools.partial(WriteThrough, order="cache first"))


@wrong("pattern-by-kind", hint=4, sees="It raised DatabaseError")
def users_like_orders(client, database, keys):
    return kinds(client, database, keys, user=WriteThrough)


@wrong("pattern-by-kind", hint=5, sees="'Lagos' was accepted, its process died, and the row says")
def a_queue_in_the_process(client, database, keys):
    return kinds(client, database, keys, user=ModuleWriteBehind)


@wrong("pattern-by-kind", hint=6, sees="0 queries; it expires, and the next reader waits")
def single_flight_for_products(client, database, keys):
    return kinds(client, database, keys, product=SingleFlight)


@wrong("pattern-by-kind", hint=7, sees="queries for 16 readers; wanted 1")
def refreshed_by_all(client, database, keys):
    return kinds(client, database, keys, product=functools.partial(RefreshAhead, guard=False))
