"""One story for each pattern, with clients of every protocol, decoding and server: the same results with all of them."""

import pytest

from redislab.caching import (
    BitmapFilter,
    BloomGuard,
    CacheAside,
    EarlyRefresh,
    RefreshAhead,
    Resilient,
    ServeStale,
    SingleFlight,
    WriteBehind,
    WriteBehindWorker,
    WriteThrough,
)
from redislab.caching.write_through import ORDERS
from tests.caching.test_caching import Counted
from tests.conftest import settles

PATTERNS = (CacheAside, SingleFlight, Resilient, EarlyRefresh, RefreshAhead, ServeStale, WriteBehind)


@pytest.fixture
def users(database):
    return Counted(database.users)


@pytest.mark.parametrize("sibling", PATTERNS, ids=lambda sibling: sibling.__name__)
def test_a_row_is_loaded_once_written_refreshed_and_missed(sibling, any_client, one_slot_keys, users):
    cache, key = sibling(any_client, users, one_slot_keys, ttl=60), one_slot_keys.user(5)
    before = users._table.find(5)
    # a miss and a hit
    assert cache.get(5) == cache.get(5) == before
    assert users.finds == 1
    # close to its end, RefreshAhead and ServeStale have it refreshed; this one has not seen yet how long it had to live
    any_client.pexpire(key, 1_000)
    other = sibling(any_client, users, one_slot_keys, ttl=60)
    assert other.get(5) == before
    assert not settles(lambda: isinstance(other, RefreshAhead) and any_client.pttl(key) < 1_001)
    # a write
    cache.put(5, before | {"city": "Zürich"})
    assert cache.get(5)["city"] == cache.get(5)["city"] == "Zürich"
    assert cache.get(5)["version"] > before["version"]
    # a row that is not there
    finds = users.finds
    assert cache.get(10**9) is cache.get(10**9) is None
    assert users.finds == finds + 1
    getattr(cache, "close", lambda: None)()


@pytest.mark.parametrize("order", ORDERS)
def test_each_order_of_a_write(order, any_client, any_keys, users):
    cache = WriteThrough(any_client, users, any_keys, order=order)
    cache.put(6, cache.get(6) | {"city": order})
    assert cache.get(6)["city"] == order
    assert not cache.owed


def test_what_is_accepted_is_saved_at_once_and_dead_letters_come_back(any_client, one_slot_keys, database, lab):
    cache = WriteBehind(any_client, database.users, one_slot_keys, ttl=60)
    record = database.users.find(7)
    with WriteBehindWorker(cache, linger=0.01, attempts=1, backoff=0.01, min_idle=60) as worker:
        version = cache.put(7, record | {"city": "Épinal"})
        assert not settles(lambda: cache.backlog.waiting, timeout=10)
        assert (worker.failure, database.users.find(7)) == (None, record | {"city": "Épinal", "version": version})
        database.failing = True
        version = cache.put(7, record | {"city": "Zürich"})
        assert not settles(lambda: not cache.backlog.letters)
        database.failing = False
        assert worker.replay() == 1
    assert database.users.find(7) == cache.get(7) == record | {"city": "Zürich", "version": version}
    assert 0 < any_client.pttl(one_slot_keys.user(7)) <= 66_000


def test_what_a_killed_worker_had_read_is_claimed(any_client, one_slot_keys, database):
    cache = WriteBehind(any_client, database.users, one_slot_keys)
    cache.backlog.open()
    version = cache.put(8, database.users.find(8))
    assert len(cache.backlog.read("killed", 10)) == 1
    with WriteBehindWorker(cache, min_idle=0.05, linger=0.01) as worker:
        assert not settles(lambda: cache.backlog.waiting)
        assert worker.failure is None
    assert database.users.find(8)["version"] == version


def test_a_filter_knows_what_it_was_filled_with(any_client, any_keys, users):
    known = BitmapFilter(any_client, any_keys, "user", capacity=1000, error_rate=0.001)
    known.fill(range(1, 500))
    cache = BloomGuard(any_client, users, any_keys, filter=known)
    assert cache.get(7)["id"] == 7
    assert cache.get(10**7) is cache.get(10**7 + 1) is None
    assert users.finds <= 2
    cache.put(600, users._table.find(600))
    assert cache.get(600)["id"] == 600


IDS = [0, -1, 2**70, 1.5, True, None, (1, 2), b"42", "", " ", "a b", "\n\x00\x1b[31m", "é\U0001f600", "x" * 10_000]
IDS += ["{", "}", "{}", "}{", "{a}", "a:b", "%", "%3A", "*", "[a]", "user:1"]


class Rows:
    """A table whose ids may be anything."""

    kind = "user"

    def __init__(self):
        self.rows, self.finds = {}, 0

    def find(self, id):
        self.finds += 1
        return self.rows.get(id)

    def save(self, id, record):
        self.rows[id] = record | {"version": self.finds}
        return self.finds


@pytest.mark.parametrize("sibling", [pattern for pattern in PATTERNS if pattern is not WriteBehind] + [WriteThrough])
def test_any_id_can_be_missed_written_and_hit(sibling, any_client, any_keys):
    rows = Rows()
    cache = sibling(any_client, rows, any_keys, ttl=60)
    for id in IDS:
        assert cache.get(id) is cache.get(id) is None
        cache.put(id, {"id": str(id)})
        assert cache.get(id) == cache.get(id) == rows.rows[id]
    assert rows.finds == 2 * len(IDS)
    assert len(list(any_client.scan_iter(f"{any_keys.prefix}:*"))) == len(IDS)  # and no lease
