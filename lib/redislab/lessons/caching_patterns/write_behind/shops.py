"""The application that the lab kills: it accepts writes, and what saves them lives inside it."""

import json
import os
from collections import deque

from redislab.caching import WriteBehind, WriteBehindWorker
from redislab.keys import KeyNamespace
from redislab.lessons.caching_patterns.as_in_the_module import ModuleWriteBehind
from redislab.world import Lab

LIMIT = 5000  # writes that may wait in the stream


class Shop:
    """What both applications have in common. A subclass makes `cache`, the pattern that takes the writes, and says how many
    are `queued`, waiting to be saved.
    """

    def __init__(self, address, prefix: str, settings: dict):
        lab = Lab.attach(address)
        self.redis, self.database = lab.client(), lab.open_database()
        self.users = self.database.users
        self.open(KeyNamespace(prefix))
        self.tune(settings)

    def put(self, id, record) -> int:
        return self.cache.put(id, record)

    def tune(self, settings: dict) -> None:
        """Follow the lab's knobs; `down` fails every transaction."""
        self.database.added_latency, self.database.failing = settings["db_ms"] / 1e3, settings["down"]

    def state(self) -> dict:
        """What this process has counted since it was started, and the (id, version) of writes dropped since the last call."""
        return {
            "process": os.getpid(),
            "statements": self.database.statements["save"],
            "transactions": self.database.transactions,
            "dead": 0,
            "dropped": [],
        }

    def kept(self) -> dict:
        """The newest version, by id, of the writes that Redis keeps for the database."""
        return {}

    def replay(self) -> None:
        """Save the dead letters, if there are any."""


class StreamShop(Shop):
    """Accepted writes wait in a Redis Stream."""

    def open(self, keys) -> None:
        self.cache = WriteBehind(self.redis, self.users, keys, limit=LIMIT, patience=0.2)
        self.worker = WriteBehindWorker(self.cache, attempts=4, backoff=0.1, min_idle=1.0)
        self.worker.start()

    def tune(self, settings: dict) -> None:
        super().tune(settings)
        self.worker.batch, self.worker.linger = settings["batch"], settings["flush_ms"] / 1e3
        self.worker.coalesce = settings["coalescing"]

    def state(self) -> dict:
        return super().state() | {"dead": self.cache.backlog.letters}

    def queued(self) -> int:
        return self.cache.backlog.waiting

    def kept(self) -> dict:
        streams = (self.cache.backlog.stream, self.cache.backlog.dead)
        entries = [fields for stream in streams for _, fields in self.redis.xrange(stream)]
        records = sorted((json.loads(fields["record"]) for fields in entries), key=lambda record: record["version"])
        return {record["id"]: record["version"] for record in records}

    def replay(self) -> None:
        self.worker.replay()


class ModuleShop(Shop):
    """Accepted writes wait in a queue inside the process, as in the module.

    It stands between the pattern and the table, to note the batches that the module drops without a word.
    """

    def open(self, keys) -> None:
        self.dropped = deque()
        self.kind, self.find = self.users.kind, self.users.find
        self.cache = ModuleWriteBehind(self.redis, self, keys)

    def save_many(self, records) -> None:
        try:
            self.users.save_many(records)
        except Exception:
            self.dropped.extend((record["id"], record["version"]) for record in records)
            raise

    def tune(self, settings: dict) -> None:
        super().tune(settings)
        self.cache.batch, self.cache.every = settings["batch"], settings["flush_ms"] / 1e3

    def state(self) -> dict:
        return super().state() | {"dropped": [self.dropped.popleft() for _ in range(len(self.dropped))]}

    def queued(self) -> int:
        return self.cache.queue.qsize()
