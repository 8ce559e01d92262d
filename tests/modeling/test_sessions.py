"""Sessions in every order of steps, with their expiry; and several clients in every order."""

import time

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from redislab.bench import watch
from redislab.bench.race_ground import KEYS
from redislab.bench.races import races
from redislab.keys import KeyNamespace
from redislab.modeling import Sessions
from tests.conftest import runs
from tests.modeling.orders import hold_in_every_order


@pytest.fixture
def sessions(client, keys):
    return Sessions(client, keys, ttl=60)


def pass_away(sessions, id) -> None:
    """Let the session's time be over."""
    sessions.client.pexpire(sessions.keys.session(id), 1)
    deadline = time.monotonic() + 15
    while sessions.client.exists(sessions.keys.session(id)):
        assert time.monotonic() < deadline


def test_a_session_holds_what_it_was_made_with_and_lives_for_its_ttl(sessions):
    id = sessions.create(42, role="admin")
    assert sessions.get(id) == {"user": "42", "role": "admin"}
    assert 50_000 < sessions.client.pttl(sessions.keys.session(id)) <= 60_000


def test_ids_are_long_and_differ(sessions):
    ids = {sessions.create(42) for _ in range(50)}
    assert len(ids) == 50 and all(len(id) >= 32 for id in ids)


def test_a_touch_begins_the_ttl_anew_and_says_when(sessions):
    id = sessions.create(42)
    sessions.client.pexpire(sessions.keys.session(id), 5_000)
    assert sessions.touch(id, page="/cart")
    session = sessions.get(id)
    assert session["page"] == "/cart"
    assert abs(int(session["last_activity"]) - sessions.client.time()[0]) <= 5
    assert sessions.client.pttl(sessions.keys.session(id)) > 50_000


def test_what_has_expired_stays_away(sessions):
    id = sessions.create(42)
    pass_away(sessions, id)
    assert not sessions.touch(id, page="/cart")
    assert sessions.get(id) is None
    assert not sessions.end(id)


def test_who_has_logged_out_is_not_brought_back_by_a_late_request(sessions):
    id = sessions.create(42)
    assert sessions.end(id)
    assert not sessions.touch(id)
    assert sessions.get(id) is None


def test_each_call_is_one_round_trip_and_begins_with_its_ttl(sessions):
    sessions.touch("nobody")  # the script is known from here on
    with watch(sessions.client) as sent:
        id = sessions.create(42)
    assert sent.round_trips == 1
    assert [command.text.split()[0] for command in sent.commands] == ["MULTI", "HSET", "PEXPIRE", "EXEC"]
    for call in (sessions.touch, sessions.get, sessions.end):
        with watch(sessions.client) as sent:
            assert call(id)
        assert sent.round_trips == 1


def test_it_works_on_a_cluster(cluster, keys):
    sessions = Sessions(cluster.client(), keys)
    id = sessions.create(42, role="admin")
    assert sessions.touch(id)
    assert sessions.get(id)["role"] == "admin"
    assert sessions.end(id) and not sessions.touch(id)


def test_no_touch_brings_a_session_back_whenever_it_expires_or_ends(lab):
    """In every order a session is whole, with its user and a TTL, or gone; and what was found gone stays gone."""
    name = KEYS.session("s")

    def begin(client):
        client.hset(name, mapping={"user": 42})
        client.expire(name, 60)

    def touch(client, keys):
        sessions = Sessions(client, keys, ttl=60)
        return [sessions.touch("s", page=number) for number in range(2)]

    def end(client, keys):
        return Sessions(client, keys).end("s")

    def whole_or_gone(client, returned):
        found = client.hgetall(name)
        whole = not found or (found["user"] == "42" and client.ttl(name) > 0)
        return whole and [False, True] not in returned

    race = races(touch, touch, end, given=begin, expires=name, expect=whole_or_gone, lab=lab)
    assert race.safe, race


ids, fields = st.integers(0, 3), st.dictionaries(st.sampled_from("ab"), st.text(min_size=1, max_size=3), max_size=2)


class Steps(RuleBasedStateMachine):
    """A dict is the model: what a session holds, until its time is over."""

    lab = None

    def __init__(self):
        super().__init__()
        self.sessions = Sessions(self.lab.client(), KeyNamespace(f"{self.lab.prefix}:sessions{next(runs)}"), ttl=60)
        self.ids, self.living = [], {}

    def pick(self, number):
        return self.ids[number % len(self.ids)] if self.ids else "nobody"

    @rule(user=st.integers(1, 9), fields=fields)
    def create(self, user, fields):
        self.ids.append(self.sessions.create(user, **fields))
        self.living[self.ids[-1]] = {"user": str(user), **fields}

    @rule(number=ids, fields=fields)
    def touch(self, number, fields):
        id = self.pick(number)
        assert self.sessions.touch(id, **fields) == (id in self.living)
        if id in self.living:
            self.living[id] |= fields

    @rule(number=ids)
    def end(self, number):
        id = self.pick(number)
        assert self.sessions.end(id) == (id in self.living)
        self.living.pop(id, None)

    @rule(number=ids)
    def expire(self, number):
        pass_away(self.sessions, self.pick(number))
        self.living.pop(self.pick(number), None)

    @invariant()
    def there_is_what_should_be_and_none_of_it_for_good(self):
        for id in self.ids:
            found = self.sessions.get(id)
            if found is not None:
                found.pop("last_activity", None)
                assert self.sessions.client.pttl(self.sessions.keys.session(id)) > 0
            assert found == self.living.get(id)


def test_in_every_order_of_steps_there_is_what_should_be(lab):
    hold_in_every_order(Steps, lab, examples=40, length=25)
