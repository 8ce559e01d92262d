"""A Redis that can be measured: how to reach it, what it is, what it can do, and, if it is ours, how to stop it."""

import copy
import statistics
import time
import weakref
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.connection import Connection, SSLConnection, parse_url
from redis.retry import Retry

from redislab.errors import StartError

OLDEST = (7, 0)
PATIENCE = 3.0  # s to answer when asked for the first time
CAPABILITIES = {"field_ttl": "hpexpire", "bloom": "bf.add"}


class Server:
    """One Redis, by its URL. `backend` says where it comes from: "url", "docker", "local" or "bundled".

    Attributes:
        product, version: as the server says, such as "Redis" and "8.0.2".
        cluster: whether it is one.
        capabilities: names of what it can do: "field_ttl", "bloom", "compare_and_set", "cluster"; asked, not assumed.

    Raises:
        StartError: nothing answers, it refuses, it is not a Redis, or it is too old.
    """

    def __init__(self, url: str, backend: str = "url", control=None):
        self.url, self.backend, self._control = url, backend, control
        self._clients = weakref.WeakSet()
        try:
            self._settings = parse_url(url)
        except ValueError as failure:
            form = "redis://host:6379 or rediss://user:password@host:port"
            raise StartError(f"{safe(url)} is not a Redis URL ({failure}). Write {form}.") from None
        self.host, self.port = self._settings.get("host", "localhost"), self._settings.get("port", 6379)
        self.cluster = False
        info = self._greet()
        self.product = "Valkey" if "valkey_version" in info else "Redis"
        self.version = info.get("valkey_version", info["redis_version"])
        self.cluster = "cluster" in (info.get("redis_mode"), info.get("server_mode"))  # as Redis has it, and Valkey
        self.capabilities = self._ask()

    def client(self, *, via=None, max_connections: int = 64, **options) -> "redis.Redis | redis.RedisCluster":
        """A client with every setting chosen: text replies, a pool that waits, a second's patience, no silent retries.

        Args:
            via: a network Delay to go through.
            options: of redis.Redis, such as `socket_timeout=0.1`; they override ours.

        Raises:
            StartError: `via` with a cluster, whose nodes are dialled by the addresses that they give themselves.
        """
        settings = {
            "decode_responses": True,
            "socket_timeout": 1.0,
            "socket_connect_timeout": 1.0,
            "retry": Retry(NoBackoff(), 0),
            **self._settings,
            **options,
        }
        if self.cluster:
            if via:
                raise StartError(
                    "A delay cannot be put before a cluster. Leave the round trip at 0, or use a single server."
                )
            settings.pop("connection_class", None)
            return self._kept(redis.RedisCluster(**settings, ssl=self.url.startswith("rediss")))
        if via:
            settings["connection_class"] = dialling(via, settings.get("connection_class", Connection))
        pool = redis.BlockingConnectionPool(max_connections=max_connections, timeout=5, **settings)
        return self._kept(redis.Redis.from_pool(pool))

    def _kept(self, client):
        self._clients.add(client)
        return client

    def handle(self) -> "Server":
        """The same server, whose clients are known apart from those of this one."""
        other = copy.copy(self)
        other._clients = weakref.WeakSet()
        return other

    def disconnect(self) -> None:
        """Close the connections of all clients that were made here."""
        for client in list(self._clients):
            client.close()

    def round_trip(self, pings: int = 15, via=None) -> float:
        """Seconds from PING to PONG, the median of some; through a network Delay, if `via` is one."""
        client, taken = self.client(via=via, max_connections=2), []
        for _ in range(pings):
            began = time.perf_counter()
            client.ping()
            taken.append(time.perf_counter() - began)
        client.close()
        return statistics.median(taken)

    # servers of ours

    @property
    def ours(self) -> bool:
        return self._control is not None

    @property
    def alive(self) -> bool:
        return self._control.alive() if self.ours else self._answers()

    def kill(self) -> None:
        """SIGKILL. What it held is gone."""
        self._ours().kill()

    def restart(self) -> None:
        """Start it again after `kill`: empty, at the same address."""
        self._ours().restart()
        wait_for(self.host, self.port, self._control.alive)

    def pause(self) -> None:
        """Freeze it: connections stay open, nothing answers."""
        self._ours().pause()

    def resume(self) -> None:
        self._ours().resume()

    def close(self) -> None:
        """Close its clients' connections; end a server of ours and remove what it had, and leave another one alone."""
        self.disconnect()
        if self.ours:
            self._control.close()

    def _ours(self):
        if self._control is None:
            raise StartError(f"{self!r} is not ours to stop. Use lab.private_server() for that.")
        return self._control

    def _answers(self) -> bool:
        try:
            return bool(self._probe().ping())
        except redis.RedisError:
            return False

    def _greet(self) -> dict:
        where = f"{self.host}:{self.port}"
        try:
            info = self._probe().info("server")
        except redis.AuthenticationError as failure:
            raise StartError(
                f"The Redis at {where} refused the user or password ({failure}). Check those in the URL."
            ) from None
        except (redis.RedisError, OSError) as failure:
            raise StartError(_why(where, failure)) from None
        version = tuple(int(part) for part in str(info.get("redis_version", "0")).split(".")[:2])
        if version < OLDEST:
            has = info.get("redis_version")
            raise StartError(
                f"The Redis at {where} is {has}; the course needs 7.0 or newer. Upgrade it or use another one."
            )
        return info

    def _probe(self) -> redis.Redis:
        """A client for one question; it closes its connection when it is dropped."""
        times = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, "retry": Retry(NoBackoff(), 0)}
        return redis.Redis.from_pool(redis.ConnectionPool(**{"decode_responses": True, **self._settings, **times}))

    def _ask(self) -> frozenset:
        client, able = self._probe(), {"cluster"} if self.cluster else set()
        try:
            for name, command in CAPABILITIES.items():
                able |= {name} if client.execute_command("COMMAND LIST", "FILTERBY", "PATTERN", command) else set()
            if "IFEQ" in str(client.execute_command("COMMAND DOCS", "SET")).upper():
                able.add("compare_and_set")
        except redis.RedisError:
            pass  # not allowed to ask: do without
        return frozenset(able)

    def __repr__(self) -> str:
        return f"<{self.product} {self.version} at {self.host}:{self.port} ({self.backend})>"


def safe(url: str) -> str:
    """The URL without its password."""
    parts = urlsplit(url)
    return url.replace(f":{parts.password}@", ":…@") if parts.password else url


def _why(where: str, failure: Exception) -> str:
    text = str(failure)
    if isinstance(failure, redis.ResponseError):
        return f"The Redis at {where} refused to be asked ({text}). Check the user's permissions: INFO and the keys redislab:*."
    if isinstance(failure, redis.InvalidResponse) or "rotocol" in text:
        return f"What answers at {where} is not a Redis. Check host and port."
    if isinstance(failure, (redis.TimeoutError, TimeoutError)):
        return f"Nothing answered at {where} within {PATIENCE:.0f} s. Check host, port, firewall, and whether it wants rediss://."
    if "CERTIFICATE" in text:
        return f"The certificate of {where} is not trusted ({text}). Use the name it was made for, or ?ssl_ca_certs=ca.pem."
    return f"No Redis can be reached at {where} ({text}). Is it running, and are host and port right?"


def dialling(delay, plain: type) -> type:
    """A connection like `plain` that is dialled at `delay`; TLS still checks the name of the real host."""

    class Through(Connection):
        def _connect(self):
            real = self.host, self.port
            self.host, self.port = delay.host, delay.port
            try:
                return super()._connect()
            finally:
                self.host, self.port = real

    return type("Dialling", (plain, Through), {}) if issubclass(plain, SSLConnection) else Through


def wait_for(host: str, port: int, alive, patience: float = 10.0) -> None:
    """Return once a server answers PING.

    Raises:
        StartError: it ended, or did not answer in time.
    """
    deadline = time.monotonic() + patience
    client = redis.Redis(
        host=host, port=port, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0)
    )
    while time.monotonic() < deadline:
        try:
            client.ping()
            return client.close()
        except redis.RedisError:
            if not alive():
                raise StartError("The server ended immediately; is its configuration right?") from None
            time.sleep(0.005)
    raise StartError(f"The server did not answer within {patience:.0f} s.")
