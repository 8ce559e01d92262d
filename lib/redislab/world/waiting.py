"""Wait for a condition, and not for a while."""

import time
from collections.abc import Callable


def eventually(wanted: Callable, patience: float = 3.0):
    """Ask until `wanted()` is true or `patience` seconds are over; its last answer."""
    deadline = time.monotonic() + patience
    while not (answer := wanted()) and time.monotonic() < deadline:
        time.sleep(0.005)
    return answer
