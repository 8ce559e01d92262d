import pytest

from redislab.caching import CacheAside, Hybrid, RefreshAhead, WriteThrough
from redislab.keys import KeyNamespace
from tests.caching.test_caching import Counted


@pytest.fixture
def tables(database):
    tables = {"user": database.users, "product": database.products, "order": database.orders}
    return {kind: Counted(table) for kind, table in tables.items()}


@pytest.fixture
def shop(lab, keys, tables):
    siblings = {"user": WriteThrough, "product": RefreshAhead, "order": CacheAside}
    return Hybrid({kind: siblings[kind](lab.client(), table, keys) for kind, table in tables.items()})


def test_the_same_id_of_three_kinds_is_three_things(shop, tables, lab, keys):
    for _ in range(2):
        assert {kind: shop.get(kind, 42) for kind in tables} == {
            kind: table._table.find(42) for kind, table in tables.items()
        }
    assert [table.finds for table in tables.values()] == [1, 1, 1]
    assert set(lab.redis.scan_iter(f"{keys.prefix}:*")) == {keys.user(42), keys.product(42), keys.order(42)}


def test_a_write_of_one_kind_leaves_the_others_alone(shop, tables):
    before = {kind: shop.get(kind, 43) for kind in tables}
    shop.put("product", 43, before["product"] | {"stock": 7})
    assert shop.get("product", 43)["stock"] == 7
    assert [shop.get(kind, 43) for kind in ("user", "order")] == [before["user"], before["order"]]
    assert [tables[kind].finds for kind in tables] == [1, 2, 1]


def test_an_unknown_kind_is_refused_with_those_that_there_are(shop):
    for call in (lambda: shop.get("invoice", 1), lambda: shop.put("invoice", 1, {})):
        with pytest.raises(ValueError, match=r"no kind 'invoice'\. Choose one of: user, product, order\."):
            call()


def test_kinds_whose_entries_would_overwrite_each_other_are_refused_at_the_door(lab, keys, tables):
    tables["product"].kind = "user"
    patterns = {kind: CacheAside(lab.client(), tables[kind], keys) for kind in ("user", "product")}
    with pytest.raises(ValueError, match="'user' and 'product' would share the keys"):
        Hybrid(patterns)
    patterns["product"] = CacheAside(lab.client(), tables["product"], KeyNamespace(f"{keys.prefix}:goods"))
    assert Hybrid(patterns).get("product", 44)["id"] == 44
