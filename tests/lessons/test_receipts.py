import pytest

from redislab.lessons.caching_patterns.write_behind.receipts import Receipts


@pytest.fixture
def users(lab):
    database = lab.open_database()
    yield database.users
    database.close()


@pytest.fixture
def save(users):
    def save_(id, version):
        users.save_many([users.find(id) | {"version": version}])

    return save_


@pytest.fixture
def first(users):
    """A version that is newer than every row's."""
    return max(users.versions().values()) + 1


def test_a_write_is_persisted_once_its_row_has_it_or_a_newer_one(users, save, first):
    receipts = Receipts(users)
    for id, version in ((1, first), (1, first + 1), (1, first + 2), (2, first + 3)):
        receipts.add(id, version)
    receipts.compare()
    assert (receipts.acknowledged, receipts.persisted, receipts.waiting, receipts.rows) == (4, 0, 4, 2)
    save(1, first + 1)
    receipts.compare()
    assert (receipts.persisted, receipts.waiting, receipts.rows) == (2, 2, 2)
    save(1, first + 5)
    save(2, first + 3)
    receipts.compare()
    receipts.compare()
    assert (receipts.persisted, receipts.waiting, receipts.lost) == (4, 0, 0)


def test_with_nothing_open_the_table_is_not_asked(users):
    before = users._database.statements["scan"]
    Receipts(users).compare()
    assert users._database.statements["scan"] == before


def test_what_neither_the_table_nor_a_queue_has_is_lost_and_a_row_counts_once(users, save, first):
    # Given five rows: one saved, one in a queue, one of which only an older write is in a queue, two nowhere
    receipts = Receipts(users)
    for id in (1, 2, 3, 4, 5):
        receipts.add(id, first + id)
        receipts.add(id, first + 10 + id)
    save(1, first + 11)
    assert receipts.audit({2: first + 12, 3: first + 3}) == 3
    assert (receipts.lost, receipts.persisted, receipts.rows) == (3, 2, 1)
    # Expect that what is lost is not counted again
    assert receipts.audit({2: first + 12}) == 0
    save(2, first + 12)
    assert receipts.audit({}) == 0
    assert (receipts.lost, receipts.persisted, receipts.waiting) == (3, 4, 0)


def test_what_was_dropped_is_lost_unless_it_was_superseded(users, first):
    receipts = Receipts(users)
    for version in (first, first + 1):
        receipts.add(6, version)
    receipts.lose(6, first)
    assert (receipts.lost, receipts.waiting) == (0, 1)
    receipts.lose(6, first + 1)
    receipts.lose(6, first + 1)
    receipts.lose(7, first)  # never acknowledged
    assert (receipts.lost, receipts.waiting) == (1, 0)
