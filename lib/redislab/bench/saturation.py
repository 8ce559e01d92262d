"""Whether a load is held up by what sends it, and not by Redis: then its figures say nothing of the server."""

import time
from concurrent.futures import Executor
from dataclasses import dataclass

import redis

from redislab.bench.window import GIVEN_UP, Slot
from redislab.bench.worker_pool import BUSY, main_thread_seconds

LATE = 0.25  # s behind its time, from which on a load does not keep up
AGAIN = 1.0  # s, at least, between two looks at the server
FAR = 0.4  # of a core: a server that is busy for less than that is far from its limit
PROMPT = 0.25  # of the time that a request takes: a question that is answered within that has not had to queue


@dataclass(frozen=True)
class Look:
    """What has been used up by a moment: seconds of processor of this process and of the server, and how long its answer took."""

    at: float
    bench: float
    server: float
    took: float

    @classmethod
    def at_server(cls, client) -> "Look":
        began = time.perf_counter()
        server = main_thread_seconds(client)
        return cls(began, time.process_time(), server, time.perf_counter() - began)


class Saturation:
    """Watches one load. The server is asked only while requests are late all the time; so, as a rule, never.

    Args:
        load: an OpenLoop.
        server: what it is sent to (redislab.world.Server); a cluster is not asked.
        beside: runs what waits for the server.
    """

    def __init__(self, load, server, beside: Executor):
        self._load, self._server, self._beside = load, server, beside
        self._behind_since, self._client, self._asked = None, None, None
        self._looks: list[Look] = []
        self._ended, self.said = 0, ""

    def look(self, interval: Slot) -> str:
        """At every sample, with what has ended since the last. Returns what there is to say, "" as a rule."""
        if self._server.cluster or self._load.late() < LATE:
            self._behind_since, self._looks, self._ended, self.said = None, [], 0, ""
            return ""
        self._ended += interval.ended - interval.tags[GIVEN_UP]
        waits = self._asked is not None and not self._asked.done()
        if not waits and (not self._looks or time.perf_counter() - self._looks[-1].at > AGAIN):
            self._asked = self._beside.submit(self._ask, self._looks, self._ended)
            self._ended = 0
        return self.said

    def _ask(self, looks: list[Look], ended: int) -> None:
        """Two looks that follow each other, with the load late all the while, make a judgement."""
        try:
            self._client = self._client or self._server.client(max_connections=1, socket_timeout=5)
            look = Look.at_server(self._client)
        except (redis.RedisError, OSError, KeyError):
            looks.clear()  # it may not be asked, or is gone: nothing is known
            return
        if looks:
            self.said = self._judged(looks[-1], look, ended) if looks is self._looks else self.said
        looks.append(look)

    def _judged(self, before: Look, now: Look, ended: int) -> str:
        seconds = now.at - before.at
        bench, server = (now.bench - before.bench) / seconds, (now.server - before.server) / seconds
        workers = self._load.workers
        each = workers * seconds / max(1, ended)  # s that a request is under way: all workers are
        if server >= FAR:
            return ""
        idle = f"Redis is busy for {100 * server:.0f} % of the time"
        if bench >= BUSY:
            return (
                f"It is this panel’s own process that cannot send more: it uses {100 * bench:.0f} % of a core, while {idle}; "
                "lower the rate, for these latencies are not Redis’s."
            )
        if max(before.took, now.took) < PROMPT * each:
            many = f"all {workers} senders are busy" if workers > 1 else "the only sender is busy"
            return (
                f"It is this panel that cannot send more, because {many} for {1e3 * each:,.0f} ms a request, while {idle} and "
                "answers others immediately; these latencies are not Redis’s."
            )
        return ""
