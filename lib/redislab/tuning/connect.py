"""A client with every setting chosen, and the reason beside each."""

import re
import socket
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.connection import UnixDomainSocketConnection, parse_url
from redis.retry import Retry

from redislab.keys.numbers import whole, within

# s without traffic until the first probe, s between two, and how many unanswered ones mean that the peer is gone
PROBES = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
ONLY_TCP = ("socket_connect_timeout", "socket_keepalive", "socket_keepalive_options")


@dataclass(frozen=True)
class Settings:
    """What redis-py is told, under redis-py's names; `retries` apart, which becomes its Retry.

    Attributes:
        max_connections: the pool's size, for each process. `pool_size.square_root` says how many. redis-py's own 100,
            times the number of processes, may be more than the server takes.
        timeout: seconds to wait for a free connection. A plain ConnectionPool does not wait: when it is empty it raises,
            and a burst that 20 ms of patience would have served becomes errors.
        socket_connect_timeout: seconds for TCP and TLS. Short: a living server answers immediately.
        socket_timeout: seconds for a reply. It bounds how long a hung server holds each of your threads; above the slowest
            command that is meant to be sent, blocking ones included.
        retries: after a lost connection or a timeout, with growing, jittered pauses. A timeout does not say that the command
            was not done, only that no answer came: a retried INCR may count twice. So 0, and more only for a client that
            sends only what gives the same result when run twice in a row: GET, SET, HSET; not INCR, LPUSH, XADD. Even a
            SET that is retried late can overwrite a newer value. redis-py's own number is 10 for `Redis()`, and 0 for
            `from_url` and for a pool made by hand.
        health_check_interval: seconds of idleness after which a PING goes first. Firewalls forget idle connections
            without telling; that costs a round trip now and then instead of an error.
        socket_keepalive: the kernel probes an idle connection (`PROBES`), so that a peer that has vanished is noticed.
        client_name: shown by CLIENT LIST and SLOWLOG: who is it that holds 400 connections?
        decode_responses: text instead of bytes; off for pictures and pickles.
        protocol: 3 (RESP3) has types for maps and sets, and pushes that client-side caching needs.
    """

    max_connections: int = 16
    timeout: float = 1.0
    socket_connect_timeout: float = 1.0
    socket_timeout: float = 1.0
    retries: int = 0
    health_check_interval: float = 30.0
    socket_keepalive: bool = True
    client_name: str = "redislab"
    decode_responses: bool = True
    protocol: int = 3

    def options(self) -> dict:
        """As keyword arguments of redis.BlockingConnectionPool."""
        options = asdict(self)
        backoff = ExponentialWithJitterBackoff(base=0.02, cap=0.5)
        options["retry"] = Retry(backoff, options.pop("retries"))
        # not every system has all three
        probes = {getattr(socket, name): value for name, value in PROBES.items() if hasattr(socket, name)}
        return options | {"socket_keepalive_options": probes}


def connect(url: str, settings: Settings = Settings(), **options) -> redis.Redis:
    """A client for the whole application: make one, share it between threads, and close it at the end.

        cache = connect("rediss://user:password@host:10000", Settings(max_connections=20))

    Nothing is sent yet; each connection is opened when it is first needed. `rediss://` is TLS, with the server's
    certificate and name checked; `unix:///path/to.sock` is a socket of this machine. What the URL says after `?`, such as
    `?max_connections=5&timeout=2`, overrides settings and options. A cluster wants redis.RedisCluster instead, with the
    same options but for the pool's.

    Args:
        options: of redis-py, over the settings, such as `ssl_ca_certs="ca.pem"`,
            `credential_provider=` (redis-entraid's, for Azure) or `cache_config=CacheConfig()` (see NearCache).

    Raises:
        ValueError: not a URL of Redis, or a number that is out of range.
    """
    whole("retries", settings.retries, least=0)
    chosen = {**settings.options(), **options, **url_options(url)}
    whole("max_connections", chosen["max_connections"])
    for name in ("timeout", "socket_timeout", "socket_connect_timeout"):
        if chosen[name] is not None:
            within(name, chosen[name], "seconds", 0.001)
    if chosen.get("connection_class") is UnixDomainSocketConnection:
        chosen = {name: value for name, value in chosen.items() if name not in ONLY_TCP}
    return redis.Redis.from_pool(redis.BlockingConnectionPool(**chosen))


def settings_of(client: redis.Redis) -> dict:
    """What a client was given, or got from redis-py, by redis-py's names; no connection is opened for that.

    `timeout` is None where a pool does not wait, and raises.
    """
    pool = client.connection_pool
    one = pool.make_connection()
    waits = isinstance(pool, redis.BlockingConnectionPool)
    return {
        "max_connections": pool.max_connections,
        "timeout": pool.timeout if waits else None,
        "socket_connect_timeout": one.socket_connect_timeout,
        "socket_timeout": one.socket_timeout,
        "retries": one.retry.get_retries(),
        "health_check_interval": one.health_check_interval,
        "protocol": one.protocol,
        "decode_responses": one.encoder.decode_responses,
    }


def url_options(url: str) -> dict:
    """What a URL says, as keyword arguments of a pool.

    Raises:
        ValueError: it is not a URL of Redis, or its database is not a number, which redis-py takes for 0. It is not
            repeated, as it may hold a password.
    """
    if not _is_whole(url):
        raise ValueError(
            "This is not a URL of Redis: write redis://user:password@host:port/0, where the database is a number; in a "
            "password, write / as %2F, @ as %40, ? as %3F, # as %23 and : as %3A."
        )
    return parse_url(url)


def _is_whole(url: str) -> bool:
    """Whether nothing that was meant to stand before the host stands behind it, and the numbers are numbers."""
    try:
        parts = urlsplit(url)
        database = parts.scheme == "unix" or re.fullmatch(r"/?\d*/?", parts.path, re.ASCII)
        return bool(parts.port != 0 and database and "@" not in parts.query and not parts.fragment)
    except ValueError:  # of the port, or of brackets
        return False
