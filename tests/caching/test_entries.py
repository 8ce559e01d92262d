"""One key, one meaning: what a pattern has not stored counts as a miss, and what it cannot store is refused."""

import datetime
import decimal
import json
import math
import uuid

import pytest

from redislab.caching import (
    CacheAside,
    CircuitBreaker,
    EarlyRefresh,
    RefreshAhead,
    ServeStale,
    WriteBehind,
    WriteThrough,
)
from redislab.caching.write_through import ORDERS
from redislab.keys.records import pack
from tests.caching.test_caching import Counted
from tests.caching.test_every_client import PATTERNS
from tests.clients import SHAPES

each_pattern = pytest.mark.parametrize("sibling", PATTERNS, ids=lambda sibling: sibling.__name__)
FOREIGN = [b"", b"7", b'"text"', b"[1, 2]", b"[0.1, 7]", b"not JSON", b'{"id": 1', b'{"id": "\xff"}', b"\x80\x04pickle"]
FOREIGN.append(b"[" * 100_000)  # deeper than Python reads
FOREIGN += [
    b"9" * 5000,
    b"[%s, {}]" % (b"9" * 400),
    b"[NaN, {}]",
    b'["1", {}]',
    b"[null, {}]",
    b"[[], null]",
    b"\xef\xbb\xbf{}",
]


@pytest.fixture
def users(database):
    return Counted(database.users)


@pytest.mark.parametrize("shape", SHAPES)
@each_pattern
def test_a_foreign_entry_is_a_miss_and_is_replaced(sibling, shape, lab, users, keys):
    cache = sibling(lab.client(**SHAPES[shape]), users, keys)
    for done, foreign in enumerate(FOREIGN):
        lab.redis.set(keys.user(1), foreign)
        assert cache.get(1) == cache.get(1) == users._table.find(1)
        assert users.finds == done + 1
    assert lab.redis.pttl(keys.user(1)) > 0


@pytest.mark.parametrize("other", [CacheAside, RefreshAhead, ServeStale])
def test_early_refresh_and_the_others_take_each_others_entries_for_a_miss(other, lab, database, keys):
    early, other = (sibling(lab.client(), database.users, keys) for sibling in (EarlyRefresh, other))
    for cache in (early, other, early, other):
        assert cache.get(1) == database.users.find(1)
    other.put(1, early.get(1) | {"city": "Delft"})
    assert early.get(1)["city"] == "Delft"


@each_pattern
def test_a_key_of_another_type_is_nothing_to_read_from_or_to_replace(sibling, lab, users, keys):
    lab.redis.hset(keys.user(1), "not", "ours")
    cache = sibling(lab.client(), users, keys)
    if hasattr(cache, "breaker"):
        assert cache.get(1) == users._table.find(1)
    else:
        with pytest.raises(Exception, match="WRONGTYPE"):
            cache.get(1)
    assert lab.redis.hgetall(keys.user(1)) == {"not": "ours"}


class Odd(Counted):
    """A table whose rows hold what JSON cannot."""

    def find(self, id):
        return super().find(id) | {"since": datetime.datetime(2020, 1, 1)}


@each_pattern
def test_a_row_that_json_cannot_hold_is_refused_in_a_sentence_and_nothing_is_stored(sibling, lab, database, keys):
    cache = sibling(lab.client(), Odd(database.users), keys, **({"lease_ttl": 60} if hasattr(sibling, "store") else {}))
    with pytest.raises(TypeError, match=r"cannot be kept as JSON \(.*datetime.*Convert"):
        cache.get(1)
    assert not list(lab.redis.scan_iter(f"{keys.prefix}:*"))


FOREIGN += ['{"id": 1}'.encode(code) for code in ("utf-16", "utf-32-le")]  # which Python guesses
CHANGED = [
    (1, 2),
    {1: "a"},
    [{"a": ()}],
    math.nan,
    {"a": [math.nan]},
    math.inf,
    {"a": -math.inf},
    {None: 1},
    {True: 1},
]  # what JSON would bring back different


def nested(depth: int) -> list:
    value = []
    for _ in range(depth):
        value = [value]
    return value


@each_pattern
def test_a_miss_and_a_hit_give_the_same_or_the_row_is_refused(sibling, lab, database, keys):
    class Changed(Counted):
        def find(self, id):
            return super().find(id) | {"value": self.value}

    users = Changed(database.users)
    cache = sibling(lab.client(), users, keys)
    for users.value in CHANGED * 2:
        with pytest.raises(TypeError, match="cannot be kept as JSON"):
            cache.get(1)
    assert not list(lab.redis.scan_iter(f"{keys.prefix}:*"))


NO_TEXT = ["\ud800", "a\udcffb", b"\xff"]


@each_pattern
def test_an_id_that_is_no_text_is_refused_before_the_commit(sibling, lab, database, keys):
    class Saved(Counted):
        saved = 0

        def save(self, id, record):
            self.saved += 1

    users = Saved(database.users)
    cache = sibling(lab.client(), users, keys)
    for id in NO_TEXT:
        with pytest.raises(ValueError, match="cannot be part of a name"):
            cache.get(id)
        with pytest.raises(ValueError, match="cannot be"):
            cache.put(id, {"id": 1})
    assert users.finds == users.saved == 0 and not getattr(cache, "owed", None)


@pytest.mark.parametrize("order", [*ORDERS[:2], "write-behind"])
def test_a_record_that_would_be_stored_is_refused_before_the_commit(order, lab, database, keys):
    made = WriteBehind if order == "write-behind" else lambda *where: WriteThrough(*where, order=order)
    cache, before = made(lab.client(), database.users, keys), database.users.find(2)
    for value in (decimal.Decimal(1), datetime.date(2020, 1, 1), {1, 2}, b"bytes", *CHANGED, 10**5000, nested(100_000)):
        with pytest.raises(TypeError, match="cannot be kept as JSON"):
            cache.put(2, before | {"city": value})
    assert cache.get(2) == database.users.find(2) == before
    assert not cache.owed


@pytest.mark.parametrize("id", [uuid.UUID(int=1), b"1", (1,), math.nan, frozenset()])
def test_an_id_that_would_be_stored_is_refused_before_the_commit(id, lab, database, keys):
    class Saved(Counted):
        def save(self, id, record):
            raise AssertionError("it was committed")

    cache = WriteThrough(lab.client(), Saved(database.users), keys, order=ORDERS[1])
    with pytest.raises(TypeError, match="cannot be kept as JSON"):
        cache.put(id, {"name": "Ada"})


@pytest.mark.parametrize("record", [[], "text", 7, True])
def test_what_is_no_record_is_refused(record):
    with pytest.raises(TypeError, match="A record is a dict"):
        pack(record)


NO_SECONDS = (math.inf, -math.inf, math.nan, None, "60", -1, True, 10**11)
SETTINGS = [
    (CacheAside, {"ttl": NO_SECONDS, "missing_ttl": NO_SECONDS, "jitter": (-0.1, 1.1, math.nan, None)}),
    (EarlyRefresh, {"beta": (-1, math.inf, math.nan, None)}),
    (RefreshAhead, {"lease_ttl": (*NO_SECONDS, 0), "threshold": (-0.1, 1.1, math.nan), "threads": (0, 1.5, None)}),
    (ServeStale, {"stale_for": NO_SECONDS}),
    (WriteBehind, {"limit": (0, -1, 1.5, None), "patience": NO_SECONDS}),
]
EACH = [(sibling, name, values) for sibling, names in SETTINGS for name, values in names.items()]


@pytest.mark.parametrize(("sibling", "name", "values"), EACH)
def test_a_setting_out_of_range_is_refused_at_the_door_and_later(sibling, name, values, lab, database, keys):
    cache = sibling(lab.client(), database.users, keys)
    for value in values:
        with pytest.raises(ValueError, match=rf"^{name} = .* does not work: choose "):
            sibling(lab.client(), database.users, keys, **{name: value})
        if name != "threads":
            with pytest.raises(ValueError, match=rf"^{name} = "):
                setattr(cache, name, value)
    assert cache.get(1)["id"] == 1


@each_pattern
def test_every_ttl_in_range_is_kept(sibling, lab, users, keys):
    for id, ttl in enumerate((0.0001, 0.001, 1, 10**10), 1):
        cache = sibling(lab.client(), users, keys, ttl=ttl)
        assert cache.get(id) == cache.get(id) == users._table.find(id)
        assert lab.redis.pttl(keys.user(id)) != -1


@pytest.mark.parametrize(
    "options", [{"failures": 0}, {"failures": None}, {"retry_after": -1}, {"retry_after": math.nan}]
)
def test_a_breaker_that_could_not_work_is_refused(options):
    with pytest.raises(ValueError, match="does not work"):
        CircuitBreaker(**options)


def test_early_refresh_stores_the_record_with_the_time_of_its_load(lab, database, keys):
    EarlyRefresh(lab.client(), database.users, keys).get(1)
    seconds, record = json.loads(lab.redis.get(keys.user(1)))
    assert 0 < seconds < 5 and record == database.users.find(1)
