"""What one command costs: as the server counts its own work, and as the client waits."""

import itertools
import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

BATCHES = 9  # the middle one of them is not the one in which the machine did something else


class Cost(NamedTuple):
    """Microseconds of one call, on the server and as seen by the client, and how many calls were made."""

    server_us: float
    client_us: float
    calls: int


def cost(
    client, name: str, call: Callable, undo: Callable | None = None, *, most=200, seconds=0.4, stopping=lambda: False
) -> Cost:
    """Call `call(i)` some times, one after the other, and read INFO commandstats before and after.

    Nobody else may send the same command to that server meanwhile. The server's figure is a mean, taken in batches, of
    which the median counts; the client's is a median.

    Args:
        name: of the command that `call` sends, as commandstats has it: "hget".
        undo: called after each call, not timed; it must not send the command that is measured.
        most: calls; fewer are made if they take longer than `seconds`, but at least one.
    """
    client.ping()  # connecting is not part of it
    end, turns = time.perf_counter() + seconds, itertools.count()
    served, waited = [], []
    while len(waited) < most and not (served and (stopping() or time.perf_counter() > end)):
        calls, busy = _spent(client, name)
        for i in itertools.islice(turns, -(-most // BATCHES)):
            began = time.perf_counter()
            call(i)
            waited.append(time.perf_counter() - began)
            if undo:
                undo(i)
            if time.perf_counter() > end or stopping():
                break
        more, busier = _spent(client, name)
        served.append((busier - busy) / max(1, more - calls))
    return Cost(median(served), 1e6 * median(waited), len(waited))


def _spent(client, name: str) -> tuple[int, int]:
    """Calls and microseconds so far."""
    stats = client.info("commandstats").get(f"cmdstat_{name}", {"calls": 0, "usec": 0})
    return stats["calls"], stats["usec"]
