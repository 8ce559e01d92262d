"""Writes to sessions that are over, and the sessions that they bring back."""

from collections import deque
from contextlib import suppress

import redis

from redislab.world.waiting import eventually

WATCHED = 200  # sessions that came back


class LateWrites:
    """Writes to sessions that have expired, and watches those that are there again."""

    def __init__(self, client, keys):
        self._client, self._keys, self._back = client, keys, deque()
        self.forget()

    def forget(self) -> None:
        """Count from 0; sessions that came back are still watched."""
        self._written = self._returned = 0

    def write(self, store, id) -> bool:
        """Write to a session that is over; whether that has brought it back."""
        with suppress(redis.ConnectionError):
            store.touch(id)
        back = self._client.exists(self._keys.session(id)) == 1
        self._written += 1
        self._returned += back
        if back:
            self._back.append(id)
            if len(self._back) > WATCHED:
                self._client.unlink(self._keys.session(self._back.popleft()))
        return back

    def add(self, store, *, dying: bool) -> None:
        """Begin a session, cut its time short, and write to it; `dying`: the application dies after its first command."""
        id = store.create("late", role="customer")
        key = self._keys.session(id)
        self._client.pexpire(key, 1)
        eventually(lambda: not self._client.exists(key), 1)
        if dying:
            store = type(store)(self._client, self._keys, ttl=store.ttl)
            store.client = Dying(self._client)
        self.write(store, id)

    def figures(self) -> dict:
        """How many came back, and of the watched ones how many are there now, and how many of them with no TTL."""
        left = lives(self._client, self._keys, list(self._back))
        return {
            "undead": sum(ms != -2 for ms in left),
            "lasting": left.count(-1),
            "late_writes": self._written,
            "came_back": self._returned,
            "share_back": 100 * self._returned / self._written if self._written else None,
        }


class Dying:
    """A client whose application dies as soon as it has sent one command."""

    def __init__(self, client):
        self._client, self._sent = client, False

    def __getattr__(self, name):
        if self._sent:
            raise redis.ConnectionError("the application has died")
        self._sent = True
        return getattr(self._client, name)


def lives(client, keys, ids) -> list[int]:
    """What each session has left in ms; −1: it has no TTL, −2: it is gone."""
    pipeline = client.pipeline(transaction=False)
    for id in ids:
        pipeline.pttl(keys.session(id))
    return pipeline.execute()
