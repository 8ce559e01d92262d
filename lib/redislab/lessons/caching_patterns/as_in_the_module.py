"""The module's own version, for comparison: right while nothing goes wrong."""

import json
import queue
import threading
import time


class ModuleCacheAside:
    """Cache-aside as the module has it, except for its SQL.

    No lease, no jitter, nothing stored for missing records, and no answer when Redis fails: with
    redis-py's default client a read then hangs for seconds and raises. `Resilient` mends all four.
    """

    def __init__(self, client, source, keys, *, ttl=3600.0):
        self.client, self.source, self.keys, self.ttl = client, source, keys, ttl

    def get(self, id) -> dict | None:
        key = self.keys.entity(self.source.kind, id)
        cached = self.client.get(key)
        return json.loads(cached) if cached else self.load(key, id)

    def put(self, id, record) -> None:
        self.source.save(id, record)
        self.client.delete(self.keys.entity(self.source.kind, id))

    def load(self, key, id) -> dict | None:
        record = self.source.find(id)
        if record:
            self.client.set(key, json.dumps(record), px=round(1000 * self.ttl))
        return record


class ModuleRefreshAhead(ModuleCacheAside):
    """Refresh-ahead as the module has it, except for its SQL, and for its `create_task`.

    That call needs a running event loop; in the synchronous code around it, it raises for every entry in the last
    fifth of its life, which is to say that cached reads fail. Here a thread does what the task was meant to do.

    GET and TTL are two round trips. TTL counts whole seconds, so that an entry with less than half a second left has
    0 and is not refreshed, and with a TTL of 5 s or less none ever is. Nothing keeps readers from refreshing the same
    entry at once, nor a refresh from storing what a writer has replaced. `RefreshAhead` mends all of it.
    """

    def __init__(self, client, source, keys, *, ttl=3600.0, threshold=0.2):
        super().__init__(client, source, keys, ttl=ttl)
        self.threshold = threshold

    def get(self, id) -> dict | None:
        key = self.keys.entity(self.source.kind, id)
        cached = self.client.get(key)
        if not cached:
            return self.load(key, id)
        if 0 < self.client.ttl(key) < self.ttl * self.threshold:
            threading.Thread(target=self._refresh, args=(key, id), daemon=True).start()
        return json.loads(cached)

    def _refresh(self, key, id) -> None:
        try:
            self.load(key, id)
        except Exception:
            pass  # the module prints it


class ModuleWriteBehind(ModuleCacheAside):
    """Write-behind as the module has it, except for its SQL, and made to run at all.

    The module starts an asyncio task from synchronous code, which raises, and reads the queue without importing
    `Empty`, of which its worker would die. Here a thread does what the task was meant to do. What is as the module has
    it: the queue lives in the application and dies with it; it has no bound; the time of a batch counts from the last
    flush, so that after a pause the first write goes alone; and a batch that fails is dropped. The entry expires after
    its TTL, whether the database has it or not. `WriteBehind` mends all of it.

    Args:
        batch: writes in one flush, at most.
        every: seconds since the last flush after which the next one goes.
    """

    def __init__(self, client, source, keys, *, ttl=3600.0, batch=100, every=5.0):
        super().__init__(client, source, keys, ttl=ttl)
        self.batch, self.every = batch, every
        self.queue, self._last, self._lock = queue.Queue(), 0, threading.Lock()
        self._halted, self._thread = threading.Event(), None

    def put(self, id, record) -> int:
        """Cache and queue the record; its version is this process's time in µs, and grows."""
        with self._lock:
            self._last = version = max(self._last + 1, time.time_ns() // 1000)
            if self._thread is None:
                thread = threading.Thread(target=self._work, daemon=True)
                thread.start()
                self._thread = thread  # only now: one that has not begun cannot be joined
        record = {**record, "id": id, "version": version}
        self.client.set(self.keys.entity(self.source.kind, id), json.dumps(record), px=round(1000 * self.ttl))
        self.queue.put(record)
        return version

    def close(self) -> None:
        """End the thread; what is in the queue is lost, as the module has it."""
        self._halted.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        batch, flushed = [], time.monotonic()
        while not self._halted.is_set():
            try:
                batch.append(self.queue.get(timeout=0.1))
            except queue.Empty:
                pass
            if batch and (len(batch) >= self.batch or time.monotonic() - flushed >= self.every):
                try:
                    self.source.save_many(batch)
                except Exception:
                    pass  # the module prints it
                batch, flushed = [], time.monotonic()
