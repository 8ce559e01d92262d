"""Answers to the exercises of section 2."""

import json
import secrets
import time

from tests.lessons.answers import right, wrong

# fixed window


@right("fixed-window")
def a_transaction_with_an_end_for_those_without(client, keys, subject, limit, window):
    key = keys.limit("fixed", subject)
    pipeline = client.pipeline()
    pipeline.incr(key)
    pipeline.expire(key, window, nx=True)
    return pipeline.execute()[0] <= limit


@right("fixed-window")
def a_script_that_counts_only_who_is_admitted(client, keys, subject, limit, window):
    count = """
        if tonumber(redis.call('GET', KEYS[1]) or 0) >= tonumber(ARGV[1]) then return 0 end
        if redis.call('INCR', KEYS[1]) == 1 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
        return 1"""
    return bool(client.register_script(count)([keys.limit("fixed", subject)], [limit, window]))


@wrong("fixed-window", hint=2, sees="and 2 of two were admitted", race=True)
def looks_and_counts_then(client, keys, subject, limit, window):
    key = keys.limit("fixed", subject)
    if int(client.get(key) or 0) >= limit:
        return False
    client.pipeline().incr(key).expire(key, window, nx=True).execute()
    return True


@wrong("fixed-window", hint=1, sees="6 of 12 were admitted of ada; wanted 5")
def one_too_many(client, keys, subject, limit, window):
    key = keys.limit("fixed", subject)
    return client.pipeline().set(key, 0, ex=window, nx=True).incr(key).execute()[1] <= limit + 1


@wrong("fixed-window", hint=1, sees="0 of 12 were admitted of bob")
def one_counter_for_all(client, keys, subject, limit, window):
    key = keys.limit("fixed", "all")
    return client.pipeline().set(key, 0, ex=window, nx=True).incr(key).execute()[1] <= limit


@wrong("fixed-window", hint=4, sees="then the counter was kept for 60 s")
def each_request_prolongs_it(client, keys, subject, limit, window):
    key = keys.limit("fixed", subject)
    return client.pipeline().incr(key).expire(key, window).execute()[0] <= limit


@wrong("fixed-window", hint=3, sees="kept for ever")
def no_end_at_all(client, keys, subject, limit, window):
    return client.incr(keys.limit("fixed", subject)) <= limit


@wrong("fixed-window", hint=5, sees="the process died between two commands", race=True)
def as_in_the_module(client, keys, subject, limit, window):
    key = keys.limit("fixed", subject)
    count = client.incr(key)
    if count == 1:
        client.expire(key, window)
    return count <= limit


@wrong("fixed-window", hint=6, sees="the window ended between two commands", race=True)
def set_and_then_count(client, keys, subject, limit, window):
    key = keys.limit("fixed", subject)
    client.set(key, 0, ex=window, nx=True)
    return client.incr(key) <= limit


# sliding log


@right("sliding-log")
def seconds_and_a_sequence(client, keys, subject, limit, window):
    script = """
        local time = redis.call('TIME')
        local now, window = time[1] + time[2] / 1e6, tonumber(ARGV[2])
        redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now - window)
        local count = redis.call('ZCARD', KEYS[1])
        if count >= tonumber(ARGV[1]) then return false end
        local last = redis.call('ZRANGE', KEYS[1], -1, -1)[1]
        redis.call('ZADD', KEYS[1], now, (last or 0) + 1)
        redis.call('PEXPIRE', KEYS[1], 1000 * window)
        return true"""
    return client.register_script(script)([keys.limit("log", subject)], [limit, window]) is not None


def log(
    client, keys, subject, limit, window, *, now="time[1] * 1000000 + time[2]", entry="ARGV[3]", trim=True, **parts
):
    """The solution, with one part of it exchanged."""
    add = f"redis.call('ZADD', KEYS[1], now, {entry})"
    forget = "redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2] * 1000000)" if trim else ""
    script = f"""
        local time = redis.call('TIME')
        local now = {now}
        {forget}
        {add if parts.get("early") else ""}
        if redis.call('ZCARD', KEYS[1]) >= ARGV[1] + {parts.get("spare", 0)} then return 0 end
        {"" if parts.get("early") else add}
        {parts.get("end", "redis.call('EXPIRE', KEYS[1], ARGV[2])")}
        return 1"""

    here = int(time.time() * 1e6)
    return client.eval(script, 1, keys.limit("log", subject), limit, window, secrets.token_hex(8), here) == 1


@wrong("sliding-log", hint=1, sees="the log holds 15 entries; wanted 5 and 5")
def notes_refused_ones_too(client, keys, subject, limit, window):
    return log(client, keys, subject, limit, window, early=True, spare=1)


@wrong("sliding-log", hint=2, sees="after 90 s refused")
def forgets_nothing(client, keys, subject, limit, window):
    return log(client, keys, subject, limit, window, trim=False)


@wrong("sliding-log", hint=3, sees="kept for ever")
def a_log_without_an_end(client, keys, subject, limit, window):
    return log(client, keys, subject, limit, window, end="redis.call('PERSIST', KEYS[1])")


@wrong("sliding-log", hint=4, sees="and 2 of two were admitted", race=True)
def four_commands(client, keys, subject, limit, window):

    key = keys.limit("log", subject)
    seconds, micros = client.time()
    now = seconds * 1_000_000 + micros
    client.zremrangebyscore(key, 0, now - window * 1_000_000)
    if client.zcard(key) >= limit:
        return False
    client.zadd(key, {secrets.token_hex(8): now})
    client.expire(key, window)
    return True


@wrong("sliding-log", hint=5, sees="+3600 s off the server's clock")
def the_callers_clock(client, keys, subject, limit, window):
    return log(client, keys, subject, limit, window, now="tonumber(ARGV[4])")


@wrong("sliding-log", hint=6, sees="would take its place")
def the_time_as_the_entry(client, keys, subject, limit, window):
    return log(client, keys, subject, limit, window, entry="string.format('%.0f', now)")


# own field


@right("own-field")
def watched(client, keys, id, city, points):
    key = keys.profile(id)

    def change(pipeline):
        total = int(pipeline.hget(key, "points")) + points
        pipeline.multi()
        pipeline.hset(key, mapping={"city": city, "points": total})
        return total

    return client.transaction(change, key, value_from_callable=True)


@right("own-field")
def one_script(client, keys, id, city, points):
    script = "redis.call('HSET', KEYS[1], 'city', ARGV[1]) return redis.call('HINCRBY', KEYS[1], 'points', ARGV[2])"
    return client.eval(script, 1, keys.profile(id), city, points)


@wrong("own-field", hint=3, sees="another one set the theme to 'light', and now it is 'dark'", race=True)
def the_whole_hash_back(client, keys, id, city, points):
    key = keys.profile(id)
    profile = client.hgetall(key)
    profile |= {"city": city, "points": int(profile["points"]) + points}
    client.hset(key, mapping=profile)
    return profile["points"]


@wrong("own-field", hint=2, sees="kept for ever")
def a_new_hash(client, keys, id, city, points):
    key = keys.profile(id)
    profile = client.hgetall(key)
    profile |= {"city": city, "points": int(profile["points"]) + points}
    client.pipeline().delete(key).hset(key, mapping=profile).execute()
    return profile["points"]


@wrong("own-field", hint=1, sees="no hash any more, but a string")
def one_long_string(client, keys, id, city, points):
    profile = client.hgetall(keys.profile(id)) | {"city": city}
    profile["points"] = int(profile["points"]) + points
    client.set(keys.profile(id), json.dumps(profile))
    return profile["points"]


@wrong("own-field", hint=4, sees="5 that came between two commands make 40; wanted 45", race=True)
def reads_its_own_field(client, keys, id, city, points):
    key = keys.profile(id)
    total = int(client.hget(key, "points")) + points
    client.hset(key, mapping={"city": city, "points": total})
    return total


@wrong("own-field", hint=5, sees="left the city 'Turin' with 30 points", race=True)
def two_commands(client, keys, id, city, points):
    client.hset(keys.profile(id), "city", city)
    return client.hincrby(keys.profile(id), "points", points)


# around me


@right("around-me")
def a_script_that_makes_the_rows(client, keys, player, n):
    script = """
        local rank, rows = redis.call('ZREVRANK', KEYS[1], ARGV[1]), {}
        if not rank then return rows end
        local first = math.max(0, rank - tonumber(ARGV[2]))
        for place, name in ipairs(redis.call('ZREVRANGE', KEYS[1], first, rank + tonumber(ARGV[2]))) do
            rows[place] = {first + place, name, redis.call('ZSCORE', KEYS[1], name)}
        end
        return rows"""
    return client.register_script(script)([keys.leaderboard("global")], [player, n])


def two_questions(client, keys, player, n, rank_by="zrevrank", least=0, **order):
    """A right one but for the second round trip, with one part of it exchanged."""
    key = keys.leaderboard("global")
    rank = getattr(client, rank_by)(key, player)
    if rank is None:
        return []
    first = max(least, rank - n)
    rows = client.zrange(key, first, rank + n, withscores=True, **(order or {"desc": True}))
    return [(place, *row) for place, row in enumerate(rows, first + 1)]


@wrong("around-me", hint=1, sees="249. player:248, 250. player:249, 251. player:250")
def the_worst_first(client, keys, player, n):
    return two_questions(client, keys, player, n, rank_by="zrank", desc=False)


@wrong("around-me", hint=3, sees="around player:499: no player")
def begins_before_the_first(client, keys, player, n):
    return two_questions(client, keys, player, n, least=-n)


@wrong("around-me", hint=6, sees="2 round trips; wanted 1")
def asks_twice(client, keys, player, n):
    return two_questions(client, keys, player, n)


def in_python(board, player, n):
    ranks = {name: rank for rank, (name, _) in enumerate(board)}
    if player not in ranks:
        return []
    first = max(0, ranks[player] - n)
    return [(place, *row) for place, row in enumerate(board[first : ranks[player] + n + 1], first + 1)]


@wrong("around-me", hint=2, sees="around player:100: ")
def sorts_in_python(client, keys, player, n):
    board = client.zrange(keys.leaderboard("global"), 0, -1, withscores=True)
    return in_python(sorted(board, key=lambda row: -row[1]), player, n)


@wrong("around-me", hint=5, sees="values came back for 5 rows")
def fetches_the_board(client, keys, player, n):
    return in_python(client.zrange(keys.leaderboard("global"), 0, -1, desc=True, withscores=True), player, n)


@wrong("around-me", hint=4, sees="It raised")
def knows_everybody(client, keys, player, n):
    script = """
        local rank = redis.call('ZREVRANK', KEYS[1], ARGV[1])
        local first = math.max(0, rank - ARGV[2])
        return {first, redis.call('ZRANGE', KEYS[1], first, rank + ARGV[2], 'REV', 'WITHSCORES')}"""
    first, rows = client.eval(script, 1, keys.leaderboard("global"), player, n)
    pairs = zip(rows[::2], map(float, rows[1::2]), strict=True)
    return [(place, name, score) for place, (name, score) in enumerate(pairs, first + 1)]


# touch session


@right("touch-session")
def watches_it(client, keys, id, page):
    key = keys.session(id)

    def touch(pipeline):
        there = pipeline.exists(key)
        pipeline.multi()
        if there:
            pipeline.hset(key, "page", page)
            pipeline.expire(key, 1800)
        return bool(there)

    return client.transaction(touch, key, value_from_callable=True)


@right("touch-session")
def a_script_that_asks_for_the_user(client, keys, id, page):
    script = """
        if not redis.call('HGET', KEYS[1], 'user') then return 0 end
        redis.call('HSET', KEYS[1], 'page', ARGV[1])
        redis.call('PEXPIRE', KEYS[1], 1800000)
        return 1"""
    return bool(client.register_script(script)([keys.session(id)], [page]))


@wrong("touch-session", hint=1, sees="page '/cart', for 300 s")
def writes_and_does_not_extend(client, keys, id, page):
    if not client.exists(keys.session(id)):
        return False
    client.hset(keys.session(id), "page", page)
    return True


@wrong("touch-session", hint=2, sees="it says user None; wanted '42'")
def makes_it_anew(client, keys, id, page):
    key = keys.session(id)
    if not client.exists(key):
        return False
    client.pipeline().delete(key).hset(key, "page", page).expire(key, 1800).execute()
    return True


@wrong("touch-session", hint=3, sees="there is a session again, kept for 1.8e+03 s, and True was returned")
def as_in_the_module_but_in_one_step(client, keys, id, page):
    client.pipeline().hset(keys.session(id), "page", page).expire(keys.session(id), 1800).execute()
    return True


@wrong("touch-session", hint=4, sees="came back as {'page': '/cart'}", race=True)
def asks_first(client, keys, id, page):
    key = keys.session(id)
    if not client.exists(key):
        return False
    client.pipeline().hset(key, "page", page).expire(key, 1800).execute()
    return True


@wrong("touch-session", hint=4, sees="kept for ever", race=True)
def extends_first(client, keys, id, page):
    if not client.expire(keys.session(id), 1800):
        return False
    client.hset(keys.session(id), "page", page)
    return True


@wrong(
    "touch-session", hint=5, sees="the process died between two commands, and left page '/cart', for 300 s", race=True
)
def extends_in_a_second_command(client, keys, id, page):
    script = "return redis.call('EXISTS', KEYS[1]) == 1 and redis.call('HSET', KEYS[1], 'page', ARGV[1]) + 1 or 0"
    there = client.eval(script, 1, keys.session(id), page) > 0
    if there:
        client.expire(keys.session(id), 1800)
    return there


# feed page


@right("feed-page")
def takes_one_more(client, keys, owner, size, after=None):
    entries = client.xrevrange(keys.feed(owner), max=after or "+", count=size + 1)
    return [item for _, item in entries[:size]], entries[size][0] if len(entries) > size else None


@wrong("feed-page", hint=1, sees="it holds items 1 to 10")
def the_oldest_first(client, keys, owner, size, after=None):
    entries = client.xrange(keys.feed(owner), min=f"({after}" if after else "-", count=size)
    return [item for _, item in entries], entries[-1][0] if len(entries) == size else None


@wrong("feed-page", hint=5, sees="values came back for 10 items")
def reads_all_of_it(client, keys, owner, size, after=None):
    entries = client.xrevrange(keys.feed(owner), max=f"({after}" if after else "+")[:size]
    return [item for _, item in entries], entries[-1][0] if len(entries) == size else None


@wrong("feed-page", hint=3, sees="0 did not come, and 18 came again")
def by_position(client, keys, owner, size, after=None):
    first = after or 0
    entries = client.xrevrange(keys.feed(owner), count=first + size)[first:]
    return [item for _, item in entries], first + size if len(entries) == size else None


@wrong("feed-page", hint=2, sees="0 did not come, and 4 came again")
def the_last_one_again(client, keys, owner, size, after=None):
    entries = client.xrevrange(keys.feed(owner), max=after or "+", count=size)
    return [item for _, item in entries], entries[-1][0] if len(entries) == size else None


@wrong("feed-page", hint=2, sees="after 20 pages there was no end")
def without_an_end(client, keys, owner, size, after=None):
    entries = client.xrevrange(keys.feed(owner), max=f"({after}" if after else "+", count=size)
    return [item for _, item in entries], entries[-1][0] if entries else after


@wrong("feed-page", hint=4, sees="wanted nothing, what came before is gone")
def looks_for_the_last_one(client, keys, owner, size, after=None):
    entries = client.xrevrange(keys.feed(owner))
    ids = [id for id, _ in entries]
    first = ids.index(after) + 1 if after in ids else 0
    found = entries[first : first + size]
    return [item for _, item in found], found[-1][0] if len(found) == size else None


# living products


@right("living-products")
def prunes_by_a_second_script(client, keys, *tags):
    script = """
        for place, id in ipairs(ARGV) do
            if place > 1 and redis.call('EXISTS', ARGV[1] .. id) == 0 then
                for _, tag in ipairs(KEYS) do redis.call('SREM', tag, id) end
            end
        end"""
    sets = [keys.catalog("tag", tag) for tag in tags]
    ids = client.sinter(sets)
    there = client.pipeline(transaction=False)
    for id in ids:
        there.exists(keys.catalog("product", id))
    living = dict(zip(ids, there.execute(), strict=True))
    if gone := [id for id in ids if not living[id]]:
        client.eval(script, len(sets), *sets, keys.catalog("product", ""), *gone)
    return [id for id in ids if living[id]]


def look_and_prune(client, keys, tags, sets, prune=True, find=None):
    """SINTER, then a pipeline, then another one."""
    ids = list(find() if find else client.sinter(sets))
    there = client.pipeline(transaction=False)
    for id in ids:
        there.exists(keys.catalog("product", id))
    living = dict(zip(ids, there.execute(), strict=True))
    gone = [id for id in ids if not living[id]]
    if gone and prune:
        pipeline = client.pipeline()
        for key in sets if prune is True else prune:
            pipeline.srem(key, *gone)
        pipeline.execute()
    return [id for id in ids if living[id]]


@wrong("living-products", hint=1, sees="with two tags and")
def any_of_the_tags(client, keys, *tags):
    sets = [keys.catalog("tag", tag) for tag in tags]
    return look_and_prune(client, keys, tags, sets, find=lambda: client.sunion(sets))


@wrong("living-products", hint=3, sees="values came back for 7 products")
def intersects_in_python(client, keys, *tags):
    sets = [keys.catalog("tag", tag) for tag in tags]

    def find():
        pipeline = client.pipeline()
        for key in sets:
            pipeline.smembers(key)
        return set.intersection(*map(set, pipeline.execute()))

    return look_and_prune(client, keys, tags, sets, find=find)


@wrong("living-products", hint=2, sees="3 of 3 that have expired came back")
def does_not_look(client, keys, *tags):
    return client.sinter([keys.catalog("tag", tag) for tag in tags])


@wrong("living-products", hint=4, sees="11 round trips for 10 products")
def one_by_one(client, keys, *tags):
    ids = client.sinter([keys.catalog("tag", tag) for tag in tags])
    return [id for id in ids if client.exists(keys.catalog("product", id))]


@wrong("living-products", hint=5, sees="still has 3 of 3 that have expired")
def leaves_them_there(client, keys, *tags):
    return look_and_prune(client, keys, tags, [keys.catalog("tag", tag) for tag in tags], prune=False)


@wrong("living-products", hint=5, sees="the tag 'light' still has 3 of 3")
def prunes_the_first_tag_only(client, keys, *tags):
    sets = [keys.catalog("tag", tag) for tag in tags]
    return look_and_prune(client, keys, tags, sets, prune=sets[:1])


@wrong("living-products", hint=6, sees="product 12 came back between two commands", race=True)
def prunes_what_it_has_seen_dead(client, keys, *tags):
    return look_and_prune(client, keys, tags, [keys.catalog("tag", tag) for tag in tags])


# note a visit


def noted(client, keys, id, trim=True):
    """The solution, or without its LTRIM."""
    here, last = keys.entity("visits", "here"), keys.entity("visits", "last")
    pipeline = client.pipeline().setbit(here, id, 1).bitcount(here).lpush(last, id)
    pipeline = pipeline.ltrim(last, 0, 4) if trim else pipeline
    seen, different, *_, ids = pipeline.lrange(last, 0, 4).execute()
    return bool(seen), different, ids


@right("note-visit")
def a_hyperloglog_to_count(client, keys, id):
    here, different, last = (keys.entity("visits", name) for name in ("here", "different", "last"))
    pipeline = client.pipeline(transaction=False).setbit(here, id, 1).pfadd(different, id).pfcount(different)
    seen, _, number, _, ids, _ = pipeline.lpush(last, id).lrange(last, 0, 4).ltrim(last, 0, 99).execute()
    return seen == 1, number, list(map(int, ids))


@right("note-visit")
def in_a_script_with_a_short_stream(client, keys, id):
    script = """
        local seen = redis.call('SETBIT', KEYS[1], ARGV[1], 1)
        redis.call('XADD', KEYS[2], 'MAXLEN', '5', '*', 'id', ARGV[1])
        local last = {}
        for _, entry in ipairs(redis.call('XREVRANGE', KEYS[2], '+', '-')) do last[#last + 1] = entry[2][2] end
        return {seen, redis.call('BITCOUNT', KEYS[1]), last}"""
    here, last = keys.entity("visits", "here"), keys.entity("visits", "last")
    seen, different, ids = client.eval(script, 2, here, last, id)
    return bool(seen), different, ids


@wrong("note-visit", hint=1, sees="gave [False, False, False")
def forgets_who_was_here(client, keys, id):
    _, different, ids = noted(client, keys, id)
    return False, different, ids


@wrong("note-visit", hint=1, sees="of 1000 who came once, ")
def a_hyperloglog_for_all(client, keys, id):
    here, last = keys.entity("visits", "here"), keys.entity("visits", "last")
    pipeline = client.pipeline().pfadd(here, id).pfcount(here).lpush(last, id).ltrim(last, 0, 4).lrange(last, 0, 4)
    new, different, _, _, ids = pipeline.execute()
    return not new, different, ids


@wrong("note-visit", hint=2, sees="both of the two visits counted as the first", race=True)
def looks_and_notes_then(client, keys, id):
    seen = client.getbit(keys.entity("visits", "here"), id)
    _, different, ids = noted(client, keys, id)
    return bool(seen), different, ids


@wrong("note-visit", hint=4, sees="visits:here is a set (hashtable) of")
def a_set(client, keys, id):
    here, last = keys.entity("visits", "here"), keys.entity("visits", "last")
    pipeline = client.pipeline().sadd(here, id).scard(here).lpush(last, id).ltrim(last, 0, 4).lrange(last, 0, 4)
    new, different, _, _, ids = pipeline.execute()
    return not new, different, ids


@wrong("note-visit", hint=4, sees="visits:today is a zset (skiplist) of")
def one_sorted_set_for_all(client, keys, id):
    visits, last = keys.entity("visits", "today"), keys.entity("visits", "last")
    pipeline = client.pipeline().zadd(visits, {id: time.time()}).zcard(visits)
    new, different, _, _, ids = pipeline.lpush(last, id).ltrim(last, 0, 4).lrange(last, 0, 4).execute()
    return not new, different, ids


@wrong("note-visit", hint=3, sees="4 visits of 2 customers gave 4")
def counts_visits(client, keys, id):
    seen, _, ids = noted(client, keys, id)
    return seen, client.incr(keys.counter("visits")), ids


@wrong("note-visit", hint=6, sees="500 more visits of the same 50 customers took")
def a_list_that_grows(client, keys, id):
    return noted(client, keys, id, trim=False)


@wrong("note-visit", hint=5, sees="and after 1, 2, 3, 2, 2, 4 ['4711', '1', '2', '3', '2']")
def the_first_five(client, keys, id):
    here, last = keys.entity("visits", "here"), keys.entity("visits", "last")
    pipeline = client.pipeline().setbit(here, id, 1).bitcount(here).rpush(last, id)
    seen, different, _, _, ids = pipeline.ltrim(last, 0, 4).lrange(last, 0, 4).execute()
    return bool(seen), different, ids


@wrong("note-visit", hint=5, sees="and after 1, 2, 3, 2, 2, 4 ['4', '2', '3', '1', '4711']")
def each_customer_once(client, keys, id):
    here, last = keys.entity("visits", "here"), keys.entity("visits", "last")
    pipeline = client.pipeline().setbit(here, id, 1).bitcount(here).lrem(last, 0, id).lpush(last, id)
    seen, different, *_, ids = pipeline.ltrim(last, 0, 4).lrange(last, 0, 4).execute()
    return bool(seen), different, ids


@wrong("note-visit", hint=7, sees="5 commands in 5 round trips")
def one_after_the_other(client, keys, id):
    here, last = keys.entity("visits", "here"), keys.entity("visits", "last")
    seen = client.setbit(here, id, 1)
    client.lpush(last, id)
    client.ltrim(last, 0, 4)
    return bool(seen), client.bitcount(here), client.lrange(last, 0, 4)
