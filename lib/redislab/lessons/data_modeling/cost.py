"""What one command costs: as the server counts its own work, and as the client waits."""

import itertools
import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from redislab.bench import commandstats

BATCHES = 9  # their median leaves out those during which the machine was busy with something else


class Cost(NamedTuple):
    """Microseconds of one call, on the server and as seen by the client, and how many calls were made."""

    server_us: float
    client_us: float
    calls: int


def cost(
    client, name: str, call: Callable, undo: Callable | None = None, *, most=200, seconds=0.4, stopping=lambda: False
) -> Cost:
    """Call `call(i)` some times, one after the other, and read INFO commandstats before and after.

    No other client may send the same command to that server meanwhile. The server's figure is a mean in each of a few
    batches, of which the median counts; the client's is a median.

    Args:
        name: of the command that `call` sends: "hget".
        undo: called after each call, not timed; it must not send the command that is measured.
        most: calls; fewer are made if they take longer than `seconds`, but at least one.
        stopping: ends it early when it returns True.
    """
    client.ping()  # connecting is not part of it
    end, numbers = time.perf_counter() + seconds, itertools.count()
    served, waited = [], []

    def over() -> bool:
        return stopping() or time.perf_counter() > end

    while len(waited) < most and not (served and over()):
        before = commandstats(client, name)
        for i in itertools.islice(numbers, -(-most // BATCHES)):
            began = time.perf_counter()
            call(i)
            waited.append(time.perf_counter() - began)
            if undo:
                undo(i)
            if over():
                break
        work = commandstats(client, name) - before
        served.append(work.usec / max(1, work.calls))
    return Cost(median(served), 1e6 * median(waited), len(waited))
