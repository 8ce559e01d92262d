"""The application of the arena: four patterns, each with keys, rows and a handle on the database of its own."""

import functools
import os
import threading

from redislab.bench import WatchedTable
from redislab.caching import RefreshAhead, Resilient, WriteBehind, WriteBehindWorker, WriteThrough
from redislab.caching.write_through import CACHE_FIRST
from redislab.keys import KeyNamespace
from redislab.lessons.caching_patterns.as_in_the_module import ModuleCacheAside, ModuleRefreshAhead, ModuleWriteBehind
from redislab.world import Lab


class Contender:
    """One pattern, in two versions: `ours`, and the module's."""

    name = ""
    ours = modules = None

    def __init__(self, lab, is_ours: bool):
        self.is_ours, self.keys = is_ours, KeyNamespace(f"{lab.prefix}:{self.name}")
        self.database = lab.open_database()
        self.table = WatchedTable(self.database.users)

    def connect(self, client) -> None:
        self.cache = (self.ours if self.is_ours else self.modules)(client, self.table, self.keys)

    def put(self, id, record) -> int:
        """Write a row; the version that it was given."""
        return self.cache.put(id, record) or self.table.newest(id)

    def queued(self) -> int:
        """Acknowledged writes that are not in the database yet."""
        return 0

    def close(self) -> None:
        """End what runs in the background."""


class CacheAsideContender(Contender):
    name = "cache-aside"
    ours, modules = Resilient, ModuleCacheAside


class WriteThroughContender(Contender):
    name = "write-through"
    ours, modules = WriteThrough, functools.partial(WriteThrough, order=CACHE_FIRST)


class WriteBehindContender(Contender):
    """Accepts a write in Redis, or in the process's own queue, and saves it later."""

    name = "write-behind"
    ours, modules = WriteBehind, ModuleWriteBehind

    def connect(self, client) -> None:
        super().connect(client)
        if self.is_ours:
            self.worker = WriteBehindWorker(self.cache, min_idle=1.0)
            self.worker.start()

    def queued(self) -> int:
        return self.cache.backlog.waiting if self.is_ours else self.cache.queue.qsize()

    def close(self) -> None:
        if self.is_ours:
            self.worker.stop()
        else:
            self.cache.close()


class RefreshAheadContender(Contender):
    name = "refresh-ahead"
    ours, modules = RefreshAhead, ModuleRefreshAhead

    def close(self) -> None:
        if self.is_ours:
            self.cache.close()


CONTENDERS = (CacheAsideContender, WriteThroughContender, WriteBehindContender, RefreshAheadContender)


class Shop:
    """Takes requests for any of the four, as many at a time as it has threads."""

    def __init__(self, address, is_ours: bool):
        self.lab = Lab.attach(address)
        self.contenders = {contender.name: contender(self.lab, is_ours) for contender in CONTENDERS}
        self.connected = False

    def connect(self, via) -> None:
        """Reach Redis through this network delay, or directly."""
        client = self.lab.client(via=via, max_connections=128)
        for contender in self.contenders.values():
            if self.connected:
                contender.close()
            contender.connect(client)
        self.connected = True

    def tune(self, ttl: float, db_ms: float, threads: int) -> None:
        self.free_threads = threading.BoundedSemaphore(threads)
        for contender in self.contenders.values():
            contender.database.added_latency, contender.cache.ttl = db_ms / 1e3, ttl

    def get(self, name: str, id: int) -> str:
        """Read a row with the pattern `name`: its city."""
        with self.free_threads:
            return self.contenders[name].cache.get(id)["city"]

    def put(self, name: str, id: int, city: str) -> int:
        record = {"id": id, "name": "Ada", "email": "ada@example.com", "city": city, "plan": "free", "version": 0}
        with self.free_threads:
            return self.contenders[name].put(id, record)

    def state(self) -> dict:
        """What this process has sent to the database since it was started, by pattern, and what is queued."""
        calls = {name: sum(each.database.statements.values()) for name, each in self.contenders.items()}
        return {"process": os.getpid(), "calls": calls, "queued": self.queued() if self.connected else 0}

    def queued(self) -> int:
        return sum(contender.queued() for contender in self.contenders.values())
