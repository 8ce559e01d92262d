"""Budgets that need no screen: the import, and the hit path of the caching patterns."""

import functools
import itertools
import json
import subprocess
import sys
import time

from redislab.caching import CacheAside, RefreshAhead, Resilient, SingleFlight, WriteBehind, WriteThrough
from redislab.keys import KeyNamespace
from redislab.world import start
from tests.budgets import others
from tests.budgets.table import Row, all_in_turns, in_turns, repeat, speed


def imported(module: str) -> float:
    """Seconds that a fresh Python needs for the import alone; the best of five."""
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    runs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(5)]
    return min(float(run.stdout) for run in runs)


def hits(lab) -> list[Row]:
    """A hit of each pattern, of a bare GET, and of other libraries, all in one run."""
    CacheAside(lab.redis, lab.database.users, lab.keys, ttl=600).get(42)  # all of ours then find this entry
    ways = {"a bare GET and json.loads": repeat(lambda: json.loads(lab.redis.get(lab.keys.user(42))))}
    for pattern in (CacheAside, SingleFlight, Resilient, WriteThrough, WriteBehind, RefreshAhead):
        cache = pattern(lab.redis, lab.database.users, lab.keys, ttl=600)
        ways[pattern.__name__] = repeat(functools.partial(cache.get, 42))
    with others.ways(lab) as theirs:
        spent = all_in_turns(ways | theirs)
        dogpile = speed(
            "CacheAside.get, a hit: speed against dogpile.cache", ways["CacheAside"], theirs["dogpile.cache"], 1.0
        )
    table = [Row(f"a hit: {name}", 1e6 * seconds, unit="µs") for name, seconds in spent.items()]
    for name, budget in (("CacheAside", 0.95), ("Resilient", 0.85), ("WriteThrough", 0.8), ("RefreshAhead", 0.9)):
        what = f"{name}.get, a hit: speed against json.loads(client.get(key))"
        table.append(speed(what, ways[name], ways["a bare GET and json.loads"], budget))
    return [*table, dogpile]


def writes(lab) -> list[Row]:
    """Write-behind: what accepting a write costs, and what batches spare a database that is SQLite."""
    database, keys = lab.open_database(), KeyNamespace(f"{lab.prefix}:{{budget}}")
    cache, record = WriteBehind(lab.redis, database.users, keys, limit=10**6), database.users.find(44)
    entry, stream, text = keys.entity("bare", 44), keys.stream("bare"), json.dumps(record)

    def bare():
        pipeline = lab.redis.pipeline(transaction=False)
        pipeline.set(entry, text).xadd(stream, {"record": text}).execute()

    ours, pair = in_turns(lambda: cache.put(44, record), bare)
    lab.redis.unlink(keys.user(44), cache.backlog.stream, entry, stream)
    many = [database.users.find(id) for id in range(1, 101)]
    versions = itertools.count(time.time_ns() // 1000)

    def batch():
        database.users.save_many([each | {"version": next(versions)} for each in many])

    def singles():
        for each in many:
            database.users.save(each["id"], each)

    together, alone = in_turns(batch, singles, rounds=7, calls=7)
    database.close()
    put_note, batch_note = f"{1e6 * ours:.0f} µs", f"{1e3 * together:.2f} ms against {1e3 * alone:.1f} ms"
    return [
        Row("WriteBehind.put: speed against a pipeline of SET and XADD", pair / ours, 0.5, high=False, note=put_note),
        Row("a batch of 100 rows, against 100 single writes", alone / together, 20, high=False, note=batch_note),
    ]


def rows() -> list[Row]:
    began = time.perf_counter()
    lab = start()
    started = time.perf_counter() - began
    table = [Row("import redislab", imported("redislab"), 0.3, unit="s")]
    table += [
        Row(f"start() on {lab.server.product} {lab.server.version} ({lab.server.backend})", started, 3.0, unit="s")
    ]
    return table + hits(lab) + writes(lab)
