"""An application that is killed with SIGKILL, at random moments and at the worst ones, loses nothing it has acknowledged.

REDISLAB_KILLS=50 makes it 50 random moments.
"""

import itertools
import os
import random
import subprocess
import sys
import time

import pytest

from redislab.caching import WriteBehind, WriteBehindWorker
from redislab.caching.backlog import GROUP
from tests.conftest import settles

ROUNDS = int(os.environ.get("REDISLAB_KILLS", "10"))

COMMON = """
import itertools, os, sys, threading
from redislab.caching import WriteBehind, WriteBehindWorker
from redislab.lessons.caching_patterns.as_in_the_module import ModuleWriteBehind
from redislab.keys import KeyNamespace
from redislab.world.lab import Address, Lab
lab = Lab.attach(Address(*sys.argv[1:5]))
database = lab.open_database()
cache = WriteBehind(lab.client(), database.users, KeyNamespace(sys.argv[5]), ttl=60)
record = database.users.find(1)
"""
WRITERS = """
first, numbers = int(sys.argv[6]), itertools.count()
def write():
    while True:
        n = next(numbers)
        id = n % 10 + 1 if n % 10 < 5 else first + n  # half of the writes go to five rows, the others to a new one each
        version = cache.put(id, record | {"city": f"city {first + n}"})
        os.write(1, f"{id} {version} city {first + n}\\n".encode())  # acknowledged: whoever reads this counts on it
WriteBehindWorker(cache, batch=20, linger=0.005, min_idle=0.1).start()
for _ in range(4):
    threading.Thread(target=write, daemon=True).start()
sys.stdin.read()
"""


@pytest.fixture
def cache(lab, database, keys):
    return WriteBehind(lab.client(), database.users, keys, ttl=60)


def application(code, lab, keys, *words, **pipes):
    where = lab.address
    arguments = [where.redis_url, where.backend, where.prefix, where.database_url, keys.prefix, *map(str, words)]
    return subprocess.Popen([sys.executable, "-c", COMMON + code, *arguments], stdin=subprocess.PIPE, **pipes)


def drain(cache) -> None:
    with WriteBehindWorker(cache, batch=500, min_idle=0.1):
        assert not settles(lambda: cache.backlog.waiting, timeout=60)


def killed_again_and_again(rounds, code, lab, keys, folder) -> dict[int, dict[int, str]]:
    """What an application acknowledged that was killed at random moments: city by version by id."""
    acknowledged = {}
    for first in itertools.islice(itertools.count(10**9, 10**6), rounds):
        said = folder / str(first)
        with said.open("wb") as pipe:
            process = application(code, lab, keys, first, stdout=pipe)
        assert not settles(lambda said=said: not said.stat().st_size, timeout=60)
        time.sleep(random.uniform(0, 0.3))
        process.kill()
        process.communicate()
        for line in said.read_text().splitlines(keepends=True):
            if line.endswith("\n"):
                id, version, city = line.strip().split(" ", 2)
                acknowledged.setdefault(int(id), {})[int(version)] = city
    assert len(acknowledged) > 10 * rounds
    return acknowledged


def test_killed_at_random_moments_it_loses_nothing(lab, database, cache, keys, tmp_path):
    acknowledged = killed_again_and_again(ROUNDS, WRITERS, lab, keys, tmp_path)
    assert cache.backlog.waiting > 0  # there was something to lose
    drain(cache)
    # Expect each row as it was acknowledged last, or newer: a write may be accepted and its answer not arrive
    for id, writes in acknowledged.items():
        row = database.users.find(id)
        assert row, f"row {id} is lost"
        assert row["version"] >= max(writes), f"row {id} is older than what was acknowledged"
        assert writes.get(row["version"], row["city"]) == row["city"]
        assert cache.get(id) == row
        assert cache.client.pttl(keys.user(id)) > 0


def test_with_the_modules_queue_the_same_application_loses_writes(lab, database, keys, tmp_path):
    code = WRITERS.replace(
        "WriteBehindWorker(cache, batch=20, linger=0.005, min_idle=0.1).start()",
        "cache = ModuleWriteBehind(cache.client, database.users, cache.keys, ttl=60, batch=20, every=0.005)",
    )
    assert code != WRITERS
    acknowledged = killed_again_and_again(2, code, lab, keys, tmp_path)
    held = database.users.versions(least=min(map(min, acknowledged.values())))
    assert any(held.get(id, 0) < max(writes) for id, writes in acknowledged.items())


WORST = {
    "before the transaction": "database.users.save_many = lambda records: os._exit(9)",
    "before the commit": "event.listen(database.engine, 'commit', lambda connection: os._exit(9))",
    "after the commit": """
plain = database.users.save_many
database.users.save_many = lambda records: (plain(records), os._exit(9))
""",
}
ONE = """
WriteBehindWorker(cache).start()
sys.stdin.read()
"""


@pytest.mark.parametrize("moment", WORST)
def test_killed_at_the_worst_moment_the_next_worker_finishes_it(lab, database, cache, keys, moment):
    # Given a write that was accepted, and a worker that is killed while it saves it
    record = database.users.find(77)
    version = cache.put(77, record | {"city": moment})
    process = application("from sqlalchemy import event\n" + WORST[moment] + ONE, lab, keys)
    assert process.wait(60) == 9
    process.stdin.close()
    # Expect the row as it was, or as it was accepted, and the write still in the stream, pending to the dead
    saved = database.users.find(77)["version"] == version
    assert saved == (moment == "after the commit")
    assert cache.client.xpending(cache.backlog.stream, GROUP)["pending"] == cache.backlog.waiting == 1
    assert cache.get(77)["version"] == version
    # If another worker comes, expect that it takes it over
    drain(cache)
    assert database.users.find(77) == record | {"city": moment, "version": version} == cache.get(77)
