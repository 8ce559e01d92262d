"""Runs races in a thread of their own, so that code which never comes back ends with a sentence."""

import ctypes
import threading
from concurrent.futures import Future

from redislab.bench.race_ground import Ground, forsake
from redislab.bench.race_outside import own_world
from redislab.bench.race_turns import Killed
from redislab.errors import RaceError

PATIENCE = 5.0  # s of a client's code between two steps
SLICE = 0.5  # s between two looks at it


def guarded(ground: Ground, race, work):
    """What `work()` returns or raises, run in a thread for `race`, one at a time on this ground.

    Raises:
        RaceError: a client has run for PATIENCE seconds without a step.
    """
    outcome = Future()

    def run():
        try:
            with own_world((*race.functions, race.given, race.expect)):
                outcome.set_result(work())
        except BaseException as failure:  # it is raised again where it was asked for
            outcome.set_exception(failure)

    with ground.lock:
        ground.stopped = back = False
        thread = threading.Thread(target=run, daemon=True, name="redislab-race")
        thread.start()
        try:
            back = _comes_back(thread, ground)
        finally:  # the learner's Ctrl+C, too
            if not back:
                _interrupt(thread, ground)
        if thread.is_alive():
            forsake(ground)
        if not back:
            who = f"{ground.running} ({race.names.get(ground.running, 'a client')})"
            raise RaceError(
                f"{who} has run for {PATIENCE:g} s without another step, and was stopped. A loop has to ask Redis, "
                "or to call time.sleep, so that the others get their turn; a lock in Python that another client holds "
                "is never released here: let clients share keys and rows only."
            )
    return outcome.result()


def _comes_back(thread: threading.Thread, ground: Ground) -> bool:
    beats, waited = ground.beats, 0.0
    while waited < PATIENCE:
        thread.join(SLICE)
        if not thread.is_alive():
            return True
        waited = waited + SLICE if ground.beats == beats else 0.0
        beats = ground.beats
    return False


def _interrupt(thread: threading.Thread, ground: Ground) -> None:
    """Take no further turn, and raise Killed in the client's code; a call that waits outside of Python ends first."""
    ground.stopped = True
    for _ in range(10):
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Killed))
        thread.join(0.1)
        if not thread.is_alive():
            return
