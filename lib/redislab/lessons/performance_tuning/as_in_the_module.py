"""The module's own versions, for comparison: right while nothing goes wrong."""

import warnings

import redis

from redislab.lua import script
from redislab.tuning.counters import Counter


def module_connect(host: str, port: int, *, max_connections: int = 50, tls: bool = False) -> redis.Redis:
    """The module's client: a pool that raises when it is empty, and a timeout that is retried by a deprecated name.

    With `tls`, as the module has it, `ssl=True` reaches a pool of plain connections: nothing is said here, and the first
    command raises TypeError. A `rediss://` URL, or `connection_class=SSLConnection`, is what was meant. `connect`
    mends all of it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # retry_on_timeout, since redis-py 6
        pool = redis.ConnectionPool(
            host=host, port=port, max_connections=max_connections,
            socket_connect_timeout=5, socket_timeout=5, socket_keepalive=True,
            retry_on_timeout=True, health_check_interval=30, decode_responses=True,
            **({"ssl": True, "ssl_cert_reqs": "required"} if tls else {}),
        )  # fmt: skip
    return redis.Redis(connection_pool=pool)


class ModuleCounter(Counter):
    """The module's bad example, which is worse than it says: a counter that is not there yet is `int(None)`, a TypeError.

    Then two clients read the same number, and one increment is lost. `IncrCounter` does neither.
    """

    def _increment(self, key):
        count = int(self.client.get(key)) + 1
        self.client.set(key, count)
        return count


class ModuleScriptCounter(Counter):
    """The module's good example, a script: no increment is lost, but SET ends the counter's TTL.

    Its sum is a Lua number: from 2^53 on it stands still, and of 1.75 it returns 1. INCRBY, in `ScriptCounter`, counts in 64 bits, and
    refuses what is not whole.
    """

    def __init__(self, client, keys):
        super().__init__(client, keys)
        self._source = script("module_increment")

    def _increment(self, key, by=1):
        return self.client.eval(self._source, 1, key, by)


class ModuleCompareAndSet:
    """The module's conditional update: atomic, but the new value has no TTL. `CompareAndSet` keeps it."""

    def __init__(self, client):
        self.client, self._source = client, script("module_compare_and_set")

    def __call__(self, key: str, expected: str, new: str) -> bool:
        return self.client.eval(self._source, 1, key, expected, new) == 1
