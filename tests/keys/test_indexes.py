"""Indexes: one owner for each value, whoever moves it, and whoever dies meanwhile."""

import pytest
import redis

from redislab.bench.race_ground import KEYS
from redislab.bench.races import races
from redislab.keys import Index, KeyNamespace, UniqueIndex
from redislab.lessons.key_naming.as_in_the_module import ModuleIndex, TransactionIndex


@pytest.fixture
def keys(lab, request):
    keys = lab.keys.tenant(f"t{abs(hash(request.node.name))}", together=True)
    yield keys
    if found := list(lab.redis.scan_iter(f"{keys.prefix}:*")):
        lab.redis.delete(*found)


@pytest.fixture
def emails(lab, keys):
    return UniqueIndex(lab.redis, keys, "user", "email")


@pytest.fixture
def cities(lab, keys):
    return Index(lab.redis, keys, "user", "city")


def entries(lab, keys) -> dict:
    """What the index of e-mails holds."""
    found = list(lab.redis.scan_iter(keys.unique("user", "email", "*")))
    return {key.rpartition(":")[2]: lab.redis.get(key) for key in found}


class TestUniqueIndex:
    def test_a_value_is_found_by_its_owner_and_by_nobody_elses_claim(self, emails):
        assert emails.claim(1, "ada@x.org") and emails.claim(1, "ada@x.org")
        assert not emails.claim(2, "ada@x.org")
        assert emails.find("ada@x.org") == "1" and emails.get("ada@x.org") == {"email": "ada@x.org"}
        assert emails.find("bob@x.org") is emails.get("bob@x.org") is None

    def test_a_new_value_leaves_the_old_one_to_others(self, emails, lab, keys):
        emails.claim(1, "ada@x.org")
        assert emails.claim(1, "a@x.org") and emails.claim(2, "ada@x.org")
        assert entries(lab, keys) == {"a@x.org": "1", "ada@x.org": "2"}

    def test_a_move_from_what_it_no_longer_has_is_refused(self, emails):
        emails.claim(1, "a@x.org")
        assert emails.move(1, "a@x.org", "b@x.org")
        assert not emails.move(1, "a@x.org", "c@x.org")
        assert emails.find("c@x.org") is None and emails.find("b@x.org") == "1"

    def test_what_is_released_is_free_and_found_by_nobody(self, emails, lab, keys):
        emails.claim(1, "a@x.org")
        emails.release(1)
        emails.release(1)
        assert entries(lab, keys) == {} and not lab.redis.hexists(keys.record("user", 1), "email")
        assert emails.claim(2, "a@x.org")

    def test_the_entry_of_a_record_that_expired_is_in_nobodys_way(self, emails, lab, keys):
        emails.claim(1, "a@x.org")
        lab.redis.delete(keys.record("user", 1))
        assert emails.get("a@x.org") is None and entries(lab, keys) == {}
        emails.claim(1, "a@x.org")
        lab.redis.delete(keys.record("user", 1))
        assert emails.claim(2, "a@x.org") and emails.find("a@x.org") == "2"

    def test_an_entry_that_its_record_bears_out_is_not_pruned(self, emails):
        emails.claim(1, "a@x.org")
        assert not emails.prune(1, "a@x.org") and emails.find("a@x.org") == "1"

    def test_the_rest_of_the_record_and_its_ttl_stay(self, emails, lab, keys):
        lab.redis.hset(keys.record("user", 1), mapping={"name": "Ada", "email": ""})
        lab.redis.expire(keys.record("user", 1), 500)
        emails.claim(1, "a@x.org")
        assert emails.get("a@x.org")["name"] == "Ada" and lab.redis.ttl(keys.record("user", 1)) > 400

    @pytest.mark.parametrize("call", [lambda index: index.claim(1, ""), lambda index: index.move(1, "", "a")])
    def test_an_empty_value_is_refused_at_the_door(self, emails, call):
        with pytest.raises(ValueError, match="release"):
            call(emails)

    def test_values_that_users_have_typed_do_no_harm(self, emails):
        for id, value in enumerate(("a:b", "{x}@y", "}{", "ü@ö.org", "*", " ", "a" * 500)):
            assert emails.claim(id, value) and emails.get(value)["email"] == value

    def test_no_walk_over_the_records_comes_upon_the_index(self, emails, lab, keys):
        emails.claim(1, "a@x.org")
        assert list(lab.redis.scan_iter(keys.record("user", "*"))) == [keys.record("user", 1)]


class TestIndex:
    def test_all_who_have_the_value_are_found(self, cities):
        for id, city in ((1, "Paris"), (2, "Paris"), (3, "Rome")):
            assert cities.claim(id, city)
        assert cities.find("Paris") == {"1", "2"} and len(cities.get("Paris")) == 2
        assert cities.claim(1, "Rome") and cities.find("Paris") == {"2"} and cities.find("Rome") == {"1", "3"}
        cities.release(3)
        assert cities.find("Rome") == {"1"}

    def test_what_has_expired_is_pruned_when_it_is_looked_up(self, cities, lab, keys):
        cities.claim(1, "Paris")
        cities.claim(2, "Paris")
        lab.redis.delete(keys.record("user", 1))
        assert cities.get("Paris") == [{"city": "Paris"}] and cities.find("Paris") == {"2"}


def test_on_a_cluster_they_work_under_a_hash_tag_and_are_refused_at_the_door_without(cluster):
    client = cluster.client()
    index = UniqueIndex(client, KeyNamespace.of(application="shop").tenant("acme", together=True), "user", "email")
    assert index.claim(1, "a@x.org") and index.claim(1, "b@x.org") and not index.claim(2, "b@x.org")
    assert index.get("b@x.org") == {"email": "b@x.org"} and index.find("a@x.org") is None
    with pytest.raises(ValueError, match=r"hash tag: '\{shop\}'"):
        UniqueIndex(client, KeyNamespace("shop"), "user", "email")


def test_indexes_give_the_same_to_every_client(any_client, one_slot_keys):
    emails, cities = (UniqueIndex, "email"), (Index, "city")
    emails, cities = (kind(any_client, one_slot_keys, "user", field) for kind, field in (emails, cities))
    assert emails.claim(1, "zoë@x.org") and not emails.claim(2, "zoë@x.org") and emails.claim(1, "zoë@x.org")
    assert emails.find("zoë@x.org") == "1" and emails.get("zoë@x.org".encode()) == {"email": "zoë@x.org"}
    assert emails.move(1, "zoë@x.org", "a}b") and emails.find("zoë@x.org") is None and emails.claim(2, "zoë@x.org")
    assert cities.claim(1, "Zürich") and cities.claim("2", "Zürich") and cities.find("Zürich") == {"1", "2"}
    assert [found["email"] for found in cities.get("Zürich")] == ["a}b", "zoë@x.org"]
    emails.release(1)
    assert emails.find("a}b") is None and cities.find("Zürich") == {"1", "2"}


def test_an_index_and_a_cache_of_one_kind_leave_each_other_alone(lab, keys, emails):
    lab.redis.set(keys.entity("user", 1), "{}")
    assert emails.claim(1, "a@x.org")
    lab.redis.set(keys.user(1), "{}")
    assert emails.get("a@x.org") == {"email": "a@x.org"} and lab.redis.get(keys.user(1)) == "{}"


def test_an_index_says_that_its_entries_may_be_evicted(lab, keys):
    server = lab.private_server(maxmemory="50mb", maxmemory_policy="allkeys-lru")
    with pytest.warns(RuntimeWarning, match="evicts entries of the index of each user by email"):
        UniqueIndex(server.client(), keys, "user", "email")
    server.close()


def test_an_index_set_of_another_type_is_noticed_before_anything_is_written(lab, keys, cities):
    cities.claim(1, "Paris")
    lab.redis.set(keys.index("user", "city", "Rome"), "of another program")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        cities.claim(1, "Rome")
    assert cities.find("Paris") == {"1"} and len(cities.get("Paris")) == 1


ADDRESS = "a0@x.org"


def rename(kind, id):
    """A client that gives user `id` the address that the other one wants too."""

    def take(client, keys):
        index = kind(client, keys, "user", "email")
        if kind is UniqueIndex:
            index.claim(id, ADDRESS)
        else:
            index.move(id, f"a{id}@x.org", ADDRESS)

    return take


def rename_race(kind, lab, **options):
    """Two users who want one address, in every order, and with one of them dying before any of its commands."""

    def given(client, keys):
        for id in (1, 2):
            UniqueIndex(client, keys, "user", "email").claim(id, f"a{id}@x.org")

    def one_owner_each(client, keys):
        has = {str(id): client.hget(keys.record("user", id), "email") for id in (1, 2)}
        held = {name: client.get(name) for name in client.scan_iter(keys.unique("user", "email", "*"))}
        expected = {keys.unique("user", "email", address): id for id, address in has.items()}
        return len(set(has.values())) == 2 and held == expected

    return races(rename(kind, 1), rename(kind, 2), given=given, dies=True, expect=one_owner_each, lab=lab, **options)


def test_renames_in_every_order_with_a_client_that_dies_leave_one_owner_each(lab):
    assert rename_race(UniqueIndex, lab).safe


@pytest.mark.parametrize("kind", [ModuleIndex, TransactionIndex])
def test_the_modules_way_and_a_transaction_leave_two_owners(lab, kind):
    race = rename_race(kind, lab)
    assert race.found.failed > 0
    both = race.replay(next(name for name in race.found.ran if "!" not in name))
    assert [both.states[-1][KEYS.record("user", id)]["email"] for id in (1, 2)] == [ADDRESS] * 2


@pytest.mark.parametrize("field", [1, b"e", "a:b", ""], ids=repr)
@pytest.mark.parametrize("sibling", [UniqueIndex, Index])
def test_a_field_may_be_called_anything(sibling, field, lab, keys):
    index = sibling(lab.redis, keys, "user", field)
    assert index.claim(1, "x") and "1" in index.find("x") and index.get("x")


@pytest.mark.parametrize("sibling", [UniqueIndex, Index])
@pytest.mark.parametrize("which", ["old", "new"])
def test_an_entry_of_another_type_stops_a_move_before_anything_is_written(sibling, which, lab, keys):
    client = lab.redis
    index = sibling(client, keys, "user", "city")
    assert index.claim(1, "old")
    client.delete(index.entry(which))
    client.rpush(index.entry(which), "foreign")
    before = {key: client.dump(key) for key in client.scan_iter(f"{keys.prefix}:*")}
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        index.claim(1, "new")
    assert {key: client.dump(key) for key in client.scan_iter(f"{keys.prefix}:*")} == before
