"""The catalogue in every order of steps, with expiry by the server's own clock; and several clients in every order."""

import time

import pytest
import redis
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from redislab.bench import watch
from redislab.bench.race_ground import KEYS
from redislab.bench.races import races
from redislab.keys import KeyNamespace
from redislab.modeling import PrunedCatalog
from tests.conftest import runs, settles
from tests.modeling.orders import hold_in_every_order


@pytest.fixture
def catalog(lab, keys):
    return PrunedCatalog(lab.client(), keys, ttl=60)


def add_briefly(catalog, id, **about) -> None:
    """Add a product whose time is over when this returns."""
    catalog.add(id, {"name": "brief"}, ttl=0.001, **about)
    deadline = time.monotonic() + 15
    while catalog.client.exists(catalog.key(id)):
        assert time.monotonic() < deadline


def left(client, keys) -> set:
    """All keys under the prefix."""
    return set(client.scan_iter(f"{keys.prefix}:*", count=500))


def test_a_product_holds_its_fields_for_its_ttl(catalog):
    catalog.add(7, {"name": "Laptop", "price": 999}, category="electronics", tags=["new"])
    assert catalog.get(7) == {"name": "Laptop", "price": "999", "category": "electronics"}
    assert 50_000 < catalog.client.pttl(catalog.key(7)) <= 60_000
    assert catalog.get(8) is None


def test_a_category_gives_the_newest_first(catalog):
    for id in (3, 1, 2):
        catalog.add(id, {}, category="books")
    catalog.add(9, {}, category="music")
    assert catalog.recent("books") == ["2", "1", "3"]
    assert catalog.recent("books", 2) == ["2", "1"]
    assert catalog.recent("books", 0) == catalog.recent("toys") == []


def test_tags_are_intersected(catalog):
    catalog.add(1, {}, category="c", tags=["a", "b"])
    catalog.add(2, {}, category="c", tags=["b", "ü"])
    assert sorted(catalog.tagged("b")) == ["1", "2"]
    assert catalog.tagged("a", "b") == ["1"]
    assert catalog.tagged("b", "ü") == ["2"]
    assert catalog.tagged("a", "ü") == catalog.tagged("nothing") == []


def test_no_answer_names_what_has_expired_and_nothing_of_it_is_left(catalog, keys):
    add_briefly(catalog, 1, category="c", tags=["a", "b"])
    assert catalog.client.sismember(keys.catalog("tag", "a"), 1)
    assert catalog.tagged("a", "b") == []
    assert left(catalog.client, keys) == set()


def test_what_comes_back_under_an_old_id_has_the_new_tags_alone(catalog):
    catalog.add(1, {"name": "old", "colour": "red"}, category="c", tags=["a", "b"])
    catalog.add(1, {"name": "new"}, category="d", tags=["b"])
    assert (catalog.tagged("a"), catalog.tagged("b"), catalog.recent("c"), catalog.recent("d")) == (
        [],
        ["1"],
        [],
        ["1"],
    )
    assert catalog.get(1) == {"name": "new", "category": "d"}


def test_removing_a_product_takes_all_that_names_it(catalog, keys):
    catalog.add(1, {}, category="c", tags=["a", "b"])
    assert catalog.remove(1) and not catalog.remove(1)
    assert left(catalog.client, keys) == set()
    add_briefly(catalog, 2, category="c", tags=["a"])
    assert not catalog.remove(2)
    assert left(catalog.client, keys) == set()


def test_however_many_have_expired_one_call_forgets_so_many_and_the_answer_is_right(lab, keys):
    catalog = PrunedCatalog(lab.client(), keys, most=10)
    catalog.tagged("a")
    for id in range(35):
        catalog.add(id, {}, category="c", tags=["a"], ttl=0.001)
    catalog.add("last", {}, category="c", tags=["a"])
    assert not settles(lambda: any(catalog.get(id) for id in range(35)))
    with watch(catalog.client) as sent:
        assert catalog.tagged("a") == ["last"]
    assert sent.round_trips == 4
    with watch(catalog.client) as sent:
        assert catalog.tagged("a") == catalog.recent("c") == ["last"]
    assert sent.round_trips == 2


def test_what_was_evicted_is_named_until_it_is_looked_for(catalog, keys):
    for id in range(300):
        catalog.add(id, {}, category="c", tags=["a"])
    for id in range(200):
        catalog.client.delete(catalog.key(id))
    assert len(catalog.tagged("a")) == 300
    # a call looks for no more than it was told
    first = catalog.prune(30)
    assert 0 < first <= 30
    assert first + catalog.prune(300) == 200
    assert sorted(map(int, catalog.tagged("a"))) == [*range(200, 300)]


@pytest.mark.parametrize("tags", [[None], ["a", 7], [["a"]], "new", b"new", [b"a"]])
def test_a_tag_that_is_not_text_is_refused_before_anything_is_written(catalog, keys, tags):
    catalog.add(1, {"name": "old"}, category="c", tags=["a"])
    with pytest.raises(TypeError, match="text"):
        catalog.add(1, {"name": "new"}, category="c", tags=tags)
    assert catalog.get(1)["name"] == "old" and catalog.tagged("a") == catalog.recent("c") == ["1"]


def test_a_product_may_have_thousands_of_fields(catalog):
    fields = {f"field {n}": str(n) for n in range(5000)}
    catalog.add(1, fields, category="c")
    assert catalog.get(1) == fields | {"category": "c"}


def test_lost_book_keeping_keeps_no_look_up_for_ever(lab, keys):
    catalog = PrunedCatalog(lab.client(), keys, most=2)
    for id in range(3):
        add_briefly(catalog, id, category="c", tags=["a"])
    catalog.client.delete(keys.catalog("pruning", "entries"))
    assert catalog.tagged("b") == []


def test_it_works_on_a_cluster(cluster):
    catalog = PrunedCatalog(cluster.client(), KeyNamespace(f"catalog{next(runs)}"))
    for id in range(5):
        catalog.add(id, {}, category="c", tags=["a", "b"])
    assert sorted(catalog.tagged("a", "b")) == sorted(catalog.recent("c")) == [*"01234"]
    assert catalog.remove(3) and catalog.prune(10) == 0
    assert sorted(catalog.tagged("a", "b")) == [*"0124"]


def test_in_every_order_of_calls_and_an_expiry_the_indexes_name_what_is_there_and_at_last_nothing(lab):
    # Given clients that add, add again under other names, remove, and look up one product, which may expire at any moment
    def made(client, keys):
        return PrunedCatalog(client, keys, ttl=60, most=1)

    def add(client, keys):
        made(client, keys).add(1, {}, category="x", tags=["a"])

    def add_otherwise(client, keys):
        made(client, keys).add(1, {}, category="y", tags=["b"])

    def remove(client, keys):
        made(client, keys).remove(1)

    def look_up(client, keys):
        return made(client, keys).tagged("a")

    def names_what_is_there(client, keys):
        catalog = made(client, keys)
        there = (catalog.get(1) or {}).get("category")
        catalog.prune(10)
        if [bool(catalog.recent(name)) for name in "xy"] != [there == name for name in "xy"]:
            return f"the product is in {there!r}, and listed in {catalog.recent('x')} and {catalog.recent('y')}"
        client.delete(catalog.key(1))
        catalog.prune(10)
        return not left(client, keys) or f"there is still {left(client, keys)}"

    product = KEYS.catalog("product", 1)
    race = races(add, add_otherwise, remove, look_up, expires=product, expect=names_what_is_there, lab=lab)
    assert race.safe, race
    assert race.schedules > 24


ids, categories = st.integers(0, 4), st.sampled_from("xy")
tags = st.lists(st.sampled_from("abc"), max_size=3, unique=True)


class Steps(RuleBasedStateMachine):
    """A dict is the model: category and tags by id, in the order in which they were added."""

    lab = None

    def __init__(self):
        super().__init__()
        self.keys = KeyNamespace(f"{self.lab.prefix}:catalog{next(runs)}")
        self.catalog, self.living = PrunedCatalog(self.lab.client(), self.keys, ttl=60, most=2), {}

    @rule(id=ids, category=categories, tags=tags)
    def add(self, id, category, tags):
        self.living.pop(id, None)
        self.catalog.add(id, {"name": f"{category}{id}"}, category=category, tags=tags)
        self.living[id] = category, tags

    @rule(id=ids, category=categories, tags=tags)
    def add_what_expires(self, id, category, tags):
        add_briefly(self.catalog, id, category=category, tags=tags)
        self.living.pop(id, None)

    @rule(id=ids)
    def remove(self, id):
        assert self.catalog.remove(id) == (id in self.living)
        self.living.pop(id, None)

    @rule(id=ids)
    def evict_and_prune(self, id):
        self.catalog.client.delete(self.catalog.key(id))
        self.catalog.prune(100)
        self.living.pop(id, None)

    @rule(category=categories, n=st.integers(1, 4))
    def recent(self, category, n):
        expected = [str(id) for id, (of, _) in reversed(self.living.items()) if of == category]
        assert self.catalog.recent(category, n) == expected[:n]

    @rule(tags=tags.filter(bool))
    def tagged(self, tags):
        expected = [str(id) for id, (_, has) in self.living.items() if set(tags) <= set(has)]
        assert sorted(self.catalog.tagged(*tags)) == sorted(expected)

    @rule(id=ids)
    def get(self, id):
        expected = {"name": f"{self.living[id][0]}{id}", "category": self.living[id][0]} if id in self.living else None
        assert self.catalog.get(id) == expected

    def teardown(self):
        while self.catalog.prune(100):
            pass
        wanted = {self.catalog.key(id) for id in self.living}
        for category, tags in self.living.values():
            wanted |= {self.keys.catalog("category", category), *(self.keys.catalog("tag", tag) for tag in tags)}
        if self.living:
            wanted |= {self.keys.catalog("pruning", name) for name in ("deadlines", "entries")}
        assert left(self.catalog.client, self.keys) == wanted


def test_in_every_order_of_steps_it_names_the_living_and_no_others(lab):
    hold_in_every_order(Steps, lab, examples=60, length=30)


@pytest.mark.parametrize("call", ["add", "remove", "expire"])
def test_an_index_that_is_of_another_type_by_now_keeps_no_product_half_listed(call, catalog, lab, keys):
    client = lab.redis
    catalog.add(1, {"name": "a"}, category="c", tags=["before", "odd", "after"], ttl=0.01 if call == "expire" else 60)
    client.delete(keys.catalog("tag", "odd"))
    client.set(keys.catalog("tag", "odd"), "foreign")
    if call == "add":
        catalog.add(1, {"name": "b"}, category="d", tags=["new"])
    elif call == "remove":
        assert catalog.remove(1)
    else:
        assert not settles(lambda: catalog.get(1))
    assert catalog.tagged("before") == catalog.tagged("after") == catalog.recent("c") == []
    assert client.get(keys.catalog("tag", "odd")) == "foreign"


def test_books_of_another_type_stop_a_product_before_anything_is_written(catalog, lab, keys):
    client = lab.redis
    client.set(keys.catalog("pruning", "deadlines"), "foreign")
    before = left(client, keys)
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        catalog.add(1, {"name": "a"}, category="c", tags=["t"])
    assert left(client, keys) == before
