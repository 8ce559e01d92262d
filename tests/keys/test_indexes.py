"""Indexes: one owner for each value, whoever moves it, and whoever dies meanwhile."""

import random
import threading

import pytest
import redis

from redislab.keys import Index, KeyNamespace, ModuleIndex, TransactionIndex, UniqueIndex


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
        assert entries(lab, keys) == {} and not lab.redis.hexists(keys.user(1), "email")
        assert emails.claim(2, "a@x.org")

    def test_the_entry_of_a_record_that_expired_is_in_nobodys_way(self, emails, lab, keys):
        emails.claim(1, "a@x.org")
        lab.redis.delete(keys.user(1))
        assert emails.get("a@x.org") is None and entries(lab, keys) == {}
        emails.claim(1, "a@x.org")
        lab.redis.delete(keys.user(1))
        assert emails.claim(2, "a@x.org") and emails.find("a@x.org") == "2"

    def test_an_entry_that_its_record_bears_out_is_not_pruned(self, emails):
        emails.claim(1, "a@x.org")
        assert not emails.prune(1, "a@x.org") and emails.find("a@x.org") == "1"

    def test_the_rest_of_the_record_and_its_ttl_stay(self, emails, lab, keys):
        lab.redis.hset(keys.user(1), mapping={"name": "Ada", "email": ""})
        lab.redis.expire(keys.user(1), 500)
        emails.claim(1, "a@x.org")
        assert emails.get("a@x.org")["name"] == "Ada" and lab.redis.ttl(keys.user(1)) > 400

    @pytest.mark.parametrize("call", [lambda index: index.claim(1, ""), lambda index: index.move(1, "", "a")])
    def test_an_empty_value_is_refused_at_the_door(self, emails, call):
        with pytest.raises(ValueError, match="release"):
            call(emails)

    def test_values_that_users_have_typed_do_no_harm(self, emails):
        for id, value in enumerate(("a:b", "{x}@y", "}{", "ü@ö.org", "*", " ", "a" * 500)):
            assert emails.claim(id, value) and emails.get(value)["email"] == value

    def test_no_walk_over_the_records_comes_upon_the_index(self, emails, lab, keys):
        emails.claim(1, "a@x.org")
        assert list(lab.redis.scan_iter(keys.user("*"))) == [keys.user(1)]


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
        lab.redis.delete(keys.user(1))
        assert cities.get("Paris") == [{"city": "Paris"}] and cities.find("Paris") == {"2"}


def test_on_a_cluster_they_work_under_a_hash_tag_and_are_refused_at_the_door_without(cluster):
    client = cluster.client()
    index = UniqueIndex(client, KeyNamespace.of(application="shop").tenant("acme", together=True), "user", "email")
    assert index.claim(1, "a@x.org") and index.claim(1, "b@x.org") and not index.claim(2, "b@x.org")
    assert index.get("b@x.org") == {"email": "b@x.org"} and index.find("a@x.org") is None
    with pytest.raises(ValueError, match=r"hash tag: '\{shop\}'"):
        UniqueIndex(client, KeyNamespace("shop"), "user", "email")


class Storm:
    """Users who rename themselves at once, to addresses of which there are too few, while their connections are cut."""

    USERS, ADDRESSES, THREADS, RENAMES = 12, 18, 8, 60

    def __init__(self, lab, keys, kind):
        self.lab, self.keys, self.kind, self.died, self.over = lab, keys, kind, 0, threading.Event()

    def run(self) -> None:
        threads = [threading.Thread(target=self.work, args=(seed,)) for seed in range(self.THREADS)]
        cutter = threading.Thread(target=self.cut)
        for thread in (*threads, cutter):
            thread.start()
        for thread in threads:
            thread.join()
        self.over.set()
        cutter.join()

    def work(self, seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(self.RENAMES):
            client = self.lab.client(max_connections=1, client_name="storm")
            index = self.kind(client, self.keys, "user", "email")
            try:
                for _ in range(3):
                    self.rename(index, chance.randrange(self.USERS), f"a{chance.randrange(self.ADDRESSES)}@x.org")
            except redis.RedisError:
                self.died += 1
            client.close()

    def rename(self, index, id, address) -> None:
        if hasattr(index, "claim"):
            index.claim(id, address)
        else:
            index.move(id, index.client.hget(self.keys.user(id), "email") or "none", address)

    def cut(self) -> None:
        chance = random.Random(99)
        while not self.over.wait(0.002):
            names = [client["id"] for client in self.lab.redis.client_list() if client["name"] == "storm"]
            if names:
                self.lab.redis.client_kill_filter(_id=chance.choice(names))

    def faults(self) -> tuple[int, int]:
        """Addresses that more than one record has; records whose address leads to nobody, or to somebody else."""
        has = {str(id): self.lab.redis.hget(self.keys.user(id), "email") for id in range(self.USERS)}
        has = {id: address for id, address in has.items() if address}
        held = entries(self.lab, self.keys)
        return len(has) - len(set(has.values())), sum(held.get(address) != id for id, address in has.items())


def test_renames_at_once_with_clients_killed_between_commands_leave_one_owner_each(lab, keys):
    storm = Storm(lab, keys, UniqueIndex)
    storm.run()
    assert storm.died > 3
    assert storm.faults() == (0, 0)
    # and no entry without its record
    held = entries(lab, keys)
    assert held and all(lab.redis.hget(keys.user(id), "email") == address for address, id in held.items())


@pytest.mark.parametrize("kind", [ModuleIndex, TransactionIndex])
def test_the_same_storm_shows_what_the_modules_way_and_a_transaction_leave(lab, keys, kind):
    storm = Storm(lab, keys, kind)
    storm.run()
    twice, _ = storm.faults()
    assert twice > 0
