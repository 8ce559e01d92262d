"""Answers to the exercises of section 4."""

import hashlib

import redis

from tests.lessons.answers import right, wrong

# in chunks


@right("in-chunks")
def many_by_mget(client, keys, ids):
    names, values = [keys.user(id) for id in ids], []
    for at in range(0, len(names), 500):
        values += client.mget(names[at : at + 500])
    return values


@right("in-chunks")
def as_the_library_does(client, keys, ids):
    from redislab.tuning import get_many

    return get_many(client, (keys.user(id) for id in ids), chunk=300)


@wrong("in-chunks", hint=2, sees="1234 round trips")
def one_by_one(client, keys, ids):
    return [client.get(keys.user(id)) for id in ids]


@wrong("in-chunks", hint=1, sees="857 values came; wanted 1000")
def what_is_not_there_is_left_out(client, keys, ids):
    return [value for value in many_by_mget(client, keys, ids) if value is not None]


@wrong("in-chunks", hint=3, sees="one round trip asks for 1234")
def one_long_pipeline(client, keys, ids):
    pipeline = client.pipeline(transaction=False)
    for id in ids:
        pipeline.get(keys.user(id))
    return pipeline.execute()


@wrong("in-chunks", hint=3, sees="one round trip asks for 1000")
def a_thousand_at_once(client, keys, ids):
    return as_slices(client, keys, list(ids), 1000)


def as_slices(client, keys, ids, size):
    values = []
    for at in range(0, len(ids), size):
        values += client.mget([keys.user(id) for id in ids[at : at + size]])
    return values


@wrong("in-chunks", hint=5, sees="object of type 'generator' has no len()")
def needs_a_length(client, keys, ids):
    return as_slices(client, keys, ids, 500)


@wrong("in-chunks", hint=4, sees="with 1 id 0 values came; wanted 1")
def forgets_the_rest(client, keys, ids):
    chunk, values = [], []
    for id in ids:
        chunk.append(keys.user(id))
        if len(chunk) == 500:
            values += client.mget(chunk)
            chunk = []
    return values


# count once


@right("count-once")
def an_end_where_there_is_none(client, keys, name, by):
    key = keys.counter(name)
    return client.pipeline().incrby(key, by).expire(key, 3600, nx=True).execute()[0]


@right("count-once")
def a_script_that_returns_text(client, keys, name, by):
    script = """
        redis.call('SET', KEYS[1], 0, 'EX', 3600, 'NX')
        redis.call('INCRBY', KEYS[1], ARGV[1])
        return redis.call('GET', KEYS[1])"""
    return int(client.eval(script, 1, keys.counter(name), by))


def counting(client, keys, name, by, add, then=""):
    return client.eval(f"{add} {then} return number", 1, keys.counter(name), by)


@wrong("count-once", hint=1, sees="'40' is stored, for ever")
def as_in_the_module(client, keys, name, by):
    add = "local number = (redis.call('GET', KEYS[1]) or 0) + ARGV[1] redis.call('SET', KEYS[1], number)"
    return counting(client, keys, name, by, add)


@wrong("count-once", hint=1, sees="for 3.6e+03 s, and 40 was returned")
def each_one_prolongs_it(client, keys, name, by):
    key = keys.counter(name)
    return client.pipeline().incrby(key, by).expire(key, 3600).execute()[0]


@wrong("count-once", hint=2, sees="'10' is stored, for ever")
def incrby_alone(client, keys, name, by):
    return client.incrby(keys.counter(name), by)


@wrong("count-once", hint=3, sees="30, 10 and the 5 that came between two commands make 40", race=True)
def gets_and_sets(client, keys, name, by):
    key = keys.counter(name)
    number = int(client.get(key) or 0) + by
    if not client.set(key, number, xx=True, keepttl=True):
        client.set(key, number, ex=3600)
    return number


@wrong("count-once", hint=4, sees="the process died between two commands", race=True)
def an_end_for_the_first(client, keys, name, by):
    number = client.incrby(keys.counter(name), by)
    if number == by:
        client.expire(keys.counter(name), 3600)
    return number


@wrong("count-once", hint=5, sees="the counter expired between two commands", race=True)
def makes_it_and_counts_then(client, keys, name, by):
    client.set(keys.counter(name), 0, ex=3600, nx=True)
    return client.incrby(keys.counter(name), by)


@wrong("count-once", hint=6, sees="the counter expired between two commands", race=True)
def looks_whether_there_is_one(client, keys, name, by):
    key = keys.counter(name)
    if client.exists(key):
        return client.incrby(key, by)
    return client.pipeline().incrby(key, by).expire(key, 3600, nx=True).execute()[0]


@wrong("count-once", hint=7, sees="9007199254740993 and 10 are stored as 9")
def a_sum_in_lua(client, keys, name, by):
    add = """
        redis.call('SET', KEYS[1], 0, 'EX', 3600, 'NX')
        local number = redis.call('GET', KEYS[1]) + ARGV[1]
        redis.call('SET', KEYS[1], number, 'KEEPTTL')"""
    return counting(client, keys, name, by, add)


@wrong("count-once", hint=7, sees="are stored as 9007199254741003, and 900719925474100")
def a_number_out_of_lua(client, keys, name, by):
    add = "redis.call('SET', KEYS[1], 0, 'EX', 3600, 'NX') local number = redis.call('INCRBY', KEYS[1], ARGV[1])"
    return counting(client, keys, name, by, add)


# swap keeps its TTL


@right("swap-keeps-ttl")
def watches_it(client, keys, name, old, new):
    key = keys.entity("config", name)

    def change(pipeline):
        same = pipeline.get(key) == old
        pipeline.multi()
        if same:
            pipeline.set(key, new, keepttl=True)
        return same

    return client.transaction(change, key, value_from_callable=True)


@right("swap-keeps-ttl")
def as_the_library_does_it(client, keys, name, old, new):
    from redislab.tuning import CompareAndSet

    return CompareAndSet(client)(keys.entity("config", name), old, new)


def swapping(client, keys, name, old, new, write, same="redis.call('GET', KEYS[1]) == ARGV[1]"):
    script = f"if not ({same}) then return 0 end {write} return 1"
    return client.eval(script, 1, keys.entity("config", name), old, new) == 1


@wrong("swap-keeps-ttl", hint=4, sees="kept for ever")
def swaps_as_in_the_module(client, keys, name, old, new):
    return swapping(client, keys, name, old, new, "redis.call('SET', KEYS[1], ARGV[2])")


@wrong("swap-keeps-ttl", hint=4, sees="is kept for 3.6e+03 s")
def a_new_end(client, keys, name, old, new):
    return swapping(client, keys, name, old, new, "redis.call('SET', KEYS[1], ARGV[2], 'EX', 3600)")


@wrong("swap-keeps-ttl", hint=5, sees="invalid expire")
def sets_the_old_end(client, keys, name, old, new):
    write = "redis.call('SET', KEYS[1], ARGV[2], 'PX', redis.call('PTTL', KEYS[1]))"
    return swapping(client, keys, name, old, new, write)


@wrong("swap-keeps-ttl", hint=2, sees="'1.2' was expected; now it holds '1.21'")
def compares_numbers(client, keys, name, old, new):
    same = "tonumber(redis.call('GET', KEYS[1])) == tonumber(ARGV[1])"
    return swapping(client, keys, name, old, new, "redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')", same)


@wrong("swap-keeps-ttl", hint=2, sees="now it holds '1.21', and True was returned")
def whatever_is_there(client, keys, name, old, new):
    return bool(client.set(keys.entity("config", name), new, xx=True, keepttl=True))


@wrong("swap-keeps-ttl", hint=6, sees="'2.0' came between two commands, and is lost: '1.21'", race=True)
def looks_and_sets_then(client, keys, name, old, new):
    key = keys.entity("config", name)
    return client.get(key) == old and bool(client.set(key, new, keepttl=True))


@wrong("swap-keeps-ttl", hint=7, sees="5000 s were given to it between two commands", race=True)
def asks_for_the_end_before(client, keys, name, old, new):
    left = client.pttl(keys.entity("config", name))
    end = f"if {left} > 0 then redis.call('PEXPIRE', KEYS[1], {left}) end"
    return swapping(client, keys, name, old, new, f"redis.call('SET', KEYS[1], ARGV[2]) {end}")


@wrong("swap-keeps-ttl", hint=1, sees="it holds '1.21', and 1 was returned")
def returns_a_number(client, keys, name, old, new):
    return as_the_library_does_it(client, keys, name, old, new) * 1


@wrong("swap-keeps-ttl", hint=3, sees="there is a key now, and True was returned")
def the_first_one_too(client, keys, name, old, new):
    same = "(redis.call('GET', KEYS[1]) or ARGV[1]) == ARGV[1]"
    return swapping(client, keys, name, old, new, "redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')", same)


@wrong("swap-keeps-ttl", hint=8, sees="the process died between two commands", race=True)
def gives_the_ttl_back(client, keys, name, old, new):
    key = keys.entity("config", name)
    script = """
        local left = redis.call('PTTL', KEYS[1])
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -2 end
        redis.call('SET', KEYS[1], ARGV[2])
        return left"""
    left = client.eval(script, 1, key, old, new)
    if left > 0:
        client.pexpire(key, left, nx=True)
    return left != -2


# NOSCRIPT


@right("noscript")
def registered(client, script, names, args):
    return client.register_script(script)(names, args)


@right("noscript")
def loaded_when_it_is_missing(client, script, names, args):
    digest = hashlib.sha1(script.encode()).hexdigest()
    try:
        return client.evalsha(digest, len(names), *names, *args)
    except redis.exceptions.NoScriptError:
        client.script_load(script)
        return client.evalsha(digest, len(names), *names, *args)


@wrong("noscript", hint=1, sees="bytes were sent for the second call")
def the_text_each_time(client, script, names, args):
    return client.execute_command("EVAL", script, len(names), *names, *args)


@wrong("noscript", hint=1, sees="bytes were sent for the second call")
def loads_it_each_time(client, script, names, args):
    return client.evalsha(client.script_load(script), len(names), *names, *args)


@wrong("noscript", hint=2, sees="2 round trips; wanted 1")
def asks_whether_it_is_known(client, script, names, args):
    digest = hashlib.sha1(script.encode()).hexdigest()
    if not client.script_exists(digest)[0]:
        client.script_load(script)
    return client.evalsha(digest, len(names), *names, *args)


@wrong("noscript", hint=3, sees="NoScriptError")
def by_name_only(client, script, names, args):
    return client.evalsha(hashlib.sha1(script.encode()).hexdigest(), len(names), *names, *args)


known = {}


@wrong("noscript", hint=5, sees="NoScriptError")
def remembers_what_is_known(client, script, names, args):
    if script not in known:
        known[script] = client.script_load(script)
    return client.evalsha(known[script], len(names), *names, *args)


@wrong("noscript", hint=6, sees="two calls ran it 3 times")
def again_after_any_error(client, script, names, args):
    try:
        return client.evalsha(hashlib.sha1(script.encode()).hexdigest(), len(names), *names, *args)
    except redis.ResponseError:
        return client.eval(script, len(names), *names, *args)


@wrong("noscript", hint=4, sees="two calls ran it 3 times")
def runs_it_to_load_it(client, script, names, args):
    digest = hashlib.sha1(script.encode()).hexdigest()
    try:
        return client.evalsha(digest, len(names), *names, *args)
    except redis.exceptions.NoScriptError:
        client.eval(script, len(names), *names, *args)
        return client.evalsha(digest, len(names), *names, *args)


# a pool that waits


def on(pool):
    return redis.Redis(connection_pool=pool)


@right("pool-that-waits")
def as_connect_does(url, rate, seconds):
    from redislab.tuning import Settings, connect, square_root

    return connect(url, Settings(max_connections=square_root(rate, seconds)))


@right("pool-that-waits")
def with_half_a_second(url, rate, seconds):
    size = int(rate * seconds + 2 * (rate * seconds) ** 0.5) + 1
    return redis.Redis.from_pool(redis.BlockingConnectionPool.from_url(url, max_connections=size, timeout=0.5))


@wrong("pool-that-waits", hint=1, sees="it used [5, 14, 6]")
def with_a_factor(url, rate, seconds):
    from redislab.tuning import module_formula

    return on(redis.BlockingConnectionPool.from_url(url, max_connections=module_formula(rate, seconds), timeout=1))


@wrong("pool-that-waits", hint=1, sees="it used [3, 9, 4]")
def as_many_as_are_busy(url, rate, seconds):
    return on(redis.BlockingConnectionPool.from_url(url, max_connections=round(rate * seconds), timeout=1))


@wrong("pool-that-waits", hint=2, sees="of 21 were answered")
def that_raises(url, rate, seconds):
    from redislab.tuning import square_root

    return on(redis.ConnectionPool.from_url(url, max_connections=square_root(rate, seconds)))


@wrong("pool-that-waits", hint=2, sees="of 21 were answered")
def with_little_patience(url, rate, seconds):
    from redislab.tuning import square_root

    return on(redis.BlockingConnectionPool.from_url(url, max_connections=square_root(rate, seconds), timeout=0.01))


@wrong("pool-that-waits", hint=3, sees="still waiting after 2 s")
def with_the_usual_timeout(url, rate, seconds):
    from redislab.tuning import square_root

    return on(redis.BlockingConnectionPool.from_url(url, max_connections=square_root(rate, seconds)))
