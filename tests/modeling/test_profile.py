"""A profile as a hash and as JSON: the same interface, and what each loses."""

import datetime
import math
import secrets
import threading
import time

import pytest
import redis

from redislab.bench import watch
from redislab.keys import KeyNamespace
from redislab.lessons.data_modeling.as_in_the_module import ModuleProfile
from redislab.modeling import JsonProfile, Profile
from redislab.modeling.profile import DEADLINES, HPEXPIRE, HSETEX
from redislab.world.lab import first
from tests.conftest import settles


@pytest.fixture
def keys(lab):
    names = KeyNamespace(f"{lab.prefix}:profiles_{secrets.token_hex(3)}")
    yield names
    for key in lab.redis.scan_iter(f"{names.prefix}:*", count=1000):
        lab.redis.unlink(key)


@pytest.fixture(params=[Profile, JsonProfile])
def users(request, lab, keys):
    return request.param(lab.redis, keys, **({"types": {"visits": int}} if request.param is Profile else {}))


@pytest.fixture(scope="module")
def able(lab):
    """A server that can let a field expire: the lab's, or else the bundled one."""
    server = lab.server if "field_ttl" in lab.server.capabilities else first(("bundled",), report=print)[0]
    yield server
    if server is not lab.server:
        server.close()


@pytest.fixture(params=[HSETEX, HPEXPIRE, DEADLINES])
def temporary(request, able):
    """Profiles whose fields expire in each of the three ways, wherever the server knows it."""
    client = able.client()
    if request.param == HSETEX and Profile(client, KeyNamespace("any")).field_ttl != HSETEX:
        pytest.skip("HPEXPIRE is there, HSETEX is not")
    users = Profile(client, KeyNamespace(f"redislab:{secrets.token_hex(6)}"), field_ttl=request.param)
    yield users
    for key in client.scan_iter(f"{users.keys.prefix}:*", count=1000):
        client.unlink(key)
    client.close()


class TestBoth:
    def test_what_is_saved_is_what_there_is(self, users):
        assert users.get(42) is None
        users.save(42, {"id": "42", "name": "Ann", "visits": 3})
        assert users.get(42) == {"id": "42", "name": "Ann", "visits": 3}
        # If it is saved again, expect nothing of before
        users.save(42, {"name": "Anne"})
        assert users.get(42) == {"name": "Anne"}

    def test_fields_by_name_and_none_for_what_is_not_there(self, users):
        users.save(42, {"name": "Ann", "visits": 3})
        assert users.fields(42, "visits", "phone") == {"visits": 3, "phone": None}
        assert users.fields(43, "name") == {"name": None}

    def test_an_update_leaves_the_others_alone_and_any_name_may_be_a_field(self, users):
        users.save(42, {"name": "Ann", "city": "Ulm"})
        users.update(42, name="Anne", id="42", self="yes")
        assert users.get(42) == {"name": "Anne", "city": "Ulm", "id": "42", "self": "yes"}

    def test_an_update_of_nobody_makes_somebody(self, users):
        users.update(42, name="Ann")
        assert users.get(42) == {"name": "Ann"}

    def test_numbers_are_added_to(self, users):
        assert [users.add(42, "visits"), users.add(42, "visits", 4), users.add(42, "visits", -6)] == [1, 5, -1]
        assert users.add(42, "points", 0.5) == 0.5
        assert users.fields(42, "visits") == {"visits": -1}

    def test_an_update_keeps_the_life_of_the_whole(self, lab, users):
        users.save(42, {"name": "Ann", "visits": 0})
        key = users.keys.profile(42) if isinstance(users, Profile) else users.keys.entity("json_profile", 42)
        lab.redis.expire(key, 100)
        users.update(42, name="Anne")
        users.add(42, "visits")
        assert 0 < lab.redis.ttl(key) <= 100


@pytest.mark.parametrize("value", [None, {"theme": "dark"}, ["a"], True, b"bytes"])
@pytest.mark.parametrize("write", ["save", "update", "put_for"])
def test_what_a_hash_cannot_hold_is_refused_at_the_door_in_a_sentence(lab, keys, value, write):
    users = Profile(lab.redis, keys)
    calls = {
        "save": lambda: users.save(42, {"name": "Ann", "settings": value}),
        "update": lambda: users.update(42, settings=value),
        "put_for": lambda: users.put_for(42, "settings", value, 10),
    }
    with pytest.raises(ValueError, match=r"settings = .* has no place in a hash"):
        calls[write]()
    assert users.get(42) is None


def test_a_hash_without_fields_and_a_life_without_length_are_refused(lab, keys):
    with pytest.raises(ValueError, match="Delete it instead"):
        Profile(lab.redis, keys).save(42, {})
    for ttl in (0, -1, math.inf, math.nan, None, 1e30, "5"):
        with pytest.raises(ValueError, match=r"ttl = .* does not work: choose seconds"):
            Profile(lab.redis, keys).put_for(42, "code", "x", ttl)
    assert Profile(lab.redis, keys).get(42) is None


@pytest.mark.parametrize("value", [math.nan, math.inf, (1, 2), {7: "a"}, {"since": datetime.date(2020, 1, 1)}])
def test_json_is_not_given_what_would_come_back_different(lab, keys, value):
    users = JsonProfile(lab.redis, keys)
    users.save(42, {"name": "Ann", "visits": 1})
    for write in (lambda: users.save(42, {"it": value}), lambda: users.update(42, it=value)):
        with pytest.raises(TypeError, match="cannot be kept as JSON"):
            write()
    if isinstance(value, float):
        with pytest.raises(ValueError, match=r"by = .* does not work"):
            users.add(42, "visits", value)
    assert users.get(42) == {"name": "Ann", "visits": 1}


def test_json_holds_what_a_hash_cannot(lab, keys):
    users = JsonProfile(lab.redis, keys)
    users.save(42, {"settings": {"theme": "dark"}, "phone": None, "member": True})
    assert users.get(42) == {"settings": {"theme": "dark"}, "phone": None, "member": True}


def test_one_round_trip_each_where_json_needs_two(lab, keys):
    client = lab.client()
    with watch(client) as sent:
        Profile(client, keys, field_ttl=HSETEX).update(42, name="Ann", city="Ulm")
    assert [command.text.split()[0] for command in sent.commands] == ["HSET"]
    with watch(client) as sent:
        JsonProfile(client, keys).update(42, name="Ann", city="Ulm")
    assert [command.text.split()[0] for command in sent.commands] == ["GET", "SET"]


def test_a_write_between_read_and_write_is_lost_by_json_and_not_by_a_hash(lab, keys):
    # Given two writers of different fields
    profile, json_profile = Profile(lab.redis, keys), JsonProfile(lab.redis, keys)
    for users in (profile, json_profile):
        users.save(42, {"name": "Ann", "city": "Ulm"})

    class Slow(JsonProfile):
        def _write(self, id, whole):
            json_profile.update(id, city="Bonn")  # If the other one is quicker
            super()._write(id, whole)

    Slow(lab.redis, keys).update(42, name="Anne")
    assert json_profile.get(42) == {"name": "Anne", "city": "Ulm"}
    profile.update(42, city="Bonn")
    profile.update(42, name="Anne")
    assert profile.get(42) == {"name": "Anne", "city": "Bonn"}


class TestFieldsThatExpire:
    def test_a_field_goes_and_the_rest_stays(self, temporary):
        temporary.save(42, {"name": "Ann"})
        temporary.put_for(42, "code", "9F3A", 1.0)
        assert 0 < temporary.left(42, "code") <= 1
        assert temporary.fields(42, "code", "name") == {"code": "9F3A", "name": "Ann"}
        gone = {"code": None, "name": "Ann"}
        assert not settles(lambda: temporary.fields(42, "code", "name") != gone)
        assert temporary.left(42, "code") is None

    def test_a_plain_hset_makes_it_stay_for_good(self, temporary):
        temporary.put_for(42, "code", "9F3A", 0.5)
        temporary.update(42, code="77B1")
        assert temporary.left(42, "code") is None
        time.sleep(0.7)  # its life, and a little
        assert temporary.fields(42, "code") == {"code": "77B1"}

    def test_put_again_it_lives_anew_and_what_was_permanent_no_longer_is(self, temporary):
        temporary.update(42, code="77B1")
        temporary.put_for(42, "code", "9F3A", 100)
        temporary.put_for(42, "code", "0000", 200)
        assert 100 < temporary.left(42, "code") <= 200
        assert temporary.fields(42, "code") == {"code": "0000"}

    def test_without_end_or_not_there_nothing_is_left(self, temporary):
        temporary.save(42, {"name": "Ann"})
        assert temporary.left(42, "name") is temporary.left(42, "code") is temporary.left(43, "code") is None

    def test_a_field_that_will_go_is_part_of_the_whole_and_is_counted_on_with_its_ttl(self, temporary):
        temporary.save(42, {"name": "Ann"})
        temporary.put_for(42, "tries", 5, 100)
        assert temporary.add(42, "tries") == 6 and temporary.add(42, "tries", 0.5) == 6.5
        assert temporary.get(42) == {"name": "Ann", "tries": "6.5"} and 90 < temporary.left(42, "tries") <= 100
        # If all is saved again, expect nothing of it, nor of its TTL
        temporary.save(42, {"tries": 1})
        assert temporary.get(42) == {"tries": "1"} and temporary.left(42, "tries") is None

    def test_a_profile_whose_last_field_has_gone_is_gone(self, temporary):
        temporary.put_for(42, "code", "9F3A", 0.001)
        assert not settles(lambda: temporary.get(42))
        # the server may count an expired field until it comes by
        assert not settles(lambda: temporary.client.exists(temporary.keys.profile(42)))
        # and one that begins after the former was deleted has none of its ends
        temporary.put_for(42, "code", "9F3A", 100)
        temporary.client.delete(temporary.keys.profile(42))
        assert temporary.add(42, "code") == 1 and temporary.left(42, "code") is None


def test_the_server_is_asked_once_how_fields_expire(lab, keys):
    client = lab.client()
    users = Profile(client, keys)
    with watch(client) as sent:
        first_time, second = users.field_ttl, users.field_ttl
    assert first_time == second
    assert (first_time == DEADLINES) == ("field_ttl" not in lab.server.capabilities)
    assert len(sent.commands) <= 3


@pytest.mark.parametrize("backend", ["local", "bundled"])
@pytest.mark.parametrize("state", ["full", "a replica", "busy"])
def test_a_server_that_takes_no_writes_for_now_is_asked_no_less(backend, state, servers, keys):
    usual = Profile(servers(backend).client(), keys).field_ttl
    server, _ = first((backend,), report=print)
    client, other = server.client(), server.client(socket_timeout=30)
    users = Profile(client, keys)
    if state == "full":
        client.config_set("maxmemory", "1mb")
    elif state == "a replica":
        client.replicaof("127.0.0.1", servers(backend).port)
        assert users.get(42) is None  # it can be read
    else:
        client.config_set("busy-reply-threshold", 1)
        busy = threading.Thread(target=keep_busy, args=[other])
        busy.start()
        assert not settles(lambda: is_answered(client))
        with pytest.raises(redis.ResponseError, match="BUSY"):
            users.get(42)
        client.script_kill()
        busy.join()
    assert users.field_ttl == usual
    server.close()


def keep_busy(client) -> None:
    with pytest.raises(redis.ResponseError):
        client.eval("while true do end", 0)


def is_answered(client) -> bool:
    try:
        return client.ping()
    except redis.ResponseError:
        return False


def test_on_a_cluster_too(cluster):
    users = Profile(cluster.client(), KeyNamespace(f"redislab:{secrets.token_hex(6)}"))
    users.save(42, {"name": "Ann"})
    users.put_for(42, "code", "9F3A", 100)
    assert users.fields(42, "name", "code") == {"name": "Ann", "code": "9F3A"}
    assert users.left(42, "code") > 0


class TestAsInTheModule:
    def test_what_is_nested_cannot_be_stored(self, lab, keys):
        with pytest.raises(redis.DataError):
            ModuleProfile(lab.redis, keys).save(42, {"name": "Ann", "settings": {"theme": "dark"}})
        assert ModuleProfile(lab.redis, keys).get(42) == {}

    def test_saved_again_it_keeps_what_it_should_not(self, lab, keys):
        users = ModuleProfile(lab.redis, keys)
        users.save(42, {"name": "Ann", "phone": "1"})
        users.save(42, {"name": "Anne"})
        assert users.get(42) == {"name": "Anne", "phone": "1"}

    def test_whoever_scans_for_profiles_finds_its_fields(self, lab, keys):
        users = ModuleProfile(lab.redis, keys)
        users.save(42, {"name": "Ann"})
        users.put_for(42, "session_token", "9F3A", 100)
        found = list(lab.redis.scan_iter(keys.profile("*"), count=1000))
        assert sorted(map(lab.redis.type, found)) == ["hash", "string"]
