"""The worker: batches, retries, dead letters, other workers' leavings, and a Redis that comes and goes."""

import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from redislab.caching import WriteBehind, WriteBehindWorker
from redislab.caching.backlog import GROUP
from redislab.errors import WriteError
from tests.conftest import settles

QUICK = {"linger": 0.01, "backoff": 0.01, "longest": 0.05, "min_idle": 0.2}


class Source:
    """A table, the batches that were asked of it, and what may go wrong with them."""

    def __init__(self, table):
        self._table, self.kind, self.find = table, table.kind, table.find
        self.batches, self.poison, self.fails = [], set(), 0

    def save_many(self, records):
        self.batches.append([record["id"] for record in records])
        if self.fails > 0:
            self.fails -= 1
            raise ConnectionError("no database")
        if bad := self.poison & {record["id"] for record in records}:
            raise ValueError(f"cannot take {bad}")
        self._table.save_many(records)


@pytest.fixture
def source(database):
    return Source(database.users)


@pytest.fixture
def cache(lab, source, keys):
    return WriteBehind(lab.client(), source, keys, ttl=60)


@pytest.fixture
def record(database):
    return database.users.find(1)


def drained(cache) -> bool:
    """Wait until the stream is empty; says whether it is."""
    return not settles(lambda: cache.backlog.waiting)


def test_what_waits_goes_in_batches_of_the_size_asked_for(cache, source, record):
    for id in range(1, 26):
        cache.put(id, record)
    with WriteBehindWorker(cache, batch=10, linger=0.2):
        assert drained(cache)
    assert source.batches == [list(range(1, 11)), list(range(11, 21)), list(range(21, 26))]


def test_the_first_of_a_batch_waits_for_others_also_after_a_pause(cache, source, record):
    with WriteBehindWorker(cache, batch=100, linger=0.5):
        for round in range(2):
            # Given that nothing came for longer than `linger`, if two come one after the other
            time.sleep(0.6)
            for id in (1, 2):
                cache.put(id, record)
                time.sleep(0.05)
            # Expect that they go together
            assert drained(cache)
            assert source.batches[round:] == [[1, 2]]


def test_a_full_batch_does_not_linger(cache, source, record):
    with WriteBehindWorker(cache, batch=3, linger=60):
        for id in (1, 2, 3):
            cache.put(id, record)
        assert drained(cache)
    assert source.batches == [[1, 2, 3]]


@pytest.mark.parametrize(("coalesce", "statements"), [(True, 3), (False, 60)])
def test_of_many_writes_to_few_rows_only_the_newest_are_sent_if_so_asked(cache, database, record, coalesce, statements):
    newest = {}
    for n in range(60):
        newest[n % 3 + 1] = cache.put(n % 3 + 1, record | {"city": f"city {n}"})
    before = database.statements["save"], database.transactions
    with WriteBehindWorker(cache, coalesce=coalesce):
        assert drained(cache)
    after = database.statements["save"], database.transactions
    assert (after[0] - before[0], after[1] - before[1]) == (statements, 1)
    assert {id: database.users.find(id)["version"] for id in newest} == newest


def test_a_batch_that_fails_is_tried_again_until_it_succeeds(cache, source, record, database):
    source.fails = 5
    version = cache.put(2, record)
    with WriteBehindWorker(cache, attempts=6, **QUICK) as worker:
        assert drained(cache)
        assert worker.failure is None
    assert len(source.batches) == 6
    assert database.users.find(2)["version"] == version
    assert cache.backlog.letters == 0


def test_pauses_between_attempts_double_up_to_the_longest(cache):
    worker = WriteBehindWorker(cache, backoff=0.1, longest=1.0)
    for failures, most in [(1, 0.1), (2, 0.2), (3, 0.4), (5, 1.0), (5000, 1.0)]:
        pauses = [worker._pause(failures) for _ in range(50)]
        assert most / 2 <= min(pauses) < max(pauses) <= most


def test_one_bad_record_does_not_keep_the_others_from_the_database(cache, source, record, database, lab, keys):
    # Given a record among others that the database does not take
    source.poison = {3}
    versions = {id: cache.put(id, record) for id in (1, 2, 3, 4)}
    with WriteBehindWorker(cache, attempts=2, **QUICK):
        assert drained(cache)
    # Expect that only this one is set aside, with the reason, and that readers still get it
    assert [letter.record["id"] for letter in cache.backlog.dead_letters()] == [3]
    assert "ValueError: cannot take {3}" in lab.redis.xrange(cache.backlog.dead)[0][1]["reason"]
    assert {id: database.users.find(id)["version"] for id in (1, 2, 4)} == {id: versions[id] for id in (1, 2, 4)}
    assert cache.get(3)["version"] == versions[3]
    assert lab.redis.pttl(keys.user(3)) == -1


def test_what_a_bad_record_would_have_replaced_is_saved(cache, source, record, database):
    # Given two writes of a row in one batch, the newer of which lacks a column
    good = cache.put(5, record)
    cache.put(5, {"name": "no more than that"})
    with WriteBehindWorker(cache, attempts=1, **QUICK):
        assert drained(cache)
    assert database.users.find(5)["version"] == good
    assert cache.backlog.letters == 1


NO_RECORDS = [b"not JSON", b"\xff\x00", b"[]", b"null", b'{"id": 5}', b'{"id": "\xff", "version": 1}', b"[" * 100_000]


@pytest.mark.parametrize("foreign", NO_RECORDS)
@pytest.mark.parametrize("protocol", [2, 3])
def test_what_is_no_record_is_set_aside_and_stops_no_other_write(foreign, protocol, lab, source, keys, record):
    cache = WriteBehind(lab.client(protocol=protocol), source, keys)
    lab.redis.xadd(cache.backlog.stream, {"record": foreign}, id="1-0")
    cache.put(6, record)
    with WriteBehindWorker(cache, attempts=1, **QUICK) as worker:
        assert drained(cache)
        assert worker.replay() == 0 and len(cache.backlog.dead_letters()) == 1
    assert source.find(6)["version"] > 1
    assert lab.client(decode_responses=False).xrange(cache.backlog.dead)[0][1][b"record"] == foreign


class TestReplay:
    def test_an_outage_ends_in_dead_letters_and_replay_ends_them(self, cache, database, record, lab, keys):
        # Given a database that is down for longer than the worker is patient
        database.failing = True
        versions = {id: cache.put(id, record | {"city": "Hoorn"}) for id in range(1, 8)}
        with WriteBehindWorker(cache, batch=3, attempts=2, **QUICK) as worker:
            assert drained(cache)
            assert cache.backlog.letters == 7
            assert worker.replay() == 0
            # If it is up again, expect that everything comes home
            database.failing = False
            assert worker.replay() == 7
        assert cache.backlog.letters == 0
        assert {id: database.users.find(id)["version"] for id in versions} == versions
        assert 0 < lab.redis.pttl(keys.user(1)) <= 66_000

    def test_one_that_fails_again_stays_and_the_others_are_saved(self, cache, source, record, database):
        source.fails = 10**6
        versions = {id: cache.put(id, record) for id in (1, 2, 3)}
        with WriteBehindWorker(cache, attempts=1, **QUICK) as worker:
            assert drained(cache)
            source.fails, source.poison = 0, {2}
            assert worker.replay() == 2
        assert [letter.record["id"] for letter in cache.backlog.dead_letters()] == [2]
        assert database.users.find(3)["version"] == versions[3]

    def test_an_old_letter_replaces_nothing_newer(self, cache, source, record, database):
        source.fails = 2
        cache.put(4, record | {"city": "old"})
        with WriteBehindWorker(cache, attempts=1, **QUICK) as worker:
            assert drained(cache)
            newer = cache.put(4, record | {"city": "new"})
            assert drained(cache)
            assert worker.replay() == 1
        assert database.users.find(4) == record | {"id": 4, "city": "new", "version": newer}
        assert cache.get(4)["city"] == "new"

    def test_letters_that_were_buried_out_of_order_end_with_the_newest(self, cache, record, database):
        # Given that another worker buried the newer write first
        cache.backlog.open()
        newest = [cache.put(5, record | {"city": city}) for city in ("old", "new")][-1]
        for message in reversed(cache.backlog.read("another", 2)):
            cache.backlog.bury(message, "why")
        assert WriteBehindWorker(cache).replay() == 2
        assert database.users.find(5) == record | {"id": 5, "city": "new", "version": newest}


class TestOthers:
    def test_what_a_worker_had_read_when_it_died_is_taken_over(self, cache, record, database):
        cache.backlog.open()
        version = cache.put(1, record)
        assert len(cache.backlog.read("one that was killed", 10)) == 1
        with WriteBehindWorker(cache, **QUICK):
            assert drained(cache)
        assert database.users.find(1)["version"] == version

    def test_what_is_not_idle_for_long_enough_is_left_to_its_reader(self, cache, source, record):
        cache.backlog.open()
        cache.put(1, record)
        mine = cache.backlog.read("alive", 10)
        cache.put(2, record)
        with WriteBehindWorker(cache, min_idle=60):
            assert not settles(lambda: cache.backlog.waiting > 1)
        assert source.batches == [[2]]
        assert cache.backlog.settle(mine, cache.life_ms) == 1

    def test_a_worker_that_was_slow_and_is_overtaken_does_no_harm(self, cache, database, record, lab):
        # Given a worker whose save hangs until another has claimed, saved and settled the same write, and a newer one
        class Hanging(Source):
            reached, go = threading.Event(), threading.Event()

            def save_many(self, records):
                self.reached.set()
                self.go.wait(20)
                super().save_many(records)

        hanging = WriteBehind(lab.client(), Hanging(database.users), cache.keys)
        with WriteBehindWorker(hanging, **QUICK):
            cache.put(6, record | {"city": "old"})
            Hanging.reached.wait(10)
            with WriteBehindWorker(cache, **QUICK):
                newest = cache.put(6, record | {"city": "new"})
                assert drained(cache)
                # If it goes on then
                Hanging.go.set()
        # Expect the newer one
        assert database.users.find(6)["version"] == newest == cache.get(6)["version"]

    def test_stop_leaves_what_is_under_way_to_others_and_no_name_behind(self, cache, source, record, lab):
        source.fails = 10**6
        cache.put(1, record)
        with WriteBehindWorker(cache, attempts=1000, backoff=0.05) as worker:
            assert not settles(lambda: len(source.batches) < 2)
        assert [each["name"] for each in lab.redis.xinfo_consumers(cache.backlog.stream, GROUP)] == [worker.name]
        source.fails = 0
        with WriteBehindWorker(cache, **QUICK):
            assert drained(cache)
        assert [each["name"] for each in lab.redis.xinfo_consumers(cache.backlog.stream, GROUP)] == [worker.name]

    def test_a_worker_ends_soon_also_while_it_lingers(self, cache, record, source):
        worker = WriteBehindWorker(cache, linger=600)
        cache.backlog.open()  # it is asked about before the worker may have done so
        worker.start()
        cache.put(1, record)
        assert not settles(lambda: not cache.client.xpending(cache.backlog.stream, GROUP)["pending"])
        began = time.monotonic()
        worker.stop(timeout=60)
        assert time.monotonic() - began < 30
        assert source.batches == [[1]]  # what was at hand was saved


class TestRedisFails:
    @pytest.fixture
    def cache(self, private, source, keys):
        return WriteBehind(private.client(socket_timeout=0.2), source, keys, ttl=60)

    def test_a_redis_that_dies_and_comes_back_empty_gets_its_group_again(self, cache, private, record, database):
        with WriteBehindWorker(cache, **QUICK) as worker:
            cache.put(1, record)
            assert drained(cache)
            private.kill()
            assert not settles(lambda: worker.failure is None)
            private.restart()
            version = _put(cache, 2, record)
            assert drained(cache)
        assert database.users.find(2)["version"] == version

    def test_a_stream_that_is_flushed_away_gets_its_group_again(self, cache, private, record, database):
        with WriteBehindWorker(cache, **QUICK):
            cache.put(1, record)
            assert drained(cache)
            private.client().flushall()
            version = cache.put(3, record)
            assert drained(cache)
        assert database.users.find(3)["version"] == version

    def test_what_was_saved_but_could_not_be_settled_is_settled_later(self, cache, source, record, monkeypatch):
        # Given that the answer to the first settle does not come
        plain, lost = cache.backlog.settle, []

        def settle(*arguments):
            if not lost:
                lost.append("an answer")
                raise redis.TimeoutError("no answer")
            return plain(*arguments)

        monkeypatch.setattr(cache.backlog, "settle", settle)
        with WriteBehindWorker(cache, **QUICK):
            cache.put(4, record)
            assert drained(cache)
        assert source.batches == [[4], [4]]  # twice, which changes nothing


def _put(cache, id, record) -> int:
    """Put it as soon as Redis answers again."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return cache.put(id, record)
        except WriteError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@pytest.mark.parametrize("coalesce", [True, False])
def test_many_writers_and_two_workers_over_a_shaky_database_end_with_the_newest(
    cache, source, record, database, coalesce
):
    accepted = []

    def write(n):
        id = n % 7 + 1
        accepted.append((cache.put(id, record | {"city": f"city {n}"}), id, n))
        if n % 10 == 0:
            source.fails = 2

    options = {**QUICK, "min_idle": 0.05, "batch": 9, "attempts": 2, "coalesce": coalesce}
    with WriteBehindWorker(cache, **options) as first, WriteBehindWorker(cache, **options):
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, range(600)))
        assert drained(cache)
        source.fails = 0
        assert not settles(lambda: first.replay() or cache.backlog.letters)
    newest = {id: (version, f"city {n}") for version, id, n in sorted(accepted)}
    assert len({version for version, _, _ in accepted}) == 600
    for id, (version, city) in newest.items():
        assert database.users.find(id) == cache.get(id) == record | {"id": id, "city": city, "version": version}
        assert cache.client.pttl(cache.keys.user(id)) > 0


def test_bad_settings_are_refused_at_the_door(cache):
    for name in ("batch", "attempts"):
        with pytest.raises(ValueError, match=f"{name} = 0 does not work: choose a whole number from 1"):
            WriteBehindWorker(cache, **{name: 0})


def test_a_worker_may_be_stopped_before_it_was_started_and_started_twice(cache, record, lab):
    worker, before = WriteBehindWorker(cache, **QUICK), threading.active_count()
    worker.stop()
    worker.start()
    worker.start()
    assert threading.active_count() == before + 1
    cache.put(1, record)
    assert drained(cache)
    worker.stop()
    assert threading.active_count() == before
    with worker:
        cache.put(1, record)
        assert drained(cache)
    assert lab.redis.xinfo_consumers(cache.backlog.stream, GROUP) == []


def test_a_worker_clears_away_the_names_of_killed_ones(cache, lab, record, monkeypatch):
    cache.backlog.open()
    for name in ("killed 1", "killed 2"):
        lab.redis.xgroup_createconsumer(cache.backlog.stream, GROUP, name)
    tidy = cache.backlog.tidy
    monkeypatch.setattr(cache.backlog, "tidy", lambda idle: tidy(idle / 300))  # a minute passes in 0.2 s
    with WriteBehindWorker(cache, **QUICK):
        cache.put(1, record)
        assert not settles(lambda: "killed" in str(lab.redis.xinfo_consumers(cache.backlog.stream, GROUP)))
        assert drained(cache)


def test_a_stream_that_was_evicted_is_warned_of_and_counted_and_what_is_at_hand_is_saved(cache, lab, record, database):
    with warnings.catch_warnings(record=True) as warned, WriteBehindWorker(cache, **QUICK | {"linger": 0.3}) as worker:
        warnings.simplefilter("always")
        cache.put(1, record)
        assert drained(cache)
        version = cache.put(2, record)
        assert not settles(lambda: not lab.redis.xpending(cache.backlog.stream, GROUP)["pending"])
        lab.redis.delete(cache.backlog.stream)
        assert not settles(lambda: worker.losses == 0)
        later = cache.put(3, record)
        assert not settles(lambda: database.users.find(3)["version"] != later)
    assert database.users.find(2)["version"] == version
    assert f"{cache.backlog.stream} is gone" in str(warned[-1].message)
