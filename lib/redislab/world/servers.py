"""A Redis that can be measured: how to reach it, what it is, what it can do, and, if it is ours, how to stop it."""

import contextlib
import copy
import functools
import os
import random
import socket
import statistics
import time
import weakref

import redis
from redis.backoff import NoBackoff
from redis.connection import Connection, SSLConnection
from redis.retry import Retry
from redis.utils import str_if_bytes

from redislab.errors import StartError
from redislab.world.network import is_here
from redislab.world.url import OPTION, Url

OLDEST = (7, 0)
PATIENCE = 3.0  # s to answer when asked for the first time
CAPABILITIES = {"field_ttl": "hpexpire", "bloom": "bf.add"}
FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
THERE = "redislab:there"  # a key that is never made: `SET … XX` on it is refused when writes are
REFUSALS = {
    redis.exceptions.OutOfMemoryError: "is full, and refuses writes. Free some of its memory, then press Start",
    redis.ReadOnlyError: "is a replica by now, which takes no writes. Press Start when it is the primary, or use the primary’s address",
    redis.exceptions.ClusterDownError: "has no primary for some keys, as while it fails over. Press Start when it has",
    redis.BusyLoadingError: "is loading its data. Press Start when it is done",
    redis.RedisError: "does not answer. Is it running? Press Start when it is",
}


class Server:
    """One Redis, by its URL. `backend` says where it comes from: "url", "docker", "local" or "bundled".

    Args:
        any_version: take one that is older than the course needs, as an audit does.

    Attributes:
        product, version: as the server says, such as "Redis" and "8.0.2"; the version is "" where it may not be asked.
        role: "master", "replica", or "" where it may not be asked.
        cluster: whether it is one.
        where: host and port, or the path of the socket.
        name: all of these in words.
        capabilities: names of what it can do: "field_ttl", "bloom", "compare_and_set", "cluster"; asked, not assumed.

    Raises:
        StartError: nothing answers, it refuses, it is not a Redis, or it is too old.
    """

    def __init__(self, url: str, backend: str = "url", control=None, any_version: bool = False):
        self.url, self.backend, self._control = Url(url), backend, control
        self._clients, self._killed, self._nodes = weakref.WeakSet(), False, []
        self._settings = self.url.settings()
        self.host, self.port = self._settings.get("host", "localhost"), self._settings.get("port", 6379)
        host = f"[{self.host}]" if ":" in self.host else self.host
        self.where = self._settings.get("path") or f"{host}:{self.port}"
        info = self._greet()
        self.product = "Valkey" if "valkey" in info.get("server", "") else "Redis"
        self.version, self.role = info.get("version", ""), info.get("role", "")
        self.cluster = info.get("mode") == "cluster"
        if info.get("mode") == "sentinel":
            raise StartError(
                f"What answers at {self.where} is a Sentinel, which holds no keys. Use the server that it watches."
            )
        if not any_version and self.version and tuple(map(int, self.version.split(".")[:2])) < OLDEST:
            raise StartError(
                f"The Redis at {self.where} is {self.version}; the course needs {OLDEST[0]}.{OLDEST[1]} or newer. "
                "Upgrade it or use another one."
            )

    @property
    def name(self) -> str:
        kind = " (a replica)" if self.role == "replica" else ""
        return f"{self.product}{' ' * bool(self.version)}{self.version} at {self.where}{kind}"

    def hide(self, words) -> str:
        """An error's words without the password of the URL: some servers repeat what they did not understand."""
        return self.url.hide(str(words))

    def warning(self) -> str | None:
        """What is at stake where the way to the server leaves this machine without TLS; None otherwise."""
        if "path" in self._settings or self.url.startswith("rediss") or is_here(self.host):
            return None
        return (
            f"The way to {self.where} is not encrypted: any machine on it can read and change what is sent, the password too. "
            "Write rediss:// if the server speaks TLS."
        )

    def must_be_writable(self) -> None:
        """Raises:
        StartError: this is a replica, or a cluster whose nodes cannot be reached.
        """
        if self.cluster:
            return self.client().close()
        if self.role != "replica":
            return None
        try:
            about = self._probe().info("replication")
            primary = f", {about['master_host']}:{about['master_port']}"
        except (redis.RedisError, KeyError):
            primary = ""  # it may not be asked
        raise StartError(
            f"The Redis at {self.where} is a replica, which takes no writes. Give the address of its primary{primary}."
        )

    def client(self, *, via=None, max_connections: int = 64, **options) -> "redis.Redis | redis.RedisCluster":
        """A client with every setting chosen: text replies, a pool that waits, a second's patience, no silent retries.

        Args:
            via: a network Delay to go through.
            options: of redis.Redis, such as `socket_timeout=0.1`; they override ours.

        Raises:
            StartError: the nodes of the cluster cannot be reached by the addresses that they announce; or `via` with a
                cluster, as these are what is dialled, or with a socket.
        """
        settings = {
            "max_connections": max_connections,
            "timeout": 5,
            "decode_responses": True,
            "socket_timeout": 1.0,
            "socket_connect_timeout": 1.0,
            "retry": Retry(NoBackoff(), 0),
            **self._settings,
            **options,
        }
        if via and (self.cluster or "path" in self._settings):
            kind = "cluster" if self.cluster else "socket"
            raise StartError(
                f"A delay cannot be put before a {kind}. Leave the round trip at 0, or use another server."
            )
        if self.cluster:
            for name in ("connection_class", "timeout", "max_connections"):
                settings.pop(name, None)
            try:
                nodes = [redis.cluster.ClusterNode(*where) for where in self._nodes]  # the URL's own may be gone
                client = redis.RedisCluster(**settings, startup_nodes=nodes, ssl=self.url.startswith("rediss"))
                self._nodes[:] = [(node.host, node.port) for node in client.get_nodes()]
                return self._kept(client)
            except (redis.exceptions.RedisClusterException, redis.RedisError, OSError) as failure:
                raise StartError(self._unreachable(failure)) from None
        if via:
            settings["connection_class"] = dialling(via, settings.get("connection_class", Connection))
        pool = redis.BlockingConnectionPool(**settings)
        return self._kept(redis.Redis.from_pool(pool))

    def _kept(self, client):
        client.ours = self.backend != "url"
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
        self._killed = True
        self._ours().kill()

    def restart(self) -> None:
        """Start it again after `kill`: empty, at the same address."""
        self._ours().restart()
        wait_for(self.host, self.port, self._control.alive)
        self._killed = False

    def failure(self) -> str | None:
        """That it has ended, does not answer or refuses writes, and not because of us, as a sentence; None if all is well."""
        where = f"The Redis at {self.where}"
        if self.backend != "url":
            well = self._killed or self.alive
            return None if well else f"{where} has ended. Press Start to go on with another one."
        try:
            with self._asking() as client:
                client.set(f"{THERE}:{random.randrange(1000)}", "", xx=True)  # in a cluster, each time somewhere else
        except redis.exceptions.NoPermissionError:
            pass  # that was so from the beginning
        except (redis.RedisError, redis.exceptions.RedisClusterException, StartError) as failure:
            return f"{where} {_refusal(failure)}."
        return None

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
        """Whether it does, or any node of a cluster."""
        try:
            with self._asking() as client:
                nodes = [{"target_nodes": node} for node in client.get_nodes()] if self.cluster else [{}]
                return any(_pings(client, **node) for node in nodes)
        except (redis.exceptions.RedisClusterException, StartError):
            return False

    def _asking(self):
        """A client for one question, or the one that knows the nodes of the cluster."""
        return contextlib.nullcontext(self._to_nodes) if self.cluster else self._probe()

    @functools.cached_property
    def _to_nodes(self) -> redis.RedisCluster:
        return self.client()

    def _greet(self) -> dict:
        """What it says of itself: "server", "version", "mode", "role"."""
        by_token = "credential_provider" in self._settings
        try:
            return self._hello(by_token)
        except redis.AuthenticationError as failure:
            raise StartError(
                f"The Redis at {self.where} refused the user or password ({self.hide(failure)}). Check those in the URL."
            ) from None
        except (TypeError, LookupError):
            raise StartError(OPTION) from None
        except (redis.RedisError, OSError, UnicodeError) as failure:
            raise StartError(self._why(failure)) from None
        except Exception:
            if not by_token:
                raise
            raise StartError(
                "Microsoft Entra ID gave no token. Log in with az login, or run this where a managed identity is."
            ) from None

    def _hello(self, by_token: bool) -> dict:
        """The answer to HELLO, which every user may ask; or INFO's, or nothing.

        It is asked as a command, by RESP2: where HELLO is unknown (Redis 5, some proxies), clients speak RESP2 too. A user is
        named, for a password alone is refused where the default user needs none.
        """
        user = {} if by_token else {"username": self._settings.get("username") or "default"}
        probe = self._probe(protocol=2, **user)
        try:
            answer = probe.execute_command("HELLO", 2)
        except redis.AuthenticationError:
            raise
        except redis.ResponseError:
            self._settings["protocol"] = 2
            return _informed(probe)
        if not isinstance(answer, list) or len(answer) < 2 or len(answer) % 2:
            raise redis.InvalidResponse(answer)
        return dict(zip(*[map(str_if_bytes, answer)] * 2, strict=True))

    def _why(self, failure: Exception) -> str:
        where, text = self.where, self.hide(failure)
        if isinstance(failure, redis.ResponseError):
            return f"The Redis at {where} refused to be asked ({text}). Check what this user is allowed to do."
        if "CERTIFICATE_REQUIRED" in text or "writing to socket. EOF" in text:
            return f"The Redis at {where} wants a certificate of yours. Add ssl_certfile=my.crt&ssl_keyfile=my.key to the URL’s options."
        if gone := [file for name in FILES if (file := self._settings.get(name)) and not os.path.isfile(file)]:
            return f"There is no file {gone[0]}, which the URL names."
        if "X509" in text or "PEM" in text:
            return "The certificate and the key that the URL names cannot be read, or do not belong together."
        if isinstance(failure, redis.InvalidResponse) or "rotocol" in text:
            return f"What answers at {where} is not a Redis. Check host and port."
        if isinstance(failure, (redis.TimeoutError, TimeoutError)):
            return f"Nothing answered at {where} within {PATIENCE:.0f} s. Check host, port, firewall, and whether it is redis:// there, or rediss://."
        if "CERTIFICATE" in text:
            return f"The certificate of {where} is not trusted ({text}). Use the name it was made for, or ?ssl_ca_certs=ca.pem."
        if "path" not in self._settings and not _resolves(self.host, self.port):
            return (  # the host may be a password: it is not repeated
                "There is no such host as this URL has. Check host and port; "
                "a password stands before the host, as in redis://:password@host:6379."
            )
        return f"No Redis can be reached at {where} ({text}). Is it running, and are host and port right?"

    def _unreachable(self, failure: Exception) -> str:
        """Why a cluster whose first node answers cannot be used."""
        try:
            probe = self._probe(protocol=2)
            probe.execute_command("COMMAND COUNT")
            slots = probe.execute_command("CLUSTER", "SLOTS")
            announced = sorted({f"{host or self.host}:{port}" for _, _, (host, port, *_), *_ in slots})
        except redis.ResponseError as refusal:
            return (
                f"The cluster at {self.where} refused what every client of a cluster asks ({self.hide(refusal)}). "
                "Allow this user +cluster|slots and +command."
            )
        except (redis.RedisError, OSError):
            return f"The cluster at {self.where} cannot be used ({self.hide(failure)})."
        return (
            f"The cluster at {self.where} announces {', '.join(announced)}, where nothing can be reached from here. "
            "Set cluster-announce-ip and cluster-announce-port on its nodes, or run this where they can be reached."
        )

    def _probe(self, **options) -> redis.Redis:
        """A client for one question; it closes its connection when it is dropped."""
        times = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE, "retry": Retry(NoBackoff(), 0)}
        settings = {"decode_responses": True, **self._settings, **times, **options}
        settings.pop("timeout", None)  # of the pools that wait
        return redis.Redis.from_pool(redis.ConnectionPool(**settings))

    @functools.cached_property
    def capabilities(self) -> frozenset:
        client, able = self._probe(), {"cluster"} if self.cluster else set()
        with contextlib.suppress(redis.RedisError):  # not allowed to ask: do without
            for name, command in CAPABILITIES.items():
                able |= {name} if client.execute_command("COMMAND LIST", "FILTERBY", "PATTERN", command) else set()
            if "IFEQ" in str(client.execute_command("COMMAND DOCS", "SET")).upper():
                able.add("compare_and_set")
        return frozenset(able)

    def __repr__(self) -> str:
        return f"<{self.product} {self.version} at {self.where} ({self.backend})>"


def _pings(client, **where) -> bool:
    try:
        return bool(client.ping(**where))
    except redis.RedisError:
        return False


def _refusal(failure: Exception) -> str:
    """What is wrong with a server that failed so, and what to do, after its name."""
    if type(failure) is redis.ResponseError:
        return f"refuses writes ({failure}). Press Start when it takes them"
    return next((words for kind, words in REFUSALS.items() if isinstance(failure, kind)), REFUSALS[redis.RedisError])


def _informed(probe: redis.Redis) -> dict:
    """What HELLO would have said, by INFO; nothing where that is refused too."""
    try:
        info = probe.info()
    except redis.AuthenticationError:
        raise
    except redis.ResponseError:
        return {}
    version = info.get("valkey_version") or info.get("redis_version", "")
    mode = info.get("redis_mode") or info.get("server_mode", "")  # as Redis has it, and Valkey
    role = "replica" if info.get("role") == "slave" else info.get("role", "")
    return {"server": "valkey" if "valkey_version" in info else "redis", "version": version, "mode": mode, "role": role}


def _resolves(host: str, port: int) -> bool:
    try:
        return bool(socket.getaddrinfo(host, port))
    except (OSError, UnicodeError):
        return False


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
    times = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "retry": Retry(NoBackoff(), 0)}
    client = redis.Redis(host=host, port=port, protocol=2, **times)
    while time.monotonic() < deadline:
        try:
            client.ping()
            return client.close()
        except redis.RedisError:
            if not alive():
                raise StartError("The server ended immediately; is its configuration right?") from None
            time.sleep(0.005)
    raise StartError(f"The server did not answer within {patience:.0f} s.")
