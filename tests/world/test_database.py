"""The database behind the cache, on SQLite and on PostgreSQL."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, inspect

from redislab.errors import DatabaseError
from redislab.world import dataset
from redislab.world.database import Database, provide
from tests.conftest import needs


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    """The URL of a PostgreSQL in a container, seeded as "docker" asks for it."""
    needs("docker")
    provided = provide("docker", tmp_path_factory.mktemp("postgres"), "redislab:test")
    yield provided.url
    provided.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.docker)])
def database(request, tmp_path):
    if request.param == "sqlite":
        provided = provide(None, tmp_path, "redislab:test")
        url = provided.url
    else:
        url = request.getfixturevalue("postgres")
    database = Database(url)
    yield database
    database.close()


def test_it_holds_the_shop(database):
    assert [len(table.ids) for table in (database.users, database.products, database.orders)] == [10_000, 1_000, 20_000]
    assert (database.users.kind, database.products.kind, database.orders.kind) == ("user", "product", "order")
    assert set(database.users.find(1)) == {"id", "name", "email", "city", "plan", "version"}
    assert database.version.split(".")[0].isdigit()


def test_a_row_is_found_by_its_id_and_by_nothing_else(database):
    assert database.users.find(10**8) is None
    assert database.orders.find(17)["id"] == 17


def test_a_save_writes_every_column_and_the_version_grows(database):
    before = database.users.find(2)
    assert database.users.save(2, before | {"name": "Robert'); DROP TABLE users;--"}) == before["version"] + 1
    after = database.users.find(2)
    assert after == before | {"name": "Robert'); DROP TABLE users;--", "version": before["version"] + 1}


def test_a_new_row_begins_at_version_one(database):
    id = int(time.time() * 1000) % 10**9 + 10**6
    assert database.products.save(id, database.products.find(1)) == 1
    assert database.products.save(id, database.products.find(1)) == 2


def test_no_version_is_given_twice_to_writers_at_once(database):
    record, before = database.users.find(3), database.users.find(3)["version"]
    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(lambda _: database.users.save(3, record), range(80)))
    assert sorted(versions) == list(range(before + 1, before + 81))


def test_many_saves_are_one_transaction_and_a_statement_each(database):
    version = 10**15 + time.time_ns()
    rows = [database.users.find(id) | {"city": "Delft", "version": version} for id in range(10, 20)]
    before = database.statements["save"], database.transactions
    database.users.save_many([*rows, rows[0] | {"id": 10**9 + version % 10**6}])
    assert (database.statements["save"] - before[0], database.transactions - before[1]) == (11, 1)
    assert [database.users.find(row["id"]) for row in rows] == rows
    assert set(database.users.versions(least=version)) == {*range(10, 20), 10**9 + version % 10**6}
    database.users.save_many([])
    assert database.statements["save"] - before[0] == 11


def test_of_many_saves_the_newest_of_a_row_wins_in_whatever_order_they_come(database):
    version = 10**15 + time.time_ns()
    record = database.users.find(21)
    for order in ((2, 1, 3), (3, 1, 2), (1, 2), (3,)):
        database.users.save_many([record | {"city": f"city {n}", "version": version + n} for n in order])
        assert database.users.find(21) == record | {"city": "city 3", "version": version + 3}
    assert database.users.save(21, record) == version + 4


def test_many_saves_that_cannot_all_be_made_are_not_made_at_all(database):
    before = database.users.find(22)
    for bad, failure in [
        ({"id": 23, "version": 1}, KeyError),
        (before | {"id": 23, "city": {"no": "text"}}, DatabaseError),
    ]:
        with pytest.raises(failure):
            database.users.save_many([before | {"city": "nowhere", "version": before["version"] + 1}, bad])
        assert database.users.find(22) == before


def test_writers_of_many_rows_in_any_order_do_not_block_each_other_for_good(database):
    record, version = database.users.find(1), 10**15 + time.time_ns()

    def save(n):
        ids = list(range(30, 50))[:: -1 if n % 2 else 1]
        database.users.save_many([record | {"id": id, "version": version + n} for id in ids])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, range(40)))
    assert {database.users.find(id)["version"] for id in range(30, 50)} == {version + 39}


def test_what_is_added_is_added_and_no_more(database):
    began = time.perf_counter()
    database.users.find(1)
    plain = time.perf_counter() - began
    database.added_latency = 0.2
    began = time.perf_counter()
    database.users.find(1)
    assert time.perf_counter() - began >= 0.2 > plain
    database.added_latency, database.failing = 0.0, True
    with pytest.raises(DatabaseError, match="added"):
        database.users.find(1)
    database.failing = False
    assert database.users.find(1)


def test_a_share_of_the_statements_fails_if_asked_to(database):
    database.failing, failed = 0.3, 0
    for _ in range(300):
        try:
            database.users.find(1)
        except DatabaseError:
            failed += 1
    assert 45 <= failed <= 135


def test_no_more_statements_than_the_width_run_at_once(database):
    database.width, database.added_latency, running, most = 3, 0.02, [], []
    plain = database.engine.begin

    def counted():
        most.append(len(running))
        return plain()

    def find(id):
        running.append(id)
        try:
            return database.users.find(id)
        finally:
            running.remove(id)

    database.engine.begin = counted
    began = time.perf_counter()
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(find, range(1, 25)))
    assert time.perf_counter() - began >= 24 / 3 * 0.02
    database.width = None  # those who wait are let in by the next one who is done
    assert database.users.find(1)


def test_statements_are_counted_by_kind_for_each_handle(database):
    other = Database(database.url)
    for id in (1, 2, 3):
        database.users.find(id)
    database.users.save(1, database.users.find(1))
    assert (database.statements["find"], database.statements["save"]) == (4, 1)
    assert other.statements["find"] == 0
    other.close()


def test_the_data_are_the_same_everywhere_and_are_made_once(tmp_path):
    first, second = (provide(None, tmp_path / name, "x") for name in map(_made(tmp_path), "ab"))
    rows = [Database(provided.url).orders.find(777) for provided in (first, second)]
    assert rows[0] == rows[1] == dataset.rows("orders", 777)[-1]
    again = Database(first.url)
    again.users.save(5, again.users.find(5))
    provide(first.url, tmp_path, "x")
    assert Database(first.url).users.find(5)["version"] == 2


def _made(folder):
    def make(name):
        (folder / name).mkdir()
        return name

    return make


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "not a database URL"),
        ("mysql://u:s3cret-word@127.0.0.1/x", "Write sqlite|Use sqlite|not a database URL"),
        ("postgresql://u:s3cret-word@127.0.0.1:1/x", "cannot be used"),
        ("sqlite:////nowhere/at/all.sqlite", "cannot be used"),
    ],
)
def test_a_url_that_does_not_work_is_told_in_a_sentence(url, says, tmp_path):
    began = time.monotonic()
    with pytest.raises(DatabaseError, match=says) as caught:
        provide(url, tmp_path, "redislab:test")
    assert time.monotonic() - began < 5
    assert "s3cret-word" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_connection_that_comes_after_the_file_was_removed_leaves_no_empty_one(tmp_path):
    provided = provide(None, tmp_path, "redislab:test")
    database, file = Database(provided.url), tmp_path / "shop.sqlite"
    file.unlink()
    database.engine.dispose()
    with pytest.raises(DatabaseError, match="unable to open"):
        database.users.find(1)
    # Expect that the next look, whenever it comes, still finds it gone
    assert not file.exists() and not provided.there
    assert "is gone" in database.failure()
    with pytest.raises(DatabaseError, match="cannot be used"):
        Database(provided.url)


@pytest.mark.parametrize("name", ["a b.sqlite", "50%20.sqlite", "a#b.sqlite"])
def test_a_file_may_be_called_anything(name, tmp_path):
    provided = provide(f"sqlite:///{tmp_path / name}", tmp_path, "redislab:test")
    database = Database(provided.url)
    assert database.users.save(1, database.users.find(1)) == 2
    database.close()
    provided.close()


@pytest.mark.docker
def test_a_wrong_password_is_told_without_it(postgres, tmp_path):
    with pytest.raises(DatabaseError, match="cannot be used") as caught:
        provide(postgres.replace("redislab:redislab@", "redislab:s3cret-word@"), tmp_path, "redislab:test")
    assert "s3cret-word" not in str(caught.value)


def schemas(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return {name for name in inspect(engine).get_schema_names() if name.startswith("redislab_")}
    finally:
        engine.dispose()


@pytest.mark.docker
def test_on_somebodys_postgresql_everything_is_in_a_schema_of_our_own(postgres, tmp_path):
    provided = provide(postgres, tmp_path, "redislab:aaaaaa")
    assert schemas(postgres) == {"redislab_aaaaaa"}
    database = Database(provided.url)
    assert database.users.find(1)["version"] == 1
    database.users.save(1, database.users.find(1))
    assert Database(postgres).users.find(1)  # their own tables of that name are others
    database.close()
    provided.close()
    assert schemas(postgres) == set()


OWNER = """
import sys, pathlib
from redislab.world.database import provide
provided = provide(sys.argv[1], pathlib.Path("."), sys.argv[2])
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.docker
def test_the_schema_of_an_owner_that_was_killed_is_dropped_by_the_next(postgres, tmp_path):
    command = [sys.executable, "-c", OWNER, postgres, "redislab:dead00"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    living = provide(postgres, tmp_path, "redislab:alive0")
    assert schemas(postgres) == {"redislab_dead00", "redislab_alive0"}
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    living.close()
    for _ in range(50):  # PostgreSQL notices the closed connection in its own time
        another = provide(postgres, tmp_path, "redislab:next00")
        found = schemas(postgres)
        another.close()
        if found == {"redislab_next00"}:
            break
        threading.Event().wait(0.1)
    assert found == {"redislab_next00"}
