"""What the module's write-behind does when things go wrong, so that the comparison with ours is a fair one."""

import itertools
import time

import pytest

from redislab.keys import KeyNamespace
from redislab.lessons.caching_patterns.as_in_the_module import ModuleWriteBehind
from tests.conftest import runs, settles


@pytest.fixture
def batches():
    return []


@pytest.fixture
def opened(lab, database, batches, monkeypatch):
    made, plain = [], database.users.save_many
    monkeypatch.setattr(database.users, "save_many", lambda batch: batches.append(len(batch)) or plain(batch))

    def open_(**options):
        made.append(
            ModuleWriteBehind(lab.client(), database.users, KeyNamespace(f"{lab.prefix}:{next(runs)}"), **options)
        )
        return made[-1]

    yield open_
    for cache in made:
        cache.close()


def test_a_write_is_in_the_cache_at_once_and_in_the_database_soon(opened, database):
    cache, record = opened(batch=1), database.users.find(1)
    version = cache.put(1, record | {"city": "Delft"})
    assert cache.get(1) == record | {"city": "Delft", "version": version}
    assert not settles(lambda: database.users.find(1)["version"] < version)


def test_versions_grow(opened, database):
    cache, record = opened(), database.users.find(1)
    versions = [cache.put(1, record) for _ in range(1000)]
    assert all(before < after for before, after in itertools.pairwise(versions))


def test_it_saves_in_batches(opened, database, batches):
    cache, record = opened(batch=10, every=60.0), database.users.find(2)
    for _ in range(30):
        cache.put(2, record)
    assert not settles(lambda: len(batches) < 3)
    assert batches == [10, 10, 10]


def test_after_a_pause_the_first_write_goes_alone(opened, database, batches):
    cache, record = opened(batch=100, every=0.5), database.users.find(3)
    cache.put(3, record)
    assert not settles(lambda: not batches)
    time.sleep(0.6)
    for _ in range(5):
        cache.put(3, record)
    assert not settles(lambda: sum(batches) < 6)
    assert batches[:2] == [1, 1]


def test_a_batch_that_fails_is_dropped(opened, database, batches):
    cache, record = opened(batch=5, every=60.0), database.users.find(4)
    database.failing = True
    lost = [cache.put(4, record | {"city": "nowhere"}) for _ in range(5)]
    assert not settles(lambda: not batches)
    database.failing = False
    for _ in range(5):
        cache.put(5, record)
    assert not settles(lambda: len(batches) < 2)
    assert database.users.find(4)["version"] < min(lost)
    assert cache.get(4)["city"] == "nowhere"  # until its TTL


def test_what_is_queued_dies_with_the_application(opened, database):
    cache, record = opened(batch=100, every=60.0), database.users.find(6)
    version = cache.put(6, record)
    cache.close()
    assert database.users.find(6)["version"] < version
