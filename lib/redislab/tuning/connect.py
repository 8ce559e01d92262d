"""A client with every setting chosen, and the reason beside each."""

import socket
from dataclasses import asdict, dataclass

import redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

# s without traffic until the first probe, s between two, and how many unanswered ones mean that nobody is there
PROBES = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}


@dataclass(frozen=True)
class Settings:
    """What redis-py is told, under redis-py's names; `retries` apart, which becomes its Retry.

    Attributes:
        max_connections: the pool's size, for each process. `pool_size.square_root` says how many. redis-py's own 100,
            times the number of processes, may be more than the server takes.
        timeout: seconds to wait for a free connection. A plain ConnectionPool does not wait: when it is empty it raises,
            and a burst that 20 ms of patience would have served becomes errors.
        socket_connect_timeout: seconds for TCP and TLS. Short: a server that is there answers at once.
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
    certificate and name checked. A cluster wants redis.RedisCluster instead, with the same options but for the pool's.

    Args:
        options: of redis-py, over the settings, such as `ssl_ca_certs="ca.pem"`,
            `credential_provider=` (redis-entraid's, for Azure) or `cache_config=CacheConfig()` (see NearCache).

    Raises:
        ValueError: not a URL of Redis; or no connections, or no retries, can be fewer than none.
    """
    if settings.max_connections < 1 or settings.retries < 0:
        raise ValueError(f"{settings} does not work: max_connections is from 1, and retries from 0.")
    pool = redis.BlockingConnectionPool.from_url(url, **{**settings.options(), **options})
    return redis.Redis.from_pool(pool)
