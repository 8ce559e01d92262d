"""Answers to the exercises of section 3."""

import random
import re
import urllib.parse

from tests.lessons.answers import right, wrong

# claim address


@right("claim-address")
def watches_all_of_it(client, keys, id, email):
    record, entry = keys.record("member", id), keys.unique("member", "email", email)

    def move(pipeline):
        old, holder = pipeline.hget(record, "email"), pipeline.get(entry)
        pipeline.multi()
        if holder in (None, str(id)):
            pipeline.hset(record, "email", email)
            pipeline.set(entry, id)
            if old and old != email:
                pipeline.delete(keys.unique("member", "email", old))
        return holder in (None, str(id))

    return client.transaction(move, record, entry, value_from_callable=True)


@right("claim-address")
def as_the_library_does(client, keys, id, email):
    from redislab.keys import UniqueIndex

    return UniqueIndex(client, keys, "member", "email").claim(id, email)


@wrong("claim-address", hint=5, sees="it leads to '42', whose it is not")
def as_in_the_module(client, keys, id, email):
    old = client.hget(keys.record("member", id), "email")
    client.hset(keys.record("member", id), "email", email)
    client.delete(keys.unique("member", "email", old))
    client.set(keys.unique("member", "email", email), id)
    return True


@wrong("claim-address", hint=5, sees="whose it is not")
def takes_over_in_a_transaction(client, keys, id, email):
    record = keys.record("member", id)
    old = client.hget(record, "email")
    pipeline = client.pipeline().hset(record, "email", email).delete(keys.unique("member", "email", old))
    pipeline.set(keys.unique("member", "email", email), id).execute()
    return True


@wrong("claim-address", hint=1, sees="the record has 'ada@old.example'")
def the_entry_only(client, keys, id, email):
    return bool(client.set(keys.unique("member", "email", email), id, nx=True))


@wrong("claim-address", hint=2, sees="the name was 'Ada', and is None")
def a_new_record(client, keys, id, email):
    record = keys.record("member", id)
    client.pipeline().delete(record).hset(record, "email", email).set(
        keys.unique("member", "email", email), id
    ).execute()
    return True


def claim(client, keys, id, email, *, drop="if old and old ~= ARGV[2] then redis.call('DEL', ARGV[3] .. old) end"):
    """The solution, with another way to be rid of the former entry."""
    script = f"""
        local old = redis.call('HGET', KEYS[1], 'email')
        if not redis.call('SET', KEYS[2], ARGV[1], 'NX') and redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
        redis.call('HSET', KEYS[1], 'email', ARGV[2])
        {drop}
        return 1"""
    names = [keys.record("member", id), keys.unique("member", "email", email)]
    former = client.hget(names[0], "email") if "ARGV[4]" in drop else ""
    return client.eval(script, 2, *names, id, email, keys.unique("member", "email", ""), former or "") == 1


@wrong("claim-address", hint=3, sees="it leads to 42")
def leaves_the_former_entry(client, keys, id, email):
    return claim(client, keys, id, email, drop="")


@wrong("claim-address", hint=4, sees="which leads to no member")
def drops_its_own(client, keys, id, email):
    return claim(client, keys, id, email, drop="if old then redis.call('DEL', ARGV[3] .. old) end")


@wrong("claim-address", hint=7, sees="the member moved elsewhere between two commands", race=True)
def reads_the_former_one_before(client, keys, id, email):
    drop = "if ARGV[4] ~= '' and ARGV[4] ~= ARGV[2] then redis.call('DEL', ARGV[3] .. ARGV[4]) end"
    return claim(client, keys, id, email, drop=drop)


@wrong("claim-address", hint=6, sees="another one claimed it between two commands", race=True)
def looks_and_takes_then(client, keys, id, email):
    record, entry = keys.record("member", id), keys.unique("member", "email", email)
    old, holder = client.hget(record, "email"), client.get(entry)
    if holder not in (None, str(id)):
        return False
    pipeline = client.pipeline().hset(record, "email", email).set(entry, id)
    if old and old != email:
        pipeline.delete(keys.unique("member", "email", old))
    pipeline.execute()
    return True


@wrong("claim-address", hint=6, sees="between two commands", race=True)
def takes_by_nx_and_goes_on(client, keys, id, email):
    record, entry = keys.record("member", id), keys.unique("member", "email", email)
    old = client.hget(record, "email")
    if not client.set(entry, id, nx=True):
        return client.get(entry) == str(id)
    client.hset(record, "email", email)
    if old:
        client.delete(keys.unique("member", "email", old))
    return True


@wrong("claim-address", hint=8, sees="the process died between two commands", race=True)
def drops_the_former_entry_afterwards(client, keys, id, email):
    former = client.eval(
        """
        local old = redis.call('HGET', KEYS[1], 'email')
        if not redis.call('SET', KEYS[2], ARGV[1], 'NX') and redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
        redis.call('HSET', KEYS[1], 'email', ARGV[2])
        return old or ''""",
        2, keys.record("member", id), keys.unique("member", "email", email), id, email,
    )  # fmt: skip
    if former and former != email:
        client.delete(keys.unique("member", "email", former))
    return former != 0


# sweep by unlink


@right("sweep-unlink")
def fills_lists_from_an_iterator(client, prefix):
    deleted, names = 0, []
    for name in client.scan_iter(match=f"{prefix}*", count=500):
        names.append(name)
        if len(names) == 200:
            deleted += client.unlink(*names)
            names = []
    return deleted + (client.unlink(*names) if names else 0)


@right("sweep-unlink")
def a_pipeline_a_page(client, prefix):
    deleted, cursor = 0, "0"
    while cursor != 0:
        cursor, names = client.scan(int(cursor), match=f"{prefix}*", count=250)
        pipeline = client.pipeline(transaction=False)
        for name in names:
            pipeline.unlink(name)
        deleted += sum(pipeline.execute())
    return deleted


def sweep(client, names, size=500, delete="unlink"):
    names = list(names)
    return sum(getattr(client, delete)(*names[at : at + size]) for at in range(0, len(names), size))


@wrong("sweep-unlink", hint=3, sees="KEYS was sent")
def by_keys(client, prefix):
    return sweep(client, client.keys(f"{prefix}*"))


@wrong("sweep-unlink", hint=3, sees="SCAN was to look at 1,000,000 in one step")
def all_in_one_scan(client, prefix):
    return sweep(client, client.scan_iter(match=f"{prefix}*", count=1_000_000))


@wrong("sweep-unlink", hint=2, sees="0 of 300 others")
def without_the_last_colon(client, prefix):
    return sweep(client, client.scan_iter(match=f"{prefix.rstrip(':')}*", count=500))


@wrong("sweep-unlink", hint=2, sees="of 1200 are left")
def the_first_page_only(client, prefix):
    return sweep(client, client.scan(0, match=f"{prefix}*", count=500)[1])


@wrong("sweep-unlink", hint=4, sees="1200 round trips for 1200 keys")
def one_by_one(client, prefix):
    return sum(client.unlink(name) for name in client.scan_iter(match=f"{prefix}*", count=500))


@wrong("sweep-unlink", hint=4, sees="the longest about 1200")
def all_in_one(client, prefix):
    names = list(client.scan_iter(match=f"{prefix}*", count=500))
    return client.unlink(*names) if names else 0


@wrong("sweep-unlink", hint=5, sees="DEL frees it immediately")
def by_del(client, prefix):
    return sweep(client, client.scan_iter(match=f"{prefix}*", count=500), delete="delete")


@wrong("sweep-unlink", hint=6, sees="it returned 1200; wanted 1200 less 10")
def counts_what_it_has_seen(client, prefix):
    names = list(client.scan_iter(match=f"{prefix}*", count=500))
    sweep(client, names)
    return len(names)


@wrong("sweep-unlink", hint=1, sees="wrong number of arguments")
def unlinks_an_empty_page(client, prefix):
    deleted, cursor = 0, None
    while cursor != 0:
        cursor, names = client.scan(cursor or 0, match=f"{prefix}*", count=500)
        deleted += client.unlink(*names)
    return deleted


# parts of a name


def joined(escape, unescape, text=lambda part: part.decode() if isinstance(part, bytes) else str(part)):
    """The solution, with other escapes, or another way to text."""

    def naming(app):
        def name(*parts):
            return ":".join([app, *(escape(text(part)) for part in parts)])

        return name, lambda name: [unescape(part) for part in name.split(":")[1:]]

    return naming


def unquoted(part):
    return urllib.parse.unquote(part)


@right("parts-of-a-name")
def by_a_table(app):
    table = {mark: f"%{ord(mark):02X}" for mark in "%:*?[]\\{}"}
    return joined(lambda part: part.translate(str.maketrans(table)), unquoted)(app)


@right("parts-of-a-name")
def all_but_words(app):
    def escape(part):
        return re.sub(rb"[^\w.-]", lambda mark: b"=%02x" % ord(mark[0]), part.encode()).decode()

    def unescape(part):
        return re.sub(rb"=(..)", lambda mark: bytes.fromhex(mark[1].decode()), part.encode()).decode()

    return joined(escape, unescape)(app)


@wrong("parts-of-a-name", hint=2, sees="('a:b', 'c') and ('a_b', 'c') are both 'shop:a_b:c'")
def underscores_for_colons(app):
    return joined(lambda part: part.replace(":", "_"), str)(app)


@wrong("parts-of-a-name", hint=1, sees="make 'shop:75736572:3432:70726f66696c65'")
def hexadecimal(app):
    return joined(lambda part: part.encode().hex(), lambda part: bytes.fromhex(part).decode())(app)


@wrong("parts-of-a-name", hint=3, sees="('user', 'a%3Ab') is named 'shop:user:a%3Ab'")
def the_colon_only(app):
    return joined(lambda part: part.replace(":", "%3A"), unquoted)(app)


@wrong("parts-of-a-name", hint=3, sees="of which the parts are ['a', 'b', 'c']")
def unquotes_before_it_splits(app):
    name, _ = joined(lambda part: urllib.parse.quote(part, safe=""), str)(app)
    return name, lambda name: unquoted(name).split(":")[1:]


@wrong("parts-of-a-name", hint=4, sees="b'42' are named")
def bytes_with_their_quotes(app):
    return joined(lambda part: urllib.parse.quote(part, safe=""), unquoted, text=str)(app)


@wrong("parts-of-a-name", hint=5, sees="SCAN for the name of ('file', '*') finds 6 of 6 keys")
def patterns_as_they_are(app):
    return joined(lambda part: urllib.parse.quote(part, safe="*?[]\\"), unquoted)(app)


@wrong("parts-of-a-name", hint=6, sees="a cluster hashes '42' only")
def braces_as_they_are(app):
    return joined(lambda part: urllib.parse.quote(part, safe="{}"), unquoted)(app)


# a TTL by group


def scanned(client, prefix, count=500):
    cursor = None
    while cursor != 0:
        cursor, names = client.scan(cursor or 0, match=f"{prefix}:*", count=count)
        yield names


def kind_of(key, prefix):
    return key.removeprefix(f"{prefix}:").split(":")[0]


def varied(seconds):
    return round(seconds * random.uniform(0.9, 1.1))


def by_group(client, prefix, groups, *, pages=scanned, kind=kind_of, seconds=varied, send=sum, **when):
    """The solution, with one part of it exchanged."""
    given = 0
    for names in pages(client, prefix):
        pipeline = client.pipeline(transaction=False)
        for key in names:
            if kind(key, prefix) in groups:
                pipeline.expire(key, seconds(groups[kind(key, prefix)]), **(when or {"nx": True}))
        given += send(pipeline.execute())
    return given


@right("ttl-by-group")
def by_milliseconds_a_scan_for_each_group(client, prefix, groups):
    given = 0
    for group, seconds in groups.items():
        pipeline, waiting = client.pipeline(transaction=False), 0
        for key in client.scan_iter(match=f"{prefix}:{group}:*", count=250):
            pipeline.pexpire(key, int(seconds * random.randrange(900, 1101)), nx=True)
            waiting += 1
            if waiting == 100:
                given, waiting = given + sum(pipeline.execute()), 0
        given += sum(pipeline.execute())
    return given


@right("ttl-by-group")
def in_a_script(client, prefix, groups):
    script = """
        if redis.call('TTL', KEYS[1]) ~= -1 then return 0 end
        return redis.call('EXPIRE', KEYS[1], ARGV[1])"""
    given = 0
    for names in scanned(client, prefix):
        pipeline = client.pipeline(transaction=False)
        for key in [key for key in names if kind_of(key, prefix) in groups]:
            pipeline.eval(script, 1, key, varied(groups[kind_of(key, prefix)]))
        given += sum(pipeline.execute())
    return given


@wrong("ttl-by-group", hint=1, sees="KEYS was sent")
def every_name_by_keys(client, prefix, groups):
    return by_group(client, prefix, groups, pages=lambda client, prefix: [client.keys(f"{prefix}:*")])


@wrong("ttl-by-group", hint=2, sees="900 round trips for 1200 keys")
def a_round_trip_each(client, prefix, groups):
    def pages(client, prefix):
        return ([key] for names in scanned(client, prefix) for key in names)

    return by_group(client, prefix, groups, pages=pages)


@wrong("ttl-by-group", hint=3, sees="100 of 100 keys that had 20 or 1,000,000 s left have another TTL")
def whatever_they_had(client, prefix, groups):
    return by_group(client, prefix, groups, nx=False)


@wrong("ttl-by-group", hint=3, sees="50 of 100 keys that had 20 or 1,000,000 s left have another TTL")
def if_it_is_shorter(client, prefix, groups):
    return by_group(client, prefix, groups, lt=True)


@wrong("ttl-by-group", hint=4, sees="though its owner said 20", race=True)
def asks_before_it_sets(client, prefix, groups):
    given = 0
    for names in scanned(client, prefix):
        names = [key for key in names if kind_of(key, prefix) in groups]
        asking, setting = client.pipeline(transaction=False), client.pipeline(transaction=False)
        for key in names:
            asking.ttl(key)
        for key, ttl in zip(names, asking.execute(), strict=True):
            if ttl == -1:
                setting.expire(key, varied(groups[kind_of(key, prefix)]))
        given += sum(setting.execute())
    return given


@wrong("ttl-by-group", hint=5, sees="1 different values; wanted from 2,700 to 3,300")
def all_alike(client, prefix, groups):
    return by_group(client, prefix, groups, seconds=round)


@wrong("ttl-by-group", hint=5, sees="1 different values")
def one_factor_a_run(client, prefix, groups):
    factor = random.uniform(0.9, 1.1)
    return by_group(client, prefix, groups, seconds=lambda seconds: round(factor * seconds))


@wrong("ttl-by-group", hint=5, sees="wanted from 2,700 to 3,300")
def anything_up_to_the_ttl(client, prefix, groups):
    return by_group(client, prefix, groups, seconds=lambda seconds: random.randint(1, seconds))


@wrong("ttl-by-group", hint=6, sees="200 of 300 permanent ones have one")
def by_the_beginning_of_the_name(client, prefix, groups):
    def kind(key, prefix):
        return next((group for group in groups if key.startswith(f"{prefix}:{group}")), None)

    return by_group(client, prefix, groups, kind=kind)


@wrong("ttl-by-group", hint=7, sees="wanted 790, as 10 keys had just gone")
def counts_what_it_has_sent(client, prefix, groups):
    return by_group(client, prefix, groups, send=len)


# forget a tenant


def of_tenant(keys, tenant):
    return keys.index("key", "tenant", tenant)


def by_batches(client, listed, names, size=500):
    """The solution, with all names known before, and batches of another size."""
    deleted = 0
    for at in range(0, len(names), size):
        batch = names[at : at + size]
        deleted += client.pipeline().unlink(*batch).srem(listed, *batch).execute()[0]
    return deleted


@right("forget-tenant")
def all_names_first_and_then_batches(client, keys, tenant):
    listed = of_tenant(keys, tenant)
    return by_batches(client, listed, sorted(client.smembers(listed)), size=400)


@right("forget-tenant")
def a_script_a_batch(client, keys, tenant):
    script = """
        local names = redis.call('SRANDMEMBER', KEYS[1], 200)
        if #names == 0 then return {0, 0} end
        redis.call('SREM', KEYS[1], unpack(names))
        return {#names, redis.call('UNLINK', unpack(names))}"""
    deleted, seen = 0, 1
    while seen:
        seen, gone = client.eval(script, 1, of_tenant(keys, tenant))
        deleted += gone
    return deleted


@wrong("forget-tenant", hint=1, sees="of the neighbour 0 of 300 keys")
def a_pattern_that_is_too_wide(client, keys, tenant):
    names = list(client.scan_iter(match=f"{keys.prefix}:{tenant}*", count=500))
    return by_batches(client, of_tenant(keys, tenant), names)


@wrong("forget-tenant", hint=2, sees="SCAN was sent")
def looks_at_every_key(client, keys, tenant):
    names = list(client.scan_iter(match=f"{keys.prefix}:{tenant}:*", count=500))
    return by_batches(client, of_tenant(keys, tenant), names)


@wrong("forget-tenant", hint=3, sees="the longest command concerned 1200 names")
def everything_together(client, keys, tenant):
    listed = of_tenant(keys, tenant)
    return by_batches(client, listed, list(client.smembers(listed)), size=10_000)


@wrong("forget-tenant", hint=3, sees="1201 round trips")
def name_by_name(client, keys, tenant):
    deleted, listed = 0, of_tenant(keys, tenant)
    for name in client.smembers(listed):
        deleted += client.pipeline().unlink(name).srem(listed, name).execute()[0]
    return deleted


@wrong("forget-tenant", hint=4, sees="is there, and no longer listed", race=True)
def deletes_the_set_too(client, keys, tenant):
    deleted, names, listed = 0, list(client.smembers(of_tenant(keys, tenant))), of_tenant(keys, tenant)
    for at in range(0, len(names), 500):
        deleted += client.unlink(*names[at : at + 500])
    client.unlink(listed)
    return deleted


@wrong("forget-tenant", hint=4, sees="† dies", race=True)
def pops_the_names_first(client, keys, tenant):
    deleted = 0
    while names := client.spop(of_tenant(keys, tenant), 500):
        deleted += client.unlink(*names)
    return deleted


@wrong("forget-tenant", hint=4, sees=":acme:cart:1 is there, and no longer listed", race=True)
def one_command_after_the_other(client, keys, tenant):
    deleted, listed = 0, of_tenant(keys, tenant)
    while names := client.srandmember(listed, 500):
        deleted += client.unlink(*names)
        client.srem(listed, *names)
    return deleted


@wrong("forget-tenant", hint=5, sees="it returned 1200, wanted 1200 less 10")
def counts_the_names(client, keys, tenant):
    deleted, listed = 0, of_tenant(keys, tenant)
    while names := client.srandmember(listed, 500):
        deleted += client.pipeline().unlink(*names).srem(listed, *names).execute() and len(names)
    return deleted


@wrong("forget-tenant", hint=5, sees="wrong number of arguments")
def even_if_there_are_none(client, keys, tenant):
    deleted, listed = 0, of_tenant(keys, tenant)
    while True:
        names = client.srandmember(listed, 500)
        gone, _ = client.pipeline().unlink(*names).srem(listed, *names).execute()
        deleted += gone
        if not client.exists(listed):
            return deleted


# a tag by user


def cart(client, tag, item, count, name="shop:{}:{}", transaction=True):
    """The solution, with another tag, name or kind of pipeline."""
    pipeline = client.pipeline(transaction=transaction)
    pipeline.hincrby(name.format("cart", tag), item, count).incrby(name.format("total", tag), count)
    return pipeline.execute()[1]


def quoted(user):
    return urllib.parse.quote(str(user), safe="")


@right("tag-by-user")
def in_a_script_by_hexadecimal_tags(client, user, item, count):
    script = "redis.call('HINCRBY', KEYS[1], ARGV[1], ARGV[2]) return redis.call('INCRBY', KEYS[2], ARGV[2])"
    tag = str(user).encode().hex()
    return client.eval(script, 2, f"{{{tag}}}:cart", f"{{{tag}}}:total", item, count)


@right("tag-by-user")
def the_user_first(client, user, item, count):
    return cart(client, quoted(user), item, count, name="shop:user:{{{1}}}:{0}")


@wrong("tag-by-user", hint=1, sees="CrossSlotTransactionError")
def a_tag_in_one_of_them(client, user, item, count):
    pipeline = client.pipeline(transaction=True)
    pipeline.hincrby(f"shop:cart:{{{user}}}", item, count).incrby(f"shop:total:{user}", count)
    return pipeline.execute()[1]


@wrong("tag-by-user", hint=2, sees="1 slot for 600 keys of 300 users, with the tag {user} in all of them")
def two_braces_instead_of_three(client, user, item, count):
    return cart(client, f"{{user}}:{quoted(user)}", item, count)


@wrong("tag-by-user", hint=2, sees="with the tag {shop} in all of them")
def the_first_braces_count(client, user, item, count):
    return cart(client, f"{{{quoted(user)}}}", item, count, name="{{shop}}:{}:{}")


@wrong("tag-by-user", hint=2, sees="16 slots for 600 keys")
def a_few_shards(client, user, item, count):
    return cart(client, f"{{{sum(str(user).encode()) % 16}}}:{quoted(user)}", item, count)


@wrong("tag-by-user", hint=3, sees="for the user '}' CrossSlotTransactionError was raised")
def the_user_as_it_is(client, user, item, count):
    return cart(client, f"{{{user}}}", item, count)


@wrong("tag-by-user", hint=3, sees="was another user's before")
def without_its_braces(client, user, item, count):
    return cart(client, "{" + (str(user).strip("{}") or "none") + "}", item, count)


@wrong("tag-by-user", hint=4, sees="it sent HINCRBY, INCRBY")
def no_transaction(client, user, item, count):
    return cart(client, quoted(user), item, count, transaction=False)
