"""Answers to the exercises of section 3."""

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


@wrong("claim-address", hint=3, sees="it leads to '42', whose it is not")
def as_in_the_module(client, keys, id, email):
    old = client.hget(keys.record("member", id), "email")
    client.hset(keys.record("member", id), "email", email)
    client.delete(keys.unique("member", "email", old))
    client.set(keys.unique("member", "email", email), id)
    return True


@wrong("claim-address", hint=3, sees="whose it is not")
def takes_over_in_a_transaction(client, keys, id, email):
    record = keys.record("member", id)
    old = client.hget(record, "email")
    pipeline = client.pipeline().hset(record, "email", email).delete(keys.unique("member", "email", old))
    pipeline.set(keys.unique("member", "email", email), id).execute()
    return True


@wrong("claim-address", hint=1, sees="the record has 'ada@old.example'")
def the_entry_only(client, keys, id, email):
    return bool(client.set(keys.unique("member", "email", email), id, nx=True))


@wrong("claim-address", hint=1, sees="the name was 'Ada', and is None")
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


@wrong("claim-address", hint=2, sees="it leads to 42")
def leaves_the_former_entry(client, keys, id, email):
    return claim(client, keys, id, email, drop="")


@wrong("claim-address", hint=2, sees="which leads to no member")
def drops_its_own(client, keys, id, email):
    return claim(client, keys, id, email, drop="if old then redis.call('DEL', ARGV[3] .. old) end")


@wrong("claim-address", hint=4, sees="the member moved elsewhere between two commands")
def reads_the_former_one_before(client, keys, id, email):
    drop = "if ARGV[4] ~= '' and ARGV[4] ~= ARGV[2] then redis.call('DEL', ARGV[3] .. ARGV[4]) end"
    return claim(client, keys, id, email, drop=drop)


@wrong("claim-address", hint=4, sees="another one claimed it between two commands")
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


@wrong("claim-address", hint=4, sees="between two commands")
def takes_by_nx_and_goes_on(client, keys, id, email):
    record, entry = keys.record("member", id), keys.unique("member", "email", email)
    old = client.hget(record, "email")
    if not client.set(entry, id, nx=True):
        return client.get(entry) == str(id)
    client.hset(record, "email", email)
    if old:
        client.delete(keys.unique("member", "email", old))
    return True


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


@wrong("sweep-unlink", hint=1, sees="KEYS was sent")
def by_keys(client, prefix):
    return sweep(client, client.keys(f"{prefix}*"))


@wrong("sweep-unlink", hint=1, sees="SCAN was to look at 1,000,000 in one step")
def all_in_one_scan(client, prefix):
    return sweep(client, client.scan_iter(match=f"{prefix}*", count=1_000_000))


@wrong("sweep-unlink", hint=1, sees="0 of 300 others")
def without_the_last_colon(client, prefix):
    return sweep(client, client.scan_iter(match=f"{prefix.rstrip(':')}*", count=500))


@wrong("sweep-unlink", hint=1, sees="of 1200 are left")
def the_first_page_only(client, prefix):
    return sweep(client, client.scan(0, match=f"{prefix}*", count=500)[1])


@wrong("sweep-unlink", hint=2, sees="1200 round trips for 1200 keys")
def one_by_one(client, prefix):
    return sum(client.unlink(name) for name in client.scan_iter(match=f"{prefix}*", count=500))


@wrong("sweep-unlink", hint=2, sees="the longest about 1200")
def all_in_one(client, prefix):
    names = list(client.scan_iter(match=f"{prefix}*", count=500))
    return client.unlink(*names) if names else 0


@wrong("sweep-unlink", hint=3, sees="DEL frees it immediately")
def by_del(client, prefix):
    return sweep(client, client.scan_iter(match=f"{prefix}*", count=500), delete="delete")


@wrong("sweep-unlink", hint=4, sees="it returned 1200; wanted 1200 less 10")
def counts_what_it_has_seen(client, prefix):
    names = list(client.scan_iter(match=f"{prefix}*", count=500))
    sweep(client, names)
    return len(names)


@wrong("sweep-unlink", hint=4, sees="wrong number of arguments")
def unlinks_an_empty_page(client, prefix):
    deleted, cursor = 0, None
    while cursor != 0:
        cursor, names = client.scan(cursor or 0, match=f"{prefix}*", count=500)
        deleted += client.unlink(*names)
    return deleted
