"""The worker behind write-behind: from the stream to the database, in batches, until it has succeeded."""

import random
import secrets
import threading
import time

import redis

from redislab.caching.backlog import Message
from redislab.caching.write_behind import WriteBehind


class WriteBehindWorker:
    """Brings what a WriteBehind has accepted to its source; any number of workers may share the work.

        with WriteBehindWorker(users, batch=100, linger=0.05):
            ...

    A batch goes when it is full, or `linger` seconds after its first write was read: one transaction, with one row for
    each id. One that fails is tried again, after pauses that double; after `attempts` its writes are tried one by one,
    and those that still fail become dead letters, which `replay` brings back. So `attempts` and `backoff` should outlast
    a usual outage of the database.

    A write leaves the stream once the database has it. What a killed worker had read stays pending, and another one
    claims it after `min_idle` seconds; so does one that was just slow, and then a batch is saved twice, which changes
    nothing. Redis may fail, or come back empty: the worker keeps trying. `stop` ends it between two transactions.

    Args:
        batch: writes in one transaction, at most.
        linger: seconds that the first write of a batch waits for others.
        coalesce: save only the newest write of each id in a batch.
        attempts: how often a batch is tried as a whole.
        backoff, longest: seconds of the first pause after a failure, and of the longest.
        min_idle: seconds after which a write that another worker has read is taken over; more than a batch takes.
        block: seconds that a read waits for news, at most; less than the client's `socket_timeout`.

    Attributes:
        failure: what went wrong last, in the database or in Redis; None after a success.
    """

    def __init__(
        self, writes: WriteBehind, *,
        batch=100, linger=0.05, coalesce=True, attempts=8, backoff=0.1, longest=10.0, min_idle=10.0, block=0.05,
    ):  # fmt: skip
        if batch < 1 or attempts < 1:
            raise ValueError(f"batch={batch} and attempts={attempts} have to be 1 or more.")
        self.writes, self.backlog = writes, writes.backlog
        self.batch, self.linger, self.coalesce = batch, linger, coalesce
        self.attempts, self.backoff, self.longest = attempts, backoff, longest
        self.min_idle, self.block = min_idle, block
        self.name, self.failure = secrets.token_hex(8), None
        self._halted, self._thread, self._next_claim = threading.Event(), None, 0.0

    def __enter__(self) -> "WriteBehindWorker":
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def start(self) -> None:
        """Work in a thread of its own."""
        self._halted.clear()
        self._thread = threading.Thread(target=self.run, args=(self._halted,), daemon=True, name="write-behind")
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """End the thread after the transaction that is under way; what is left waits in the stream."""
        self._halted.set()
        self._thread.join(timeout)
        try:
            if not self._thread.is_alive():
                self.backlog.leave(self.name)
        except redis.RedisError:
            pass  # an idle name in the group does no harm

    def run(self, until: threading.Event) -> None:
        """Work in this thread until the event is set."""
        opened, failures = False, 0
        while not until.is_set():
            try:
                if not opened:
                    self.backlog.open()
                    opened, self._next_claim = True, 0.0
                self._turn(until)
                failures = 0
            except (
                Exception
            ) as failure:  # Redis is down, or came back without the group; a worker that dies helps nobody
                opened, self.failure, failures = False, failure, failures + 1
                until.wait(self._pause(failures))

    def replay(self) -> int:
        """Save the dead letters, oldest first; how many are now in the database. Those that fail again stay."""
        replayed, last = 0, "-"
        while letters := self.backlog.dead_letters(self.batch, after=last):
            last = letters[-1].id
            saved = letters if self._save(letters) else [letter for letter in letters if self._save([letter])]
            if saved:
                replayed += self.backlog.settle(saved, self.writes.life_ms, stream=self.backlog.dead)
        return replayed

    def _turn(self, until) -> None:
        messages = self._abandoned() or self._collect(until)
        if messages:
            self._persist(messages, until)

    def _abandoned(self) -> list[Message]:
        """What others, or this one before an error, have read and not settled. Asked for until there is none."""
        if time.monotonic() < self._next_claim:
            return []
        messages = self.backlog.claim(self.name, self.min_idle, self.batch)
        if not messages:
            self._next_claim = time.monotonic() + self.min_idle / 2
        return messages

    def _collect(self, until) -> list[Message]:
        """A batch: full, or as full as it gets within `linger` of its first write."""
        messages = self.backlog.read(self.name, self.batch, block_ms=max(1, round(1000 * self.block)))
        deadline, pause = time.monotonic() + self.linger, min(max(0.001, self.linger / 10), self.block)
        while messages and len(messages) < self.batch and (left := deadline - time.monotonic()) > 0:
            if until.wait(min(left, pause)):
                break
            try:
                messages += self.backlog.read(self.name, self.batch - len(messages))
            except redis.RedisError:
                break  # what is at hand can still be saved
        return messages

    def _persist(self, messages: list[Message], until) -> None:
        for attempt in range(self.attempts):
            if attempt and until.wait(self._pause(attempt)):
                return  # still pending: whoever works next will claim it
            if self._save(messages):
                self.backlog.settle(messages, self.writes.life_ms)
                return
        for message in messages:
            if until.is_set():
                return
            if self._save([message]):
                self.backlog.settle([message], self.writes.life_ms)
            else:
                self.backlog.bury(message, f"{type(self.failure).__name__}: {self.failure}")

    def _save(self, messages: list[Message]) -> bool:
        try:
            records = sorted((message.record for message in messages), key=lambda record: record["version"])
            newest = {record["id"]: record for record in records}
            self.writes.source.save_many(list(newest.values()) if self.coalesce else records)
        except Exception as failure:  # whatever it is, these are not in the database
            self.failure = failure
            return False
        self.failure = None
        return True

    def _pause(self, failures: int) -> float:
        return min(self.longest, self.backoff * 2 ** min(failures - 1, 30)) * random.uniform(0.5, 1.0)
