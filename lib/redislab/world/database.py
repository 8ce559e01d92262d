"""The database behind the cache: real tables, bound parameters, and labelled additions to its latency."""

import functools
import os
import random
import shutil
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import bindparam, create_engine, event, func, inspect, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError, SQLAlchemyError

from redislab.errors import DatabaseError, StartError
from redislab.world import dataset
from redislab.world.url import Url
from redislab.world.waiting import eventually

IMAGE = "postgres:17.6"
PATIENCE = 4  # s to connect
RECENT = 3.0  # s; what failed before that may be well again
STUCK = 5.0  # s in which no statement of a kind has ended, though some are under way
ROOM = 200_000  # bytes of disk that SQLite needs for its next write, or so
FULL = "The disk is full, so the database cannot write. Free some space, then press Start."
FORM = "sqlite:///file or postgresql://user:password@host/name"


class Table:
    """One table, by id: `find` a row as a dict, `save` one and have its version grow, `save_many` that bring theirs.

    Attributes:
        kind: what one row is: "user", "product" or "order".
    """

    def __init__(self, database: "Database", table):
        self._database, self._table, self.kind = database, table, table.name.rstrip("s")
        self._columns = table.c.keys()
        self._select = select(table).where(table.c.id == bindparam("id"))
        dialect = {"sqlite": sqlite, "postgresql": postgresql}[database.engine.dialect.name]
        insert = dialect.insert(table)
        given = {name: insert.excluded[name] for name in self._columns if name not in ("id", "version")}
        upsert = insert.on_conflict_do_update(index_elements=["id"], set_={**given, "version": table.c.version + 1})
        self._upsert = upsert.returning(table.c.version)
        own = insert.excluded.version
        newer = insert.on_conflict_do_update(
            index_elements=["id"], set_={**given, "version": own}, where=table.c.version < own
        )
        self._newer = newer.compile(dialect=database.engine.dialect)

    def find(self, id) -> dict | None:
        """The row, or None. One SELECT."""
        with self._database.statement("find") as connection:
            row = connection.execute(self._select, {"id": id}).mappings().first()
        return dict(row) if row else None

    def save(self, id, record) -> int:
        """Insert or update the row, commit, and return its new version. Every column is written."""
        values = {name: record[name] for name in self._columns if name not in ("id", "version")}
        with self._database.statement("save") as connection:
            return connection.execute(self._upsert, {**values, "id": id, "version": 1}).scalar_one()

    def save_many(self, records) -> None:
        """Insert or update the rows in one transaction, a statement each; every record has its id and its version.

        A row is left as it is if its version is not older, so that records may come twice and in any order.
        """
        if not records:
            return
        # in one order, so that two transactions never deadlock
        ordered = sorted(records, key=lambda record: (record["id"], record["version"]))
        rows = [tuple(record[name] for name in self._columns) for record in ordered]
        if not self._newer.positional:
            rows = [dict(zip(self._columns, row, strict=True)) for row in rows]
        with self._database.statement("save", len(rows)) as connection:
            # past SQLAlchemy's own executemany, which takes longer over a batch than SQLite does
            connection.exec_driver_sql(str(self._newer), rows)

    def versions(self, least: int = 0) -> dict:
        """Versions by id, of the rows whose version is at least `least`. A scan of the table."""
        query = select(self._table.c.id, self._table.c.version).where(self._table.c.version >= least)
        with self._database.statement("scan") as connection:
            return dict(connection.execute(query).all())

    @functools.cached_property
    def ids(self) -> list[int]:
        """All ids, ascending."""
        with self._database.statement("scan") as connection:
            return list(connection.scalars(select(self._table.c.id).order_by(self._table.c.id)))


class Database:
    """A handle on a seeded database. What is added to it is this handle's alone, and is labelled as added.

    Attributes:
        added_latency: seconds that each transaction takes longer.
        width: how many transactions may run simultaneously; the others queue. None: no limit.
        failing: True makes every transaction raise DatabaseError; a number from 0 to 1 that share of them.
        statements: how many were sent, by kind: "find", "save", "scan".
        transactions: how many were begun; only `save_many` puts more than one statement into one.

    Raises:
        DatabaseError: it cannot be reached.
    """

    def __init__(self, url: str):
        self.url, self.engine = Url(url), connect(url)
        self.added_latency, self.width, self.failing = 0.0, None, False
        self.statements, self.transactions = {"find": 0, "save": 0, "scan": 0}, 0
        self._running, self._door = 0, threading.Condition()
        self._failure, self._failed_at = None, 0.0
        self._under_way, self._moved = dict.fromkeys(self.statements, 0), {}
        self.product = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[self.engine.dialect.name]
        self.version = self._version()
        self.users, self.products, self.orders = (Table(self, dataset.metadata.tables[name]) for name in dataset.SIZES)

    @contextmanager
    def statement(self, kind: str, count: int = 1):
        """A connection for one transaction of `count` statements, after the wait that was added."""
        with self._door:
            self.statements[kind] += count
            self.transactions += 1
            self._door.wait_for(lambda: self.width is None or self._running < self.width)
            self._running += 1
            if not self._under_way[kind]:
                self._moved[kind] = time.monotonic()
            self._under_way[kind] += 1
        try:
            if self.added_latency:
                time.sleep(self.added_latency)
            if random.random() < self.failing:
                raise DatabaseError("The database is down (added). Switch the failure off.")
            with self.engine.begin() as connection:
                yield connection
        except SQLAlchemyError as failure:
            if isinstance(failure, OperationalError) and "locked" not in str(failure):
                self._failure, self._failed_at = _brief(failure), time.monotonic()
            raise DatabaseError(f"The database did not answer ({_brief(failure)}). Is it still running?") from failure
        finally:
            with self._door:
                self._running -= 1
                self._under_way[kind] -= 1
                self._moved[kind] = time.monotonic()
                self._door.notify_all()

    def failure(self) -> str | None:
        """What has just failed, and was not added here, as a sentence; None if all is well. A full disk is noticed though nothing
        was written through this handle."""
        if file := _file(self.engine.url):
            if not file.exists():
                return "The file of the database is gone. Press Start to go on with another one."
            if shutil.disk_usage(file.parent).free < ROOM:
                return FULL
        since = min((self._moved[kind] for kind, count in self._under_way.items() if count), default=time.monotonic())
        if time.monotonic() - since > STUCK + self.added_latency:
            return f"The database has not answered for {STUCK:.0f} s; is it locked by another program? Press Start when it is free."
        if self._failure is None or time.monotonic() - self._failed_at > RECENT:
            return None
        full = "full" in self._failure
        return FULL if full else f"The database failed ({self._failure}). Press Start to begin again."

    def close(self) -> None:
        self.engine.dispose()

    def _version(self) -> str:
        with self.engine.connect() as connection:
            return ".".join(str(part) for part in connection.dialect.server_version_info[:3])

    def __repr__(self) -> str:
        return f"<{self.product} {self.version}>"


class Provided:
    """A database made ready for one lab, at `url`; `close` removes what was made for it."""

    def __init__(self, url: str, *closers):
        self.url, self._closers = url, closers

    @property
    def there(self) -> bool:
        """Whether its file is, if it is one."""
        file = _file(self.url)
        return file is None or file.exists()

    def close(self) -> None:
        for closer in self._closers:
            with suppress(SQLAlchemyError, OSError):  # it went first
                closer()


def connect(url: str, *, create: bool = False):
    """An engine for `url`.

    Args:
        create: SQLite makes the file if there is none. Without it, a connection that comes after the file was removed does
            not leave an empty one in its place, which would pass for the database.

    Raises:
        DatabaseError: the URL is wrong, or nothing answers, or it refuses; the password is not shown.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        name = parsed.get_backend_name()
        if name not in ("sqlite", "postgresql"):
            raise DatabaseError(f"{name} is not supported. Use {FORM}.")
        options = {"timeout": 10} if name == "sqlite" else {"connect_timeout": PATIENCE}
        engine = create_engine(parsed, connect_args=options, pool_size=32, max_overflow=-1)
        if name == "sqlite":
            event.listen(engine, "connect", _tune_sqlite)
            if not create:
                event.listen(engine, "do_connect", _as_it_is)
        with engine.connect():
            return engine
    except (ArgumentError, NoSuchModuleError, ValueError):  # whose words may repeat the password
        raise DatabaseError(f"That is not a database URL. Write {FORM}; in a password, write / as %2F.") from None
    except SQLAlchemyError as failure:
        chosen = os.environ.get("REDISLAB_DATABASE_URL")
        again = "Press Start, or run start(), to go on with another one."
        shorter = "Set TMPDIR to another folder, with a shorter path."  # SQLite's own limit is 512 characters
        advice = "Check REDISLAB_DATABASE_URL." if chosen else shorter if create else again
        raise DatabaseError(f"The database at {_where(url)} cannot be used ({_brief(failure)}). {advice}") from None


def provide(where: str | None, folder: Path, name: str) -> Provided:
    """A seeded database: SQLite in `folder`, PostgreSQL at a URL, or PostgreSQL in a container for "docker".

    On a PostgreSQL of the learner's own everything goes into a schema of our own, which `close` drops; schemas whose owner died
    without that are dropped by the next one.

    Raises:
        DatabaseError: it cannot be reached or written.
    """
    if where is None or where.startswith("sqlite"):
        url = where or f"sqlite:///{folder / 'shop.sqlite'}"
        return Provided(url, _seeded(url).dispose)
    if where == "docker":
        url, container = _container()
        try:
            return Provided(url, _seeded(url).dispose, container.close)
        except Exception:
            container.close()
            raise
    return _schema(where, name.replace(":", "_"))


def _seeded(url: str):
    engine = connect(url, create=True)
    try:
        dataset.seed(engine)
    except SQLAlchemyError as failure:
        room = " Set TMPDIR to a folder with more room." if "full" in _brief(failure) else ""
        raise DatabaseError(f"The database at {_where(url)} cannot be written ({_brief(failure)}).{room}") from None
    return engine


def _schema(url: str, name: str) -> Provided:
    keeper = connect(url).connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        for stale in inspect(keeper).get_schema_names():
            if stale.startswith("redislab_") and keeper.scalar(select(func.pg_try_advisory_lock(func.hashtext(stale)))):
                keeper.execute(text(f'DROP SCHEMA "{stale}" CASCADE'))
        keeper.scalar(select(func.pg_advisory_lock(func.hashtext(name))))
        keeper.execute(text(f'CREATE SCHEMA "{name}"'))
        parsed = make_url(url).update_query_dict({"options": f"-csearch_path={name}"})
        inner = parsed.render_as_string(hide_password=False)
        engine = _seeded(inner)
    except SQLAlchemyError as failure:
        raise DatabaseError(f"The database at {_where(url)} refused a schema of its own ({_brief(failure)}).") from None
    return Provided(
        inner, engine.dispose, lambda: keeper.execute(text(f'DROP SCHEMA "{name}" CASCADE')), keeper.engine.dispose
    )


def _container():
    from redislab.world.containers import run

    try:
        settings = {"POSTGRES_USER": "redislab", "POSTGRES_PASSWORD": "redislab", "POSTGRES_DB": "shop"}
        container = run(os.environ.get("REDISLAB_POSTGRES_IMAGE", IMAGE), 5432, environment=settings)
    except StartError as failure:
        raise DatabaseError(f"PostgreSQL could not be started: {failure}.") from None
    url = f"postgresql+psycopg://redislab:redislab@127.0.0.1:{container.port}/shop"
    eventually(lambda: _answers(url) or not container.alive(), 30)
    return url, container


def _answers(url: str) -> bool:
    try:
        connect(url).dispose()
    except DatabaseError:
        return False
    return True


def _as_it_is(dialect, record, arguments, options) -> None:
    """Open the file that is there, and make none."""
    file = arguments[0]
    if not file.startswith((":", "file:")):
        arguments[0], options["uri"] = f"{Path(file).absolute().as_uri()}?mode=rw", True


def _tune_sqlite(connection, _) -> None:
    """Readers beside one writer, and a commit that does not wait for the disk each time."""
    for setting in ("journal_mode=WAL", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {setting}")


def _file(url) -> Path | None:
    """Where SQLite keeps it; None of another database."""
    url = make_url(url)
    return Path(url.database) if url.get_backend_name() == "sqlite" else None


def _where(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "that URL"


def _brief(failure: Exception) -> str:
    return " ".join(str(getattr(failure, "orig", None) or failure).split())[:160]
