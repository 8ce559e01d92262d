"""The patterns in every order of steps: which of them let a reader store what a writer has replaced."""

import pytest

from redislab.bench.races import races
from redislab.caching import CacheAside, EarlyRefresh, RefreshAhead, Resilient, ServeStale, SingleFlight, WriteThrough
from redislab.lessons.caching_patterns.as_in_the_module import ModuleCacheAside

ID = 77
NEW = {"name": "Phone 77", "category": "audio", "price": 1.0, "stock": 5}
LEASED = [SingleFlight, Resilient, WriteThrough, RefreshAhead, ServeStale]


def reader(sibling):
    def read(client, products, keys):
        return sibling(client, products, keys).get(ID)["version"]

    return read


def writer(sibling):
    def write(client, products, keys):
        sibling(client, products, keys).put(ID, NEW)

    return write


def next_reader(sibling):
    """The expectation: whoever reads next gets what is committed. That reader does not wait long for one that died."""
    options = {"lease_ttl": 0.02} if sibling in LEASED else {}

    def gets_the_new_row(client, products, keys):
        return sibling(client, products, keys, **options).get(ID)["price"] == products.find(ID)["price"]

    return gets_the_new_row


def race_of(sibling, readers: int, lab, **options):
    clients = [*[reader(sibling)] * readers, writer(sibling)]
    return races(*clients, expect=next_reader(sibling), lab=lab, **options)


@pytest.mark.parametrize("sibling", [CacheAside, EarlyRefresh, ModuleCacheAside])
def test_without_a_lease_one_order_leaves_the_old_row(lab, sibling):
    assert race_of(sibling, 1, lab).failing == ["A A B B A"]


@pytest.mark.parametrize("sibling", LEASED)
def test_with_a_lease_no_order_leaves_the_old_row(lab, sibling):
    race = race_of(sibling, 1, lab)
    assert race.safe, race


@pytest.mark.parametrize("sibling", LEASED)
def test_nor_does_any_in_which_the_reader_dies(lab, sibling):
    race = race_of(sibling, 1, lab, dies="A")
    assert race.safe, race


def test_of_two_readers_who_miss_one_asks_the_database(lab):
    """Counted in each schedule: the steps that are a SELECT."""

    def read(client, products, keys):
        return SingleFlight(client, products, keys).get(ID)["version"]

    race = races(read, read, expect=lambda returned: returned == [1, 1], lab=lab)
    assert race.safe
    for name in race.found.ran:
        assert sum(step.sent[0][:2] == ("TABLE", "SELECT") for step in race.replay(name).steps) == 1, name
