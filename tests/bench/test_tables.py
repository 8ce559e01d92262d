import pytest

from redislab.bench import WatchedTable
from redislab.errors import DatabaseError

HOOKS = ("before_find", "after_find", "before_commit")


@pytest.fixture
def users(database):
    return WatchedTable(database.users)


def hook(users) -> list:
    """Note every moment that comes, as (name, id)."""
    moments = []
    for name in HOOKS:
        setattr(users, name, lambda row, name=name: moments.append((name, row)))
    return moments


def test_calls_are_counted_and_finds_timed(database, users):
    database.added_latency = 0.02
    record = users.find(7)
    users.save(7, record)
    users.find(7)
    assert (users.finds, users.saves) == (2, 1)
    assert 0.04 <= users.seconds < 1


def test_it_knows_the_newest_version_that_was_committed_through_it(users):
    assert users.newest(7) == 0
    version = users.save(7, users.find(7))
    assert users.newest(7) == version == users.find(7)["version"]
    users.save_many([users.find(7) | {"version": version + 5}])
    assert users.newest(7) == version + 5


def test_its_moments_come_around_each_call(users):
    moments = hook(users)
    users.save(7, users.find(7))
    assert moments == [(name, 7) for name in HOOKS]


def test_after_a_call_that_fails_there_is_no_moment(database, users):
    record, moments = users.find(7), hook(users)
    database.failing = True
    for call in (lambda: users.find(7), lambda: users.save(7, record)):
        with pytest.raises(DatabaseError):
            call()
    assert moments == [("before_find", 7), ("before_commit", 7)]
    assert users.newest(7) == 0


def test_everything_else_is_the_tables(database, users):
    assert (users.kind, users.ids) == (database.users.kind, database.users.ids)
    assert WatchedTable(database.users, "hot").kind == "hot"
