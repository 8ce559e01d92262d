"""Open-loop load: requests are due at set times, whether or not the earlier ones have come back."""

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from redislab.bench.window import GIVEN_UP

PATIENCE = 2.0  # s; a request that could not be sent within this time of being due is given up
LOAD = "redislab-load"  # the workers' name
SLICE = 0.05  # s; the longest sleep, so that a pause or a new rate is noticed


class Outcome(NamedTuple):
    """One request: what it was and its tags, seconds from when it was *due* to its end, and what went wrong."""

    tags: tuple[str, ...]
    seconds: float
    error: str | None = None


class OpenLoop:
    """Workers take turns: one waits for the next due time while the others are sending or waiting for their turn.

    Latency counts from the due time, so that a slow server cannot slow the clock that measures it
    (coordinated omission; G. Tene, "How NOT to Measure Latency", 2013). When every worker is busy the next request
    is late, and its lateness is part of its latency; after `patience` seconds it is given up as an error.
    """

    def __init__(self, request: Callable, gap: Callable, workers: int = 32, timer=time.perf_counter, patience=PATIENCE):
        self._request, self._gap, self.workers, self._timer = request, gap, workers, timer
        self._patience = patience
        self._random = random.Random()
        self._turn = threading.Lock()
        self._outcomes = deque()
        self._threads: list[threading.Thread] = []
        self._halted = threading.Event()
        self._due = 0.0
        self._offered = 0

    def start(self) -> None:
        self._halted = threading.Event()  # a new one: workers that have not ended yet are still to end
        self._due = self._timer()
        self._threads = [
            threading.Thread(target=self._work, args=(self._halted,), daemon=True, name=LOAD)
            for _ in range(self.workers)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Send nothing more; wait for the requests that are under way."""
        self._halted.set()
        deadline = self._timer() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - self._timer()))
        self._threads = []

    def drain(self) -> tuple[list[Outcome], int]:
        """What has ended since the last call, and how many requests fell due in the meantime."""
        ended = [self._outcomes.popleft() for _ in range(len(self._outcomes))]
        offered, self._offered = self._offered, 0
        return ended, offered

    def late(self) -> float:
        """Seconds by which the next request is overdue; below 0 while it is not due yet."""
        return self._timer() - self._due

    def discard(self) -> None:
        """Drop what has ended since `drain` was called last."""
        self.drain()

    def figures(self, window) -> dict:
        """What goes with every sample: how much was asked for, and how much came back."""
        return {
            "offered": window.recent.offered / window.seconds,
            "achieved": (window.recent.ended - window.recent.tags[GIVEN_UP]) / window.seconds,
            "errors": window.rate("error"),
            "requests": window.total.ended,
        }

    def _work(self, halted) -> None:
        while (due := self._next(halted)) is not None:
            if self._timer() - due > self._patience:
                self._outcomes.append(Outcome((GIVEN_UP,), self._patience, "given up: not sent in time"))
                continue
            error, tags = None, ("failed",)
            try:
                tags = self._request()
            except Exception as failure:  # whatever it is, it is this request's result, and the load goes on
                error = f"{type(failure).__name__}: {failure}"
            tags = (tags,) if isinstance(tags, str) else tags
            self._outcomes.append(Outcome(tags, self._timer() - due, error))

    def _next(self, halted) -> float | None:
        with self._turn:
            while (left := self._due - self._timer()) > 0 and not halted.is_set():
                time.sleep(min(left, SLICE))
            if halted.is_set():
                return None
            due = self._due
            self._due = due + self._gap(self._random)
            self._offered += 1
            return due
