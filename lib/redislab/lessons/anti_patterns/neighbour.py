"""A neighbour of the load: PINGs from a process of their own, timed by two clocks."""

import functools
import math
import queue
import threading
import time
from collections import deque

from redislab.bench import Experiment, number
from redislab.bench.application import Application
from redislab.lessons.anti_patterns.filler import Filler
from redislab.world.scheduling import take_short_turns
from redislab.world.servers import Server

DUE, CLOSED = "due", "closed"
RATE = 200.0  # /s, of each clock's PINGs
SPAN = 6.0  # s over which percentiles are taken
KEPT = 30.0  # s
IDLE = 5.0  # s without a question until it rests


class Pinger:
    """PINGs by two clocks, with a connection each. It rests while they are not taken.

    due: a PING every 5 ms, whether or not the one before has been answered; its latency counts from when it was due, so that
    no PING is late because of another.
    closed: the next PING follows 5 ms after the answer to the last; its latency counts from when it was sent. While the server
    stands still it sends nothing, so that a long stall is one slow PING among hundreds (coordinated omission).
    """

    def __init__(self, url: str, rate: float):
        take_short_turns()
        self._server, self._pause, self._lock = Server(url), 1 / rate, threading.Lock()
        self._pings, self._taken, self._awake = {DUE: [], CLOSED: []}, time.monotonic(), threading.Event()
        for clock in (self._on_time, self._in_turn):
            threading.Thread(target=clock, args=(self._connection(),), daemon=True).start()

    def take(self) -> dict[str, list[tuple[float, float]]]:
        """(when it began, seconds that it took) of each PING since the last call, by clock."""
        with self._lock:
            taken, self._pings = self._pings, {DUE: [], CLOSED: []}
        self._taken = time.monotonic()
        self._awake.set()
        return taken

    def _on_time(self, connection) -> None:
        under_way, due = queue.SimpleQueue(), time.monotonic()
        threading.Thread(target=self._answers, args=(connection, under_way), daemon=True).start()
        while True:
            due = max(due + self._pause, self._wanted())
            time.sleep(max(0.0, due - time.monotonic()))
            connection.send_command("PING")
            under_way.put(due)

    def _answers(self, connection, under_way) -> None:
        """They come in the order of the PINGs."""
        while True:
            began = under_way.get()
            connection.read_response()
            self._note(DUE, began)

    def _in_turn(self, connection) -> None:
        while True:
            time.sleep(self._pause)
            began = max(time.monotonic(), self._wanted())
            connection.send_command("PING")
            connection.read_response()
            self._note(CLOSED, began)

    def _note(self, clock: str, began: float) -> None:
        with self._lock:
            self._pings[clock].append((began, time.monotonic() - began))

    def _wanted(self) -> float:
        """Rest while the PINGs are not taken. Returns the end of the rest, before which none was due; 0 if there was none."""
        if time.monotonic() - self._taken < IDLE:
            return 0.0
        self._awake.clear()
        self._awake.wait()
        return time.monotonic()

    def _connection(self):
        client = self._server.client(max_connections=1, socket_timeout=60)
        node = client.get_redis_connection(client.get_nodes()[0]) if self._server.cluster else client
        return node.connection_pool.get_connection()


class Neighbour:
    """The lab's side of a `Pinger`, which takes about a second to start: the last half minute of its PINGs.

        neighbour = Neighbour(lab.server)
        neighbour.look()
        neighbour.percentile(DUE, 99), neighbour.percentile(CLOSED, 99)

    Times are those of time.monotonic(), latencies are given in ms; None where there was no PING.
    """

    def __init__(self, server, rate: float = RATE):
        self._process = Application(functools.partial(Pinger, server.url, rate))
        self._pings, self._lock, self._closed = {DUE: deque(), CLOSED: deque()}, threading.Lock(), False
        self._process.call("take")  # the first ones had to connect

    def look(self) -> float | None:
        """Take in what has come since the last look; returns the longest latency in it, counted from the due time."""
        try:
            new, oldest = self._process.call("take"), time.monotonic() - KEPT
        except ConnectionError:
            if self._closed:
                return None  # by another thread, in the meantime
            raise
        with self._lock:
            for clock, pings in self._pings.items():
                pings.extend(new[clock])
                while pings and pings[0][0] < oldest:
                    pings.popleft()
        return max((1e3 * seconds for _, seconds in new[DUE]), default=None)

    def forget(self) -> None:
        """Drop all PINGs so far: they were sent under other circumstances."""
        self.look()
        with self._lock:
            self._pings = {DUE: deque(), CLOSED: deque()}

    def between(self, clock: str, since: float, until: float = math.inf) -> list[tuple[float, float]]:
        """(when it began, its latency in ms) of each PING that began in that time."""
        with self._lock:
            return [(began, 1e3 * seconds) for began, seconds in self._pings[clock] if since <= began <= until]

    def percentile(
        self, clock: str, percentile: float, since: float | None = None, until: float = math.inf
    ) -> float | None:
        """Of the PINGs of the last `SPAN` seconds, or of those that began in the time that is given."""
        since = time.monotonic() - SPAN if since is None else since
        ranked = sorted(latency for _, latency in self.between(clock, since, until))
        return ranked[max(0, math.ceil(len(ranked) * percentile / 100) - 1)] if ranked else None

    def percentiles(self, clock: str = DUE, since: float | None = None, until: float = math.inf) -> dict:
        """`{"p50": …, "p99": …}` of the same."""
        return {f"p{percentile}": self.percentile(clock, percentile, since, until) for percentile in (50, 99)}

    def close(self) -> None:
        self._closed = True
        self._process.close()


class Crowded(Experiment):
    """On a private server with many keys, and a neighbour; what `took` long leaves the neighbour as long again in peace."""

    keys = number(100_000, 1000, 1_000_000, label="Keys", log=True, integer=True, help="written by a script, in chunks")

    waiting = "The keys are being written; then it begins."
    workers = 1
    patience = 60.0  # s: what is asked takes as long as it takes
    took = 0.0  # s, of the last request

    def setup(self, lab):
        self.server = lab.private_server()
        self.client = self.server.client(socket_timeout=60)
        self.filler = self.owned(Filler(self.server.client(socket_timeout=60)))
        self.neighbour = self.owned(Neighbour(self.server))

    def gap(self, random):
        return max(1 / self.rate, 2 * self.took)

    def status(self):
        held = self.filler.made
        text = f"{held:,} of {self.keys:,} keys written"
        return {"held": held, "progress": self.filler.share, "progress_text": text}
