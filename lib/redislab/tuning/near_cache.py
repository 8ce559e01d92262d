"""Client-side caching: read once, keep it here, and be told when it changes."""

import threading
from collections import OrderedDict

from redis.backoff import NoBackoff
from redis.retry import Retry


class NearCache:
    """Strings kept in this process, as long as the server has not said that they have changed (CLIENT TRACKING).

        near = NearCache(client, prefix="shop:product:")
        near.get("shop:product:42")     # a round trip
        near.get("shop:product:42")     # none
        near.close()

    A read from here may be stale for as long as the server's word is under way, about half a round trip; a thread
    listens for it. While that connection is down nothing is kept, and every read asks the server.
    redis-py has this built in: `connect(url, max_connections=1, cache_config=CacheConfig(max_size=10_000))`. One connection,
    because with more of them (8.1.0) threads read from each other's sockets, and time out. It refuses Redis before 7.4, and
    Valkey, which can do it all the same; this shows how, and works from Redis 6 on.

    Args:
        client: with `decode_responses`, and with `protocol=2`, where the server's word arrives by Pub/Sub. One connection
            of its pool is taken for that.
        prefix: what the keys begin with. The server reports every write below it, whoever has read the key or not.
        size: entries at most; the one that was not read for the longest time goes first.

    Raises:
        ValueError: the client was not made with `protocol=2`.
    """

    CHANNEL = "__redis__:invalidate"

    def __init__(self, client, *, prefix: str, size: int = 10_000):
        if str(client.get_connection_kwargs().get("protocol")) != "2":
            raise ValueError(
                "NearCache hears by Pub/Sub. Make its client with protocol=2, such as connect(url, protocol=2)."
            )
        self.client, self.prefix, self.size = client, prefix, size
        self.hits = self.misses = 0
        self._kept, self._asked = OrderedDict(), {}  # values by key; readers under way by key, each with its own mark
        self._lock, self._ready, self._closed = threading.Lock(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        self._ready.wait(1.0)

    def get(self, key: str) -> str | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                self.hits += 1
                return self._kept[key]
            mark = self._asked[key] = object()
            self.misses += 1
        try:
            value = self.client.get(key)
        except Exception:
            self._forget([key])
            raise
        with self._lock:
            if self._asked.get(key) is mark:  # it has not changed since we asked, nor has a later reader
                del self._asked[key]
                self._keep(key, value)
        return value

    def __len__(self) -> int:
        return len(self._kept)

    def close(self) -> None:
        """Listen no more, and keep nothing."""
        self._closed.set()
        self._thread.join(2.0)

    def _keep(self, key: str, value) -> None:
        if value is not None and self._ready.is_set() and key.startswith(self.prefix):
            self._kept[key] = value
            while len(self._kept) > self.size:
                self._kept.popitem(last=False)

    def _forget(self, keys) -> None:
        """What has changed; None: all of it."""
        with self._lock:
            for known in (self._kept, self._asked):
                for key in list(known) if keys is None else keys:
                    known.pop(key, None)

    def _listen(self) -> None:
        while not self._closed.is_set():
            try:
                self._follow()
            except Exception:  # whatever became of the connection
                self._closed.wait(0.2)  # then the server is asked again
            finally:
                self._ready.clear()
                self._forget(None)  # who cannot hear does not know

    def _follow(self) -> None:
        """Have the server report to one connection, and listen there."""
        with self.client.pubsub() as ear:
            own = self._ask(ear, "CLIENT", "ID")
            self._ask(ear, "CLIENT", "TRACKING", "ON", "REDIRECT", own, "BCAST", "PREFIX", self.prefix)
            ear.connection.retry = Retry(NoBackoff(), 0)  # a new connection would have to ask anew
            ear.subscribe(self.CHANNEL)
            while not self._closed.is_set():
                message = ear.get_message(timeout=0.2)
                if message and message["type"] == "subscribe":
                    self._ready.set()
                elif message:
                    self._forget(message["data"])

    @staticmethod
    def _ask(ear, *command):
        ear.execute_command(*command)
        return ear.parse_response()
