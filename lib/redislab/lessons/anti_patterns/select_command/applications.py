"""Two applications that write into a database each, from threads that write for both."""

import itertools
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

from redislab.bench import Timings
from redislab.keys import KeyNamespace

ONCE, EACH, DB, PREFIX = "select(), once", "select(), each time", "db=", "prefixes"
WAYS = (ONCE, EACH, DB, PREFIX)
TTL = 10.0  # s, of what is written
MOST = 16  # threads


class Applications:
    """Application 0 means its keys for database 0, application 1 for database 1; with prefixes, both for database 0.

    Attributes:
        databases: a client of each database, that is used for nothing else.
        timings: of the writes, by how the applications are kept apart.
    """

    def __init__(self, server):
        self._server, self._serial, self._threads = server, itertools.count(), ThreadPoolExecutor(MOST)
        self.databases = [server.client(db=db, max_connections=MOST, socket_timeout=10) for db in (0, 1)]
        self.timings = Timings(last=500)

    def close(self) -> None:
        self._threads.shutdown()

    def start(self, way: str) -> None:
        """Begin without a key, kept apart in one of the `WAYS`."""
        self._way, self._written = way, deque()
        for client in self.databases:
            client.flushdb()
        self._shared = self._server.client(max_connections=MOST)
        self._shared.select(1)  # on one connection of its pool, the first; each later one begins in database 0

    def write(self, threads: int) -> tuple[int, int]:
        """Four keys from each thread, all at the same time; how many these are, and how many are not where they were meant to be."""
        batches = self._threads.map(lambda _: [self._write(app) for app in (0, 1, 0, 1)], range(threads))
        keys = [written for batch in batches for written in batch]
        self._written.append((time.monotonic(), len(keys) // 2))
        return len(keys), sum(self._missing(app, [key for by, key in keys if by == app]) for app in (0, 1))

    def meant(self) -> tuple[int, int]:
        """How many living keys are meant for each database."""
        while self._written and time.monotonic() - self._written[0][0] > TTL:
            self._written.popleft()
        each = sum(count for _, count in list(self._written))
        return (2 * each, 0) if self._way == PREFIX else (each, each)

    def _write(self, app: int) -> tuple[int, str]:
        key = KeyNamespace(f"app{app}" if self._way == PREFIX else "shop").entity("cart", next(self._serial))
        client = self._client_of(app)
        with self.timings.of(self._way):
            if self._way == EACH:
                client.select(app)  # the next command may have another connection
            client.set(key, "x", px=round(1000 * TTL))
        return app, key

    def _client_of(self, app: int):
        if self._way == DB:
            return self.databases[app]
        if self._way == EACH or (self._way == ONCE and app):
            return self._shared
        return self.databases[0]

    def _missing(self, app: int, keys: list[str]) -> int:
        with self.databases[0 if self._way == PREFIX else app].pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.exists(key)
            return pipeline.execute().count(0)
