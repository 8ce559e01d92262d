"""Both clocks of a neighbour, beside a private that is stopped for a moment."""

import contextlib
import time

from redislab.lessons.anti_patterns.neighbour import CLOSED, DUE, Neighbour
from tests.conftest import settles

STOP = 0.5  # s


def test_a_closed_loop_meets_a_stall_once_and_due_times_meet_it_all_along(private):
    with contextlib.closing(Neighbour(private)) as neighbour:
        client, began = private.client(), 0.0

        def tells() -> bool:
            """200 PINGs a second were due, and fewer are slow by the other clock: it had stopped as well."""
            nonlocal began
            began = time.monotonic()
            client.execute_command("CLIENT", "PAUSE", round(1000 * STOP), "ALL")
            settles(lambda: neighbour.look() is None or time.monotonic() < began + 2 * STOP)
            due, closed = ([ms for _, ms in neighbour.between(clock, began) if ms > 20] for clock in (DUE, CLOSED))
            assert neighbour.percentile(DUE, 100, began) == max(due)
            return max(due) > 0.8e3 * STOP and len(due) > 0.6 * 200 * STOP and len(closed) < 0.3 * len(due)

        # Expect it once a machine that others keep busy leaves both of them to their work for a second
        assert not settles(lambda: not tells(), timeout=30)
        neighbour.forget()
        assert neighbour.between(DUE, began, began + STOP) == []
        assert neighbour.percentile(DUE, 99, began, began + STOP) is None
