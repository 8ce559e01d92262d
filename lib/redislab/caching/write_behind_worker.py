"""A worker for write-behind that outlasts failures: of the database, of Redis, of other workers, and of single records."""

import random
import threading
import time
import warnings

from redislab.caching.backlog import Message
from redislab.caching.batch_worker import BatchWorker
from redislab.caching.checked import count, seconds
from redislab.caching.write_behind import WriteBehind
from redislab.errors import LostBacklogError
from redislab.keys.replies import UNREACHABLE


class WriteBehindWorker(BatchWorker):
    """A BatchWorker that keeps trying; any number of them may share the work.

        with WriteBehindWorker(users, batch=100, linger=0.05):
            ...

    A batch that fails is tried again, after pauses that double. After `attempts` its writes are tried one by one, and
    those that still fail become dead letters, which `replay` brings back. So `attempts` and `backoff` should outlast a
    usual outage of the database.

    What a killed worker had read is claimed by another after `min_idle` seconds. A worker that was only slow loses its
    batch in the same way; it is then saved twice, which changes nothing. If Redis fails, or comes back empty, the worker
    keeps trying; if the stream is gone, it warns, counts that, and goes on with a new one.

    Args:
        attempts: how often a batch is tried as a whole.
        backoff, longest: seconds of the first pause after a failure, and of the longest.
        min_idle: seconds after which a write that another worker has read is taken over; more than a batch takes.
        options: of BatchWorker.

    Attributes:
        failure: what went wrong last, in the database or in Redis; None after a success.
        losses: how often the stream was found to be gone, with what waited in it.
    """

    attempts, backoff, longest, min_idle = count(), seconds(), seconds(), seconds()

    def __init__(
        self, writes: WriteBehind, *, batch=100, attempts=8, backoff=0.1, longest=10.0, min_idle=10.0, **options
    ):  # fmt: skip
        super().__init__(writes, batch=batch, **options)
        self.attempts, self.backoff, self.longest, self.min_idle = attempts, backoff, longest, min_idle
        self.failure, self.losses, self._failures, self._next_claim = None, 0, 0, 0.0

    def run(self, until: threading.Event) -> None:
        """Work in this thread until the event is set; nothing but that ends it."""
        while not until.is_set():
            try:
                self._next_claim = 0.0
                super().run(until)
            except Exception as failure:  # Redis is down, or came back without the group
                self.failure = failure
                if isinstance(failure, LostBacklogError):
                    self._report(failure)
                self._failures += 1
                until.wait(self._pause(self._failures))

    def work(self, until) -> None:
        if messages := self._abandoned() or self.collect(until):
            self._persist(messages, until)
        self._failures = 0

    def more(self, count: int) -> list[Message]:
        try:
            return super().more(count)
        except (*UNREACHABLE, LostBacklogError):
            return []  # what has been read can still be saved

    def replay(self) -> int:
        """Save the dead letters, oldest first; how many are now in the database. Those that fail again stay."""
        replayed, last = 0, "-"
        while letters := self.backlog.dead_letters(self.batch, after=last):
            last = letters[-1].id
            saved = letters if self.saves(letters) else [letter for letter in letters if self.saves([letter])]
            if saved:
                replayed += self.backlog.settle(saved, self.writes.life_ms, stream=self.backlog.dead)
        return replayed

    def saves(self, messages: list[Message]) -> bool:
        """Save them; False: they are not in the database, and `failure` says why."""
        try:
            self.save(messages)
        except Exception as failure:  # whatever it is
            self.failure = failure
            return False
        self.failure = None
        return True

    def _abandoned(self) -> list[Message]:
        """What others, or this one before an error, have read and not settled. Asked for until there is none."""
        if time.monotonic() < self._next_claim:
            return []
        messages = self.backlog.claim(self.name, self.min_idle, self.batch)
        if not messages:
            self._next_claim = time.monotonic() + self.min_idle / 2
            self.backlog.tidy(max(60.0, 10 * self.min_idle))
        return messages

    def _persist(self, messages: list[Message], until) -> None:
        for attempt in range(self.attempts):
            if attempt and until.wait(self._pause(attempt)):
                return  # still pending: the next worker will claim it
            if self.saves(messages):
                self.backlog.settle(messages, self.writes.life_ms)
                return
        for message in messages:
            if until.is_set():
                return
            self._save_or_bury(message)

    def _save_or_bury(self, message: Message) -> None:
        if self.saves([message]):
            self.backlog.settle([message], self.writes.life_ms)
        else:
            self.backlog.bury(message, f"{type(self.failure).__name__}: {self.failure}")

    def _report(self, loss: LostBacklogError) -> None:
        self.losses += 1
        warnings.warn(str(loss), RuntimeWarning, stacklevel=2)

    def _pause(self, failures: int) -> float:
        return min(self.longest, self.backoff * 2 ** min(failures - 1, 30)) * random.uniform(0.5, 1.0)
