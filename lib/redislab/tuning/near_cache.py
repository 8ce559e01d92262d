"""Client-side caching: read once, keep it here, and be told when it changes."""

import secrets
import threading
import time
from collections import OrderedDict

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from redislab.keys.forks import renewed
from redislab.keys.numbers import whole, within
from redislab.keys.replies import suited, text

NEVER, PAUSE = float("-inf"), 0.2  # s between two attempts to listen, and until a closed one ends


class NearCache:
    """Strings kept in this process, as long as the server has not said that they have changed (CLIENT TRACKING).

        near = NearCache(client, prefix="shop:product:")
        near.get("shop:product:42")     # a round trip
        near.get("shop:product:42")     # none
        near.close()

    A thread listens to the server on a connection of its own. What is served was right half a round trip ago, or, if
    that connection hangs, at most `stale` seconds ago: a PING every quarter of that time proves that all news before its
    answer has arrived. Without an answer, every read asks the server. An entry also ends with its key's TTL. Nothing that
    was read before a reconnect, or in the parent of a fork, is served after it.

    redis-py has this built in: `connect(url, max_connections=1, cache_config=CacheConfig(max_size=10_000))`. One connection,
    because with more of them (8.1.0) threads read from each other's sockets, and time out. It refuses Redis before 7.4, and
    Valkey, which can do it all the same; this shows how, and works from Redis 6 on.

    Args:
        client: of one server; any protocol and decoding. Values are text.
        prefix: what the keys begin with. The server reports every write below it, whether this client has read the key or not.
        size: entries at most; the one that was not read for the longest time goes first.
        stale: seconds; the bound above.

    Raises:
        ValueError: a client of a cluster, whose nodes report only their own keys; or a user who may not listen or read.
    """

    CHANNEL = "__redis__:invalidate"

    def __init__(self, client, *, prefix: str, size: int = 10_000, stale: float = 2.0):
        if hasattr(client, "get_nodes"):
            raise ValueError("NearCache listens to one server, and a cluster has several. Use a client of one of them.")
        self.client, self.prefix, self.size = suited(client), text(prefix), whole("size", size)
        self.stale, self.hits, self.misses = within("stale", stale, "seconds", 0.1, 3600), 0, 0
        self._closed = threading.Event()
        renewed(self)
        self._start()
        self._answered.wait(1.0)
        try:
            self._read(self.prefix + secrets.token_hex(8))
        except redis.RedisError as failure:
            self._failure = self._failure or failure
        if isinstance(self._failure, redis.ResponseError):
            self.close()
            raise ValueError(
                f"NearCache may not listen or read here ({self._failure}). Permit the user GET, PTTL, SUBSCRIBE, "
                f"CLIENT ID, CLIENT TRACKING, the channel {self.CHANNEL} and keys below {prefix!r}."
            )

    def get(self, key: str) -> str | None:
        key = text(key)
        with self._lock:
            if self._thread is None and not self._closed.is_set():
                self._start()  # a fork has left the other thread in the parent
            value, ends = self._kept.get(key, (None, NEVER))
            if time.monotonic() < min(ends, self._proved + self.stale):
                self._kept.move_to_end(key)
                self.hits += 1
                return value
            mark = self._asked[key] = object()
            self.misses += 1
        try:
            value, ends = self._read(key)
        except BaseException:
            self._forget([key])
            raise
        with self._lock:
            if self._asked.get(key) is mark:  # it has not changed since we asked, nor has a later reader
                del self._asked[key]
                self._keep(key, value, ends)
        return value

    def __len__(self) -> int:
        return len(self._kept)

    def close(self) -> None:
        """Listen no more, and keep nothing."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(10 * PAUSE)

    def renew(self) -> None:
        """Know nothing, and be told nothing yet; also in the child of a fork."""
        self._kept, self._asked = OrderedDict(), {}  # value and end by key; readers under way, each with its own mark
        self._lock, self._answered, self._failure = threading.Lock(), threading.Event(), None
        self._thread, self._proved = None, NEVER  # when what has been answered last was sent

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _read(self, key: str) -> tuple:
        """The value, and when its TTL ends by our clock; that the key may change in between is noticed by its mark."""
        began = time.monotonic()
        value, left = self.client.pipeline(transaction=False).get(key).pttl(key).execute()
        return text(value), float("inf") if left == -1 else began + left / 1000

    def _keep(self, key: str, value, ends: float) -> None:
        self._kept.pop(key, None)
        if value is not None and self._proved > NEVER and key.startswith(self.prefix):
            self._kept[key] = value, ends
            while len(self._kept) > self.size:
                self._kept.popitem(last=False)

    def _forget(self, keys, proved: float | None = None) -> None:
        """What has changed; None: all of it, and from `proved` on word of changes arrives."""
        with self._lock:
            for known in (self._kept, self._asked):
                for key in list(known) if keys is None else text(keys):
                    known.pop(key, None)
            if proved is not None:
                self._proved = proved

    def _listen(self) -> None:
        while not self._closed.is_set():
            try:
                self._follow()
            except Exception as failure:  # whatever became of the connection
                self._failure = failure
                self._answered.set()
                self._forget(None, NEVER)
                self._closed.wait(PAUSE)  # then the server is asked again
        self._forget(None, NEVER)

    def _follow(self) -> None:
        """Have the server report to a connection, listen there, and prove that it is alive."""
        with _own_connection(self.client) as own, own.pubsub() as ear:
            id = self._ask(ear, "CLIENT", "ID")
            sent = time.monotonic()
            self._ask(ear, "CLIENT", "TRACKING", "ON", "REDIRECT", id, "BCAST", "PREFIX", self.prefix)
            ear.subscribe(self.CHANNEL)
            due = waiting = sent
            while not self._closed.is_set():
                message = ear.get_message(timeout=min(PAUSE, self.stale / 8)) or {"type": None}
                if message["type"] == "subscribe":
                    self._forget(None, sent)  # what was read before may have changed unreported
                    self._answered.set()
                    waiting = None
                elif message["type"] == "pong":
                    self._proved, waiting = waiting, None
                elif message["type"] == "message":
                    self._forget(message["data"])
                now = time.monotonic()
                if waiting is None and now >= due:
                    waiting, due = now, now + self.stale / 4
                    ear.ping()
                elif waiting is not None and now > waiting + self.stale:
                    raise TimeoutError

    @staticmethod
    def _ask(ear, *command):
        ear.execute_command(*command)
        return ear.parse_response()


def _own_connection(client) -> redis.Redis:
    """A client like the other, for one connection by RESP2, where the server's word arrives by Pub/Sub."""
    pool = client.connection_pool
    options = {name: value for name, value in pool.connection_kwargs.items() if not name.startswith("maint")}
    options |= {"protocol": 2, "decode_responses": False, "retry": Retry(NoBackoff(), 0), "health_check_interval": 0}
    return redis.Redis.from_pool(redis.ConnectionPool(pool.connection_class, 1, **options))
