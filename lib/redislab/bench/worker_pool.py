"""A closed-loop load in as many processes as there are cores, and what bounded it."""

import functools
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from redislab.bench.application import Application
from redislab.world.scheduling import cores

BUSY = 0.75  # of a core: more than that, beside everything else on the machine, is at its limit


class Round(NamedTuple):
    """What all workers did together.

    Attributes:
        counts: their results, added up.
        seconds: how long the slowest took.
        client, server: the share of a core that a worker's process, and the server's main thread, was busy.
        machine: the share of all cores that these were, together.
    """

    counts: Counter
    seconds: float
    client: float
    server: float
    machine: float

    @property
    def bound(self) -> str:
        """What kept it from being faster: "client", "server" or "network"; the latter is all waiting, the proxy's too."""
        most = "client" if self.client > self.server else "server"
        return most if max(self.client, self.server, self.machine) > BUSY else "network"

    def __str__(self) -> str:
        return (
            f"Bounded by the {self.bound}: a client's process is busy for {100 * self.client:.0f} % of the time, "
            f"the server for {100 * self.server:.0f} %."
        )


class WorkerPool:
    """`job(...)` in some processes at the same time: threads of one process would share its lock, and measure that.

        pool = WorkerPool(functools.partial(Increments, lab.server.url))
        round = pool.run(client, "INCR", 0.4)
        round.counts["done"] / round.seconds

    Each process is an `Application`. It takes a quarter of a second to start, and is reused for every round.

    Args:
        factory: makes the job, in each process; what the job returns is a dict of counts.
        processes: how many; as many as there are cores, if nothing is said.
    """

    def __init__(self, factory: Callable, processes: int | None = None):
        processes = processes or cores()
        self._callers = ThreadPoolExecutor(processes)
        self.workers = list(
            self._callers.map(lambda _: Application(functools.partial(Worker, factory)), range(processes))
        )

    def __len__(self) -> int:
        return len(self.workers)

    def run(self, client, *arguments, each: Callable | None = None) -> Round:
        """One round of all workers, and how busy the server behind `client` was in it.

        Args:
            arguments: of the job; `each(index)` gives further ones, which differ from worker to worker.
        """
        for ended in (worker for worker in self.workers if not worker.alive):
            ended.restart()
        before, began = main_thread_seconds(client), time.perf_counter()
        more = [each(index) if each else () for index in range(len(self))]
        results = list(self._callers.map(lambda worker, own: worker.call("run", *arguments, *own), self.workers, more))
        seconds, after = time.perf_counter() - began, main_thread_seconds(client)
        counts = Counter()
        for result, _ in results:
            counts.update(result)
        clients, server = [cpu / seconds for _, cpu in results], (after - before) / seconds
        return Round(counts, seconds, max(clients), server, (sum(clients) + server) / cores())

    def kill(self) -> None:
        """End the processes, whatever they do; the next round starts others."""
        for worker in self.workers:
            worker.kill()

    def close(self) -> None:
        for worker in self.workers:
            worker.close()
        self._callers.shutdown(wait=False)


class Worker:
    """The job in its process, and how long it kept the processor."""

    def __init__(self, factory: Callable):
        self.job = factory()

    def run(self, *arguments) -> tuple[dict, float]:
        began = time.process_time()
        return self.job(*arguments), time.process_time() - began


def main_thread_seconds(client) -> float:
    """Seconds of processor that the server's main thread has used so far; all its threads, where it does not say."""
    cpu = client.info("cpu")
    return sum(cpu.get(f"used_cpu_{kind}_main_thread", cpu[f"used_cpu_{kind}"]) for kind in ("user", "sys"))
