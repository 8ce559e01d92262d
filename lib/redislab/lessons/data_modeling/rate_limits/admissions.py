"""What was asked of a rate limiter and what it admitted, seen from outside."""

from bisect import bisect_right
from collections import deque
from typing import NamedTuple

POINTS = 100  # that a staircase may have


class Request(NamedTuple):
    """When it was sent and answered, in seconds; which application it came from, 0 or 1; whether it was admitted."""

    sent: float
    done: float
    by: int
    admitted: bool


class Admissions:
    """The last requests, seen from outside.

    A request is decided somewhere between sent and answered. It is counted into a window only if both lie in it: what
    is found above a limit is so for certain, however slow the network is, or this machine.
    """

    def __init__(self):
        self._requests = deque()

    def add(self, request: Request) -> None:
        self._requests.append(request)

    def forget(self, before: float) -> None:
        while self._requests and self._requests[0].done < before:
            self._requests.popleft()

    def between(self, begin: float, end: float) -> list[Request]:
        """What was sent in that time."""
        return [request for request in list(self._requests) if begin <= request.sent < end]

    def most(self, length: float, since: float, until: float) -> int:
        """The most that were admitted in any `length` seconds that ended between these two moments."""
        admitted = [request for request in list(self._requests) if request.admitted]
        sent = sorted(request.sent for request in admitted)
        done = sorted(request.done for request in admitted if request.done <= until)
        ends = [*done[bisect_right(done, since) :], until]
        return max(bisect_right(done, end) - bisect_right(sent, end - length) for end in ends)

    def costs(self, begin: float, end: float) -> dict[str, float | None]:
        """What the clients waited in that time, as "p50" and "p99" in ms; None if nothing was sent."""
        waited = sorted(1e3 * (request.done - request.sent) for request in self.between(begin, end))
        return {f"p{percent}": waited[percent * len(waited) // 100] if waited else None for percent in (50, 99)}


def picture(burst: list[Request], boundary: float, begin: float, end: float, now: float, limit: int) -> dict:
    """A burst as it is drawn: admitted by when, up to now, in all and by application; beside them the limit and the boundary.

    Args:
        begin, end: of the picture, in seconds from the boundary.
    """
    by = [[request for request in burst if request.by == application] for application in (0, 1)]
    let_in = [sum(request.admitted for request in requests) for requests in by]
    lines = {"all": burst, "by_a": by[0], "by_b": by[1]}
    return {
        **{name: staircase(some, boundary, begin, min(end, now - boundary)) for name, some in lines.items()},
        "limits": [(1e3 * begin, limit), (1e3 * end, limit)],
        "boundary": [(0, 0), (0, max(limit, sum(let_in)))],
        "asked": [len(requests) for requests in by],
        "let_in": let_in,
    }


def staircase(requests: list[Request], origin: float, begin: float, end: float) -> list[tuple[float, int]]:
    """How many were admitted by when, in ms from `origin`; `begin` and `end` are seconds from there."""
    done = sorted(each.done - origin for each in requests if each.admitted)
    shown = range(bisect_right(done, begin), bisect_right(done, end))
    some = shown[:: 1 + len(shown) // POINTS]
    points = [(begin, shown.start), *((done[count], count + 1) for count in some), (end, shown.stop)]
    return [(1e3 * when, count) for when, count in points]
