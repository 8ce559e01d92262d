"""The idea of write-behind's worker: read a batch, save it in one transaction, settle it."""

import contextlib
import secrets
import threading
import time

from redislab.caching.backlog import Message
from redislab.caching.checked import count, seconds
from redislab.caching.write_behind import WriteBehind
from redislab.keys.replies import UNREACHABLE


class BatchWorker:
    """Saves what a WriteBehind has accepted, a batch at a time, in a thread of its own.

        with BatchWorker(users, batch=100, linger=0.05):
            ...

    A batch is saved when it is full, or `linger` seconds after its first write was read: one transaction, with one row
    for each id. A write leaves the stream only once the database has it; what a killed worker had read stays pending.
    The first failure ends the thread. `WriteBehindWorker` adds what a real one needs: retries, dead letters, and taking
    over from workers that died.

    Args:
        batch: writes in one transaction, at most.
        linger: seconds that the first write of a batch waits for others.
        coalesce: save only the newest write of each id in a batch.
        block: seconds that a read waits for new writes, at most; less than the client's `socket_timeout`.
    """

    batch, linger, block = count(), seconds(), seconds()

    def __init__(self, writes: WriteBehind, *, batch=100, linger=0.05, coalesce=True, block=0.05):
        self.writes, self.backlog = writes, writes.backlog
        self.batch, self.linger, self.coalesce, self.block = batch, linger, coalesce, block
        self.name = secrets.token_hex(8)
        self._halted, self._thread = threading.Event(), None

    def run(self, until: threading.Event) -> None:
        """Work in this thread until the event is set."""
        self.backlog.open()
        while not until.is_set():
            self.work(until)

    def work(self, until) -> None:
        if messages := self.collect(until):
            self.save(messages)
            self.backlog.settle(messages, self.writes.life_ms)

    def collect(self, until) -> list[Message]:
        """A batch: full, or as full as it gets within `linger` of its first write."""
        messages = self.backlog.read(self.name, self.batch, block_ms=max(1, round(1000 * self.block)))
        deadline = time.monotonic() + self.linger
        while messages and len(messages) < self.batch and (left := deadline - time.monotonic()) > 0:
            if until.wait(min(left, self.block, max(0.001, self.linger / 10))):
                break
            messages += self.more(self.batch - len(messages))
        return messages

    def more(self, count: int) -> list[Message]:
        return self.backlog.read(self.name, count)

    def save(self, messages: list[Message]) -> None:
        records = sorted((message.record for message in messages), key=lambda record: record["version"])
        newest = {record["id"]: record for record in records}
        self.writes.source.save_many(list(newest.values()) if self.coalesce else records)

    def start(self) -> None:
        """Start the thread, unless it runs already."""
        if self._thread is None or not self._thread.is_alive() or self._halted.is_set():
            self._halted = threading.Event()  # a new one: a thread that has not ended yet is still to end
            thread = threading.Thread(target=self.run, args=(self._halted,), daemon=True, name="write-behind")
            thread.start()
            self._thread = thread  # only now: one that has not begun cannot be joined

    def stop(self, timeout: float = 10.0) -> None:
        """End the thread after the transaction that is under way; what is left waits in the stream."""
        if self._thread is None:
            return
        self._halted.set()
        self._thread.join(timeout)
        if not self._thread.is_alive():
            with contextlib.suppress(*UNREACHABLE):  # an idle name in the group does no harm
                self.backlog.leave(self.name)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop()
