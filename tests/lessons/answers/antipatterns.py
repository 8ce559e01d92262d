"""Answers to the exercises of section 5."""

import threading
import time

import redis

from tests.lessons.answers import right, wrong

# measure honestly


@right("measure-honestly")
def a_thread_for_each(ping, period, count):
    seen, start = [0.0] * count, time.perf_counter()

    def one(number):
        due = start + number * period
        time.sleep(max(0, due - time.perf_counter()))
        ping()
        seen[number] = time.perf_counter() - due

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


@right("measure-honestly")
def adds_up_periods(ping, period, count):
    seen, due = [], time.monotonic()
    while len(seen) < count:
        while time.monotonic() < due:
            time.sleep(period / 10)
        ping()
        seen.append(time.monotonic() - due)
        due += period
    return seen


def measured(ping, period, count, *, scheduled=True, waits=True, from_due=True, skips=False, unit=1):
    """The solution, or a part of it."""
    seen, start = [], time.perf_counter()
    for number in range(count):
        due = start + number * period if scheduled else time.perf_counter()
        left = due - time.perf_counter()
        if skips and left < -period:
            continue
        if waits:
            time.sleep(max(0, left if scheduled else period))
        began = time.perf_counter()
        ping()
        seen.append(unit * (time.perf_counter() - (due if from_due else began)))
    return seen


@wrong("measure-honestly", hint=2, sees="due after 0.59 s")
def as_fast_as_it_can(ping, period, count):
    return measured(ping, period, count, waits=False, from_due=False)


@wrong("measure-honestly", hint=1, sees="their median")
def in_milliseconds(ping, period, count):
    return measured(ping, period, count, unit=1000)


@wrong("measure-honestly", hint=3, sees="the last ones went out")
def sleeps_between(ping, period, count):
    return measured(ping, period, count, scheduled=False, from_due=False)


@wrong("measure-honestly", hint=3, sees="the last ones went out")
def begins_anew_after_a_stall(ping, period, count):
    seen, due = [], time.perf_counter()
    for _ in range(count):
        time.sleep(max(0, due - time.perf_counter()))
        ping()
        seen.append(time.perf_counter() - due)
        due = max(due + period, time.perf_counter())
    return seen


@wrong("measure-honestly", hint=4, sees="latencies are above 50 ms; 25 of 60 would be")
def from_when_it_was_sent(ping, period, count):
    return measured(ping, period, count, from_due=False)


@wrong("measure-honestly", hint=4, sees="latencies are above 50 ms; 25 of 60 would be")
def leaves_the_late_ones_out(ping, period, count):
    return measured(ping, period, count, skips=True)


# TTL audit


def ask(client, names, ttl="ttl"):
    pipeline = client.pipeline(transaction=False)
    for name in names:
        getattr(pipeline, ttl)(name)
    return list(zip(names, pipeline.execute(), strict=True))


@right("ttl-audit")
def fills_pipelines_from_an_iterator(client, prefix):
    names = sorted(set(client.scan_iter(match=f"{prefix}*", count=500)))
    portions = [names[at : at + 250] for at in range(0, len(names), 250)]
    return [name for portion in portions for name, left in ask(client, portion, "pttl") if left == -1]


@right("ttl-audit")
def by_the_moment_of_the_end(client, prefix):
    names = sorted(set(client.scan_iter(match=f"{prefix}*", count=500)))
    portions = [names[at : at + 500] for at in range(0, len(names), 500)]
    return [name for portion in portions for name, end in ask(client, portion, "expiretime") if end == -1]


def audit(client, prefix, *, wanted=lambda left: left == -1, size=500, count=500, then=lambda pipeline, name: None):
    """The same, with one part of it exchanged."""
    names = sorted(set(client.scan_iter(match=f"{prefix}*", count=count)))
    portions = [names[at : at + size] for at in range(0, len(names), size)]
    found = [name for portion in portions for name, left in ask(client, portion) if wanted(left)]
    pipeline = client.pipeline(transaction=False)
    for name in found:
        then(pipeline, name)
    pipeline.execute()
    return found


@wrong("ttl-audit", hint=2, sees="10 of 10 that had expired were named")
def less_than_nothing(client, prefix):
    return audit(client, prefix, wanted=lambda left: left < 0)


@wrong("ttl-audit", hint=1, sees="240 of 240 were missed")
def those_that_are_gone(client, prefix):
    return audit(client, prefix, wanted=lambda left: left == -2)


@wrong("ttl-audit", hint=3, sees="KEYS was sent")
def names_by_keys(client, prefix):
    return [
        name
        for at in [client.keys(f"{prefix}*")]
        for name, left in ask(client, at[:500]) + ask(client, at[500:1000]) + ask(client, at[1000:])
        if left == -1
    ]


@wrong("ttl-audit", hint=3, sees="SCAN was to look at 100,000")
def one_great_scan(client, prefix):
    return audit(client, prefix, count=100_000)


@wrong("ttl-audit", hint=4, sees="1200 round trips for 1200 keys")
def each_by_itself(client, prefix):
    return [name for name in set(client.scan_iter(match=f"{prefix}*", count=500)) if client.ttl(name) == -1]


@wrong("ttl-audit", hint=4, sees="the longest about 1200")
def all_at_once(client, prefix):
    return audit(client, prefix, size=100_000)


@wrong("ttl-audit", hint=5, sees="240 have got a TTL")
def mends_them(client, prefix):
    return audit(client, prefix, then=lambda pipeline, name: pipeline.expire(name, 3600))


@wrong("ttl-audit", hint=5, sees="240 of 1200 keys are gone")
def deletes_them_as_in_the_module(client, prefix):
    return audit(client, prefix, then=lambda pipeline, name: pipeline.delete(name))


# one connection


def functions(client):
    return (lambda number: client.get(f"user:{number}")), (lambda number: client.get(f"order:{number}"))


@right("one-connection")
def by_from_pool(url):
    pool = redis.BlockingConnectionPool.from_url(url, max_connections=8, timeout=10, decode_responses=True)
    return functions(redis.Redis.from_pool(pool))


@right("one-connection")
def two_clients_on_one_pool(url):
    pool = redis.BlockingConnectionPool.from_url(url, max_connections=3, decode_responses=True)
    return functions(redis.Redis(connection_pool=pool))[0], functions(redis.Redis(connection_pool=pool))[1]


@wrong("one-connection", hint=2, sees="40 connections for 40 calls")
def closes_each(url):
    def get(name):
        with redis.Redis.from_url(url, decode_responses=True) as client:
            return client.get(name)

    return (lambda number: get(f"user:{number}")), (lambda number: get(f"order:{number}"))


@wrong("one-connection", hint=2, sees="2 connections for 40 calls")
def a_pool_for_each_function(url):
    clients = [redis.Redis.from_url(url, decode_responses=True, max_connections=8) for _ in range(2)]
    return functions(clients[0])[0], functions(clients[1])[1]


@wrong("one-connection", hint=1, sees="b'user 7'")
def gives_bytes(url):
    return functions(redis.Redis(connection_pool=redis.BlockingConnectionPool.from_url(url, max_connections=8)))


@wrong("one-connection", hint=3, sees="connections for 32 calls at the same time")
def a_pool_that_grows(url):
    return functions(redis.Redis.from_url(url, decode_responses=True))


@wrong("one-connection", hint=4, sees="of 32 got their answer")
def a_pool_that_raises(url):
    return functions(redis.Redis.from_url(url, decode_responses=True, max_connections=8))


@wrong("one-connection", hint=4, sees="of 32 got their answer")
def waits_too_shortly(url):
    pool = redis.BlockingConnectionPool.from_url(url, max_connections=4, timeout=0.001, decode_responses=True)
    return functions(redis.Redis(connection_pool=pool))


# one product


def catalogue(client, keys, *, clears=False, sweeps=True, size=100, read=None):
    """The solution, with a part of it exchanged."""
    key = keys.entity("catalogue", "all")

    def store(products):
        items = list(products.items())
        if clears:
            client.delete(key)
        for at in range(0, len(items), size):
            client.hset(key, mapping=dict(items[at : at + size]))
        gone = set(client.hkeys(key)) - products.keys()
        if sweeps and gone:
            client.hdel(key, *gone)

    return store, lambda number: read(client, key, number) if read else client.hget(key, number)


@right("one-product")
def renames_a_second_hash(client, keys):
    key, second = keys.entity("catalogue", "all"), keys.entity("catalogue", "next")

    def store(products):
        items = list(products.items())
        client.delete(second)
        for at in range(0, len(items), 150):
            client.hset(second, mapping=dict(items[at : at + 150]))
        client.rename(second, key)

    return store, lambda number: client.hget(key, number)


@right("one-product")
def a_key_for_each_product(client, keys):
    index = keys.entity("catalogue", "ids")

    def store(products):
        ids = list(products)
        for at in range(0, len(ids), 100):
            part = ids[at : at + 100]
            client.mset({keys.product(id): products[id] for id in part})
            client.sadd(index, *part)
        if gone := client.smembers(index) - products.keys():
            client.unlink(*map(keys.product, gone))
            client.srem(index, *gone)

    return store, lambda number: client.get(keys.product(number))


@wrong("one-product", hint=2, sees="KB in 1 round trip for a product of 500 characters")
def reads_the_whole_hash(client, keys):
    return catalogue(client, keys, read=lambda client, key, number: client.hgetall(key).get(number))


@wrong("one-product", hint=2, sees="KB in 2 round trips for a product of 500 characters")
def asks_whether_it_is_there_first(client, keys):
    return catalogue(
        client, keys, read=lambda client, key, number: client.hget(key, number) if client.hexists(key, number) else None
    )


@wrong("one-product", hint=3, sees="the largest command 1,0")
def writes_all_in_one_command(client, keys):
    return catalogue(client, keys, size=10_000)


@wrong("one-product", hint=3, sees="2001 round trips, the largest command 1 KB")
def writes_one_by_one(client, keys):
    return catalogue(client, keys, size=1)


@wrong("one-product", hint=4, sees="still there")
def only_adds(client, keys):
    return catalogue(client, keys, sweeps=False)


@wrong("one-product", hint=5, sees="the reader got None", race=True)
def deletes_first(client, keys):
    return catalogue(client, keys, clears=True)


@wrong("one-product", hint=1, sees="and '' for one that is not")
def an_empty_text_for_none(client, keys):
    return catalogue(client, keys, read=lambda client, key, number: client.hget(key, number) or "")


# to prefix


@right("to-prefix")
def by_a_script(old, new, prefix):
    move = old.register_script(
        "redis.call('COPY', KEYS[1], ARGV[1], 'DB', 0, 'REPLACE') return redis.call('UNLINK', KEYS[1])"
    )
    for name in list(old.scan_iter()):
        move(keys=[name], args=[prefix + name])


@right("to-prefix")
def all_in_one_transaction(old, new, prefix):
    pipeline = old.pipeline()
    for name in set(old.scan_iter()):
        pipeline.copy(name, prefix + name, destination_db=0, replace=True)
        pipeline.delete(name)
    pipeline.execute()


@wrong("to-prefix", hint=1, sees="is not")
def under_the_old_names(old, new, prefix):
    for name in old.scan_iter():
        old.move(name, 0)


@wrong("to-prefix", hint=1, sees="2 keys of 4, not report:10")
def strings_only(old, new, prefix):
    for name in old.scan_iter(_type="string"):
        old.pipeline().copy(name, prefix + name, destination_db=0, replace=True).unlink(name).execute()


@wrong("to-prefix", hint=1, sees="0 keys of 4, not report:10")
def leaves_the_old_ones(old, new, prefix):
    for name in old.scan_iter():
        old.copy(name, prefix + name, destination_db=0, replace=True)


@wrong("to-prefix", hint=2, sees="report:7 in database 0 is None")
def over_the_name_of_the_shop(old, new, prefix):
    for name in old.scan_iter():
        old.copy(name, name, destination_db=0, replace=True)
        new.rename(name, prefix + name)
        old.unlink(name)


@wrong("to-prefix", hint=3, sees="a key that had 600 s left is kept for ever")
def value_by_value(old, new, prefix):
    for name in old.scan_iter():
        if old.type(name) == "list":
            new.rpush(prefix + name, *old.lrange(name, 0, -1))
        else:
            new.set(prefix + name, old.get(name))
        old.delete(name)


@wrong("to-prefix", hint=4, sees="it died, and after a second run report:", race=True)
def refuses_to_overwrite(old, new, prefix):
    for name in old.scan_iter():
        if old.copy(name, prefix + name, destination_db=0):
            old.unlink(name)


@wrong("to-prefix", hint=5, sees="after a second run the report is 'seven'; wanted 'a newer seven'", race=True)
def in_two_steps(old, new, prefix):
    for name in old.scan_iter():
        old.copy(name, prefix + name, destination_db=0, replace=True)
        old.unlink(name)


@wrong("to-prefix", hint=5, sees="after a second run the report is 'seven'; wanted 'a newer seven'", race=True)
def keeps_the_first_copy(old, new, prefix):
    for name in old.scan_iter():
        old.pipeline().copy(name, prefix + name, destination_db=0).unlink(name).execute()


# only new


def place(finding):
    return finding["rule"], finding["subject"]


def worth(finding):
    return finding["weight"] >= 2


@right("only-new")
def loop_by_loop(before, after):
    assert_complete(after)
    found = []
    for finding in after["findings"]:
        former = [each["weight"] for each in before["findings"] if place(each) == place(finding)]
        if worth(finding) and (not former or finding["weight"] > former[0]):
            found.append(finding)
    return found


def assert_complete(report):
    if not report["complete"]:
        raise ValueError(report["basis"])


@wrong("only-new", hint=1, sees="it returned missing TTL shop:cache:page:*; wanted []")
def fails_for_the_known(before, after):
    assert_complete(after)
    return [finding for finding in after["findings"] if worth(finding) or not before]


@wrong("only-new", hint=2, sees="it returned nothing; wanted ['missing TTL shop:session:*']")
def compares_rules_alone(before, after):
    known = {finding["rule"] for finding in before["findings"]}
    return [finding for finding in after["findings"] if worth(finding) and finding["rule"] not in known]


@wrong("only-new", hint=3, sees="it returned missing TTL shop:cache:page:*; wanted []")
def compares_what_was_seen_too(before, after):
    assert_complete(after)
    known = [(place(finding), finding["seen"]) for finding in before["findings"]]
    return [each for each in after["findings"] if worth(each) and (place(each), each["seen"]) not in known]


@wrong("only-new", hint=4, sees="shop:invoice:*; wanted []")
def fails_for_hints(before, after):
    known = set(map(place, before["findings"]))
    return [finding for finding in after["findings"] if place(finding) not in known]


@wrong("only-new", hint=5, sees="it returned nothing; wanted ['big key shop:export:*']")
def forgives_what_it_knows(before, after):
    known = set(map(place, before["findings"]))
    return [finding for finding in after["findings"] if worth(finding) and place(finding) not in known]


@wrong("only-new", hint=6, sees="500 of")
def trusts_a_part(before, after):
    known = {place(finding): finding["weight"] for finding in before["findings"]}
    return [each for each in after["findings"] if worth(each) and each["weight"] > known.get(place(each), 0)]
