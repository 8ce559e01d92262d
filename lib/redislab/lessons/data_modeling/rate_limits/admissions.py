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


def staircase(requests: list[Request], origin: float, begin: float, end: float) -> list[tuple[float, int]]:
    """How many were admitted by when, in ms from `origin`; `begin` and `end` are seconds from there."""
    done = sorted(each.done - origin for each in requests if each.admitted)
    shown = range(bisect_right(done, begin), bisect_right(done, end))
    some = shown[:: 1 + len(shown) // POINTS]
    points = [(begin, shown.start), *((done[count], count + 1) for count in some), (end, shown.stop)]
    return [(1e3 * when, count) for when, count in points]
