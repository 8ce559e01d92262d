"""Every order of steps that hypothesis can think of: writers, two workers, slow readers, deaths, evictions, replays.

The steps are those of the library, taken one at a time on a real Redis and a real database; the model is a dict.
"""

import json

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from redislab.caching import WriteBehind, WriteBehindWorker
from redislab.keys import KeyNamespace
from tests.conftest import runs

IDS = (1, 2)
ids, workers, counts = st.sampled_from(IDS), st.sampled_from("AB"), st.integers(1, 4)


class Steps(RuleBasedStateMachine):
    lab = database = None

    def __init__(self):
        super().__init__()
        self.keys = KeyNamespace(f"{self.lab.prefix}:{next(runs)}")
        self.cache = WriteBehind(self.lab.client(), self.database.users, self.keys, ttl=60, lease_ttl=60)
        self.backlog = self.cache.backlog
        self.backlog.open()
        self.records = {id: self.database.users.find(id) for id in IDS}
        self.newest = {id: record["version"] for id, record in self.records.items()}
        self.rows = dict(self.newest)
        self.held, self.saved, self.lives = {"A": [], "B": []}, {"A": [], "B": []}, 0
        self.readers, self.evicted = {}, set()

    def name(self, worker):
        return f"{worker}{self.lives}"

    @rule(id=ids, city=st.text(max_size=3))
    def put(self, id, city):
        self.records[id] = self.records[id] | {"city": city}
        version = self.cache.put(id, self.records[id])
        assert version > self.newest[id]
        self.newest[id] = version
        self.evicted.discard(id)

    @rule(worker=workers, count=counts)
    def read(self, worker, count):
        self.held[worker] += self.backlog.read(self.name(worker), count)

    @rule(worker=workers, count=counts)
    def claim(self, worker, count):
        self.held[worker] += self.backlog.claim(self.name(worker), 0.0, count)

    @rule(worker=workers, coalesce=st.booleans())
    def save(self, worker, coalesce):
        assert WriteBehindWorker(self.cache, coalesce=coalesce).saves(self.held[worker])
        self.saved[worker] += self.held[worker]
        self.held[worker] = []

    @rule(worker=workers)
    def settle(self, worker):
        if self.saved[worker]:
            self.backlog.settle(self.saved[worker], self.cache.life_ms)
        self.saved[worker] = []

    @rule(worker=workers)
    def bury(self, worker):
        if self.held[worker]:
            self.backlog.bury(self.held[worker].pop(), "why")

    @rule()
    def replay(self):
        WriteBehindWorker(self.cache, batch=2).replay()

    @rule(worker=workers)
    def die(self, worker):
        self.held[worker], self.saved[worker], self.lives = [], [], self.lives + 1

    @rule(id=ids)
    def begin_to_load(self, id):
        token, both = next(runs), [self.keys.user(id), self.keys.beside(self.keys.user(id), "lease")]
        if self.cache._lease(keys=both, args=[token, 60_000]) == token:
            self.readers.setdefault(id, []).append((token, self.database.users.find(id)))

    @precondition(lambda self: self.readers)
    @rule(data=st.data())
    def store(self, data):
        id = data.draw(st.sampled_from(sorted(self.readers)))
        token, record = self.readers[id].pop()
        if not self.readers[id]:
            del self.readers[id]
        self.cache.store(self.keys.user(id), json.dumps(record), 60_000, token)

    @rule(id=ids)
    def expire(self, id):
        if self.cache.client.pttl(self.keys.user(id)) > 0:
            self.cache.client.delete(self.keys.user(id))

    @rule(id=ids)
    def evict(self, id):
        """As an allkeys-* policy may: what is not saved is then not seen, until it is."""
        if self.cache.client.delete(self.keys.user(id)):
            self.evicted.add(id)

    @invariant()
    def no_row_grows_older(self):
        rows = {id: self.database.users.find(id)["version"] for id in IDS}
        assert all(self.rows[id] <= rows[id] <= self.newest[id] for id in rows)
        self.rows = rows

    @invariant()
    def what_was_accepted_last_is_to_be_had(self):
        for id in set(IDS) - self.evicted:
            entry, left = self.cache.client.pipeline().get(self.keys.user(id)).pttl(self.keys.user(id)).execute()
            version = self.rows[id] if entry is None else json.loads(entry)["version"]
            assert version == self.newest[id]
            assert (left == -1) or self.rows[id] == version, "it may expire, and the database has not got it"

    def teardown(self):
        while messages := self.backlog.claim("the last", 0.0, 100) or self.backlog.read("the last", 100):
            self.database.users.save_many([message.record for message in messages])
            self.backlog.settle(messages, self.cache.life_ms)
        WriteBehindWorker(self.cache).replay()
        for id, readers in self.readers.items():
            for token, record in readers:
                self.cache.store(self.keys.user(id), json.dumps(record), 60_000, token)
        assert (self.backlog.waiting, self.backlog.letters) == (0, 0)
        for id, record in self.records.items():
            expected = record | {"version": self.newest[id]}
            assert self.database.users.find(id) == self.cache.get(id) == expected


def test_in_every_order_cache_and_database_end_with_what_was_accepted_last(lab, database):
    class Bound(Steps):
        pass

    Bound.lab, Bound.database = lab, database
    run_state_machine_as_test(
        Bound,
        settings=settings(
            max_examples=120,
            stateful_step_count=50,
            phases=[Phase.generate],  # to shrink such a story takes minutes
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
