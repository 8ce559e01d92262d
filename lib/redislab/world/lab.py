"""`start()`: a Redis from wherever this machine has one, a database behind it, and a prefix to work under."""

import atexit
import contextlib
import functools
import os
import secrets
import threading
import uuid
from dataclasses import dataclass, field
from importlib.metadata import version

import redis

from redislab.errors import StartError
from redislab.keys import KeyNamespace
from redislab.world.backends import ORDER, first
from redislab.world.owned import Owned
from redislab.world.servers import Server
from redislab.world.supervisor import SupervisedResource
from redislab.world.sweeper import Sweeper, sweep

_lab, _lock = None, threading.Lock()


@dataclass(frozen=True)
class Address:
    """What another process needs to work on the same lab."""

    redis_url: str
    backend: str
    prefix: str
    database_url: str = field(repr=False)  # it may hold a password, as a Redis URL does, which hides it itself


class Lab:
    """A server, a database and a prefix: what experiments stand on. Made by `start()`.

    Attributes:
        server: the Redis of this lab.
        prefix: every key of the course begins with it.
        passed_over: why other places for a Redis were not taken, a line each.
    """

    def __init__(self, server: Server, prefix: str, passed_over=(), database_url: str | None = None):
        self.server, self.prefix, self.passed_over = server, prefix, list(passed_over)
        self.keys = KeyNamespace(prefix)
        self._url, self._owner = database_url, database_url is None
        self._is_branch, self._owned = False, Owned()
        self._owned.add(server, server.close if self._owner else server.disconnect)
        self._resource, self._provided, self.asked = None, None, None

    @classmethod
    def attach(cls, address: Address) -> "Lab":
        """The same lab in another process: same server, same database, and private servers of its own."""
        return cls(Server(address.redis_url, address.backend), address.prefix, database_url=address.database_url)

    def branch(self, name: str) -> "Lab":
        """The same lab for one experiment: a prefix of its own, under which nothing is left when it is closed, and whatever
        is made through it (clients, private servers, handles on the database) is closed with it.
        """
        prefix = f"{self.prefix}:{name}_{secrets.token_hex(3)}"
        branch = Lab(self.server.handle(), prefix, self.passed_over, self._url)
        branch._is_branch = True
        return branch

    @property
    def address(self) -> Address:
        return Address(self.server.url, self.server.backend, self.prefix, self._url)

    @functools.cached_property
    def redis(self):
        """A client that is always there."""
        return self.client()

    def client(self, **options):
        """A further client; see Server.client."""
        return self.server.client(**options)

    @functools.cached_property
    def database(self):
        """The database behind the cache, with its users, products and orders."""
        return self.open_database()

    def open_database(self):
        """A further handle on the same database, with added latency, width and failures of its own."""
        from redislab.world.database import Database

        return self.close_with(Database(self._url))

    def private_server(self, **config) -> Server:
        """A server for one experiment alone, of the lab's kind if that can be: it may be filled, configured and killed.

        Args:
            config: redis.conf directives, such as `maxmemory="50mb"`.

        Raises:
            StartError: none can be started, or this lab has been closed.
        """
        kinds = ORDER if self.server.backend == "url" else (self.server.backend,)
        server, _ = first(kinds, config=config)
        return self.close_with(server)

    def private_cluster(self, nodes: int = 3):
        """A cluster for one experiment alone (redislab.world.cluster.Cluster), a process for each node.

        Raises:
            StartError: there is no server to start here as a process, or this lab has been closed.
        """
        from redislab.world.cluster import Cluster

        return self.close_with(Cluster(nodes))

    def close_with(self, made):
        """Return `made`, which is closed with this lab.

        Raises:
            StartError: the lab has been closed, and so has `made` now.
        """
        if not self._owned.add(made):
            raise StartError("This lab has been closed. Run start() again.")
        return made

    def ended(self) -> str | None:
        """What of this lab's own has ended, "Redis" or "database"; None if both are there. Private servers do not count."""
        if not self.server.alive:
            return "Redis"
        there = self._resource is None or (self._resource.alive and self._provided.there)
        return None if there else "database"

    def failure(self) -> str | None:
        """What has failed of that this stands on, and was not stopped here, as a sentence; None if all is well."""
        if self._resource is not None and not self._resource.alive:
            return "What this lab has started is gone. Run start() again."
        parts = [made for made in list(self._owned.made) if hasattr(made, "failure")]  # this server comes first
        return next((told for part in parts if (told := part.failure())), None)

    def facts(self) -> dict:
        """What stands on the card."""
        return {
            "backend": self.server.backend,
            "product": self.server.product,
            "version": self.server.version,
            "capabilities": sorted(self.server.capabilities),
            "round_trip_ms": 1000 * self.server.round_trip(),
            "client": f"redis-py {redis.__version__}",
            "parser": _hiredis(),
            "database": f"{self.database.product} {self.database.version}",
            "prefix": self.prefix,
            "passed_over": self.passed_over,
        }

    def close(self) -> None:
        """Give everything back. On a Redis of the learner's own the keys under our prefix are removed, once and at the very end."""
        atexit.unregister(self.close)
        if self._is_branch and self.server.backend != "url":
            with contextlib.suppress(redis.RedisError, StartError):  # it is gone
                sweep(self.redis, self.prefix)
        self._owned.close()

    def provide(self, database: str | None) -> None:
        """Make the database ready: SQLite, PostgreSQL at a URL, or "docker" for PostgreSQL in a container.

        Raises:
            DatabaseError: it cannot be reached or written.
        """
        from redislab.world.database import provide

        self._resource = self.close_with(SupervisedResource())
        self._provided = self.close_with(provide(database, self._resource.folder, self.prefix))
        self._url = self._provided.url

    def __repr__(self) -> str:
        return f"<Lab on {self.server!r}, keys under {self.prefix}:>"


def start(url: str | None = None, *, backend: str | None = None, database: str | None = None, report=print) -> Lab:
    """The lab of this process; safe to call again, and then the same one.

    Takes the first that works: `url` or REDISLAB_REDIS_URL, a container, `redis-server` on PATH, the bundled server.

    Args:
        backend: "url", "docker", "local" or "bundled" takes that one or fails; also by REDISLAB_BACKEND.
        database: a URL, or "docker" for PostgreSQL in a container; also by REDISLAB_DATABASE_URL. SQLite otherwise.
        report: called with a line for whatever was passed over, and while an image is being pulled.

    Raises:
        StartError: nothing works; the message says what was tried and what to do.
        DatabaseError: the database cannot be reached.
    """
    global _lab
    anyhow = url is backend is database is None
    url = url or os.environ.get("REDISLAB_REDIS_URL") or None
    backend = backend or os.environ.get("REDISLAB_BACKEND") or None
    database = database or os.environ.get("REDISLAB_DATABASE_URL") or None
    asked = (url, backend, database)
    with _lock:
        if _lab is not None:
            same = anyhow or _lab.asked == asked
            ended = _lab.ended()
            if same and not ended:
                return _lab
            report(f"The {ended} of this lab is gone; starting another one." if same else "Leaving the former lab.")
            url, backend, database = asked = _lab.asked if anyhow else asked
            _lab.close()
            _lab = None
        _lab = _open(url, backend, database, report)
        _lab.asked = asked
        atexit.register(_lab.close)
        return _lab


def _open(url, backend, database, report) -> Lab:
    if backend not in (None, "url", *ORDER):
        raise StartError(f"REDISLAB_BACKEND is {backend!r}; choose url, docker, local or bundled.")
    if backend == "url" and not url:
        raise StartError("REDISLAB_BACKEND is url, but there is none: set REDISLAB_REDIS_URL, or start(url=…).")
    if url and backend in (None, "url"):
        server, passed_over = Server(url), []
        server.must_be_writable()
        if warning := server.warning():
            report(warning)
    else:
        server, passed_over = first((backend,) if backend else ORDER, report)
    lab = Lab(server, f"redislab:{uuid.uuid4().hex[:6]}", passed_over)
    if server.backend == "url":
        lab.close_with(Sweeper(server.url, lab.prefix))
    try:
        lab.provide(database)
    except Exception:
        lab.close()
        raise
    return lab


def _hiredis() -> str:
    try:
        return f"hiredis {version('hiredis')}"
    except ModuleNotFoundError:
        return "Python parser"
