"""A learner's own function as one more choice of a knob: `panel(labs.RateLimitLab(mine=allow))`.

It travels by value, with what it uses of the notebook's cells, and is called in the bench only. What goes wrong with it
becomes a sentence beside the choice, and the other choices go on:

    it does not take what it is given       none of it is called
    it raises                               that request has failed
    it does not return within PATIENCE      it is interrupted, and not called again until Reset
    it takes more memory than MOST_MEMORY   the same
"""

import contextlib
import ctypes
import functools
import inspect
import mmap
import os
import pickle
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cloudpickle
import redis

from redislab.errors import ExperimentError, RedislabError

YOURS = "yours"
PATIENCE = 2.0  # s for a call
LOOK = 0.05  # s between two looks at the calls under way
MOST_MEMORY = 500_000_000  # bytes by which the process may grow
TOO_LARGE = f"It took more memory than the {MOST_MEMORY / 1e6:.0f} MB that it may have, and was stopped."
OTHERS = RedislabError, redis.ConnectionError, redis.TimeoutError  # nothing that its lines could have done


class MineError(ExperimentError):
    """A learner's function cannot be called, or failed; the message says why."""


class _Stopped(BaseException):
    """Raised in a learner's function from outside; no `except Exception` keeps it."""


class Mine:
    """In the kernel: a function as cloudpickle has it. It arrives in another process as a `Called`.

    Args:
        parameters: what it is given, such as "client, keys, subject, limit, window".
    """

    @classmethod
    def written(cls, text: str) -> "Mine":
        """The last function that `text` defines. The text is run where it is called, not here."""
        mine = cls.__new__(cls)
        mine.trouble, mine._make = "", functools.partial(last_function, text)
        return mine

    def __init__(self, function: Callable, parameters: str):
        self.trouble, self._make = "", None
        try:
            inspect.signature(function).bind(*parameters.split(", "))
            self._make = functools.partial(pickle.loads, cloudpickle.dumps(function))
        except Exception as failure:  # whatever its parts raise when they are asked to travel
            given = (
                "is given" if isinstance(failure, TypeError) else "cannot be taken out of this notebook; it is given"
            )
            self.trouble = f"Your function {given} ({parameters}): {failure}."

    def __reduce__(self):
        return Called, (self._make, self.trouble)


def last_function(text: str) -> Callable:
    """Run the definitions in `text`; the last function among them."""
    scope = {"__name__": "__main__"}
    exec(compile(text, "solution.py", "exec"), scope)
    return [each for each in scope.values() if inspect.isfunction(each)][-1]


class Called:
    """In the bench: called with what the function takes, from any thread.

    Attributes:
        trouble: what went wrong with it last, as a sentence; "" if nothing has.
        patience: seconds for a call; more where the lab itself has it wait.
    """

    patience = PATIENCE

    def __init__(self, make: Callable | None, trouble: str = ""):
        self.trouble, self._make, self._out, self._function = trouble, make, bool(trouble), None
        self._due: dict[int, float] = {}  # until when the call of a thread has to return
        self._lock, self._watching = threading.Lock(), False

    def __reduce__(self):
        return Called, (self._make, self.trouble if self._out else "")

    def __call__(self, *arguments):
        """
        Raises:
            MineError: it raised, was stopped, or cannot be called.
        """
        if self._out:
            raise MineError(self.trouble)
        try:
            try:
                self._begin()
                return self._function(*arguments)
            finally:
                with self._lock:
                    self._due.pop(threading.get_ident(), None)
        except _Stopped:
            pass
        except MemoryError:
            self.stop(TOO_LARGE)
        except OTHERS:
            raise
        except BaseException as failure:  # SystemExit too
            raise self.wrong(told(failure, self._function)) from None
        raise MineError(self.trouble) from None

    def wrong(self, sentence: str) -> MineError:
        """Say what is wrong with it; the error to be raised."""
        self.trouble = f"Yours: {sentence}"
        return MineError(self.trouble)

    def stop(self, sentence: str) -> None:
        """Interrupt the calls under way, and let no more begin."""
        with self._lock:
            self.trouble, self._out = f"Yours: {sentence.removeprefix('Yours: ')}", True
            for thread in self._due:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(_Stopped))

    def stuck(self) -> bool:
        """Whether calls are under way that do not come back even now; they are no longer waited for."""
        with self._lock:
            stuck = [thread for thread, due in self._due.items() if time.monotonic() > due + 10 * LOOK]
            for thread in stuck:
                del self._due[thread]
            return bool(stuck)

    def _begin(self) -> None:
        with self._lock:
            if not self._watching:
                self._watching, self._highest = True, memory() + MOST_MEMORY
                limit_memory(4 * MOST_MEMORY)
                sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (what is printed at hundreds of calls a second is a flood)
                threading.Thread(target=self._watch, daemon=True, name="redislab-mine").start()
            if self._function is None:
                self._function = self._make()
            self._due[threading.get_ident()] = time.monotonic() + self.patience

    def _watch(self) -> None:
        while not self._out:
            time.sleep(LOOK)
            if any(time.monotonic() > due for due in list(self._due.values())):
                self.stop(f"It did not return within {self.patience:g} s and was stopped.")
            elif self._due and memory() > self._highest:
                self.stop(TOO_LARGE)


def offered(experiment_class: type, name: str) -> dict:
    """The knobs of a class, with `YOURS` among the options of the one called `name`."""
    knobs = experiment_class.knobs()
    return knobs | {name: replace(knobs[name], options=(*knobs[name].options, YOURS))}


def with_bar(chart, options: tuple):
    """A chart that has a bar for each option gets one for `YOURS`, under the same key but for the option's name."""
    labels = {line.label: line for line in chart.lines}
    if chart.kind != "bars" or not set(options) <= set(labels):
        return chart
    last = labels[options[-1]]
    return replace(chart, lines=(*chart.lines, replace(last, key=last.key.replace(last.label, YOURS), label=YOURS)))


def told(failure: BaseException, function) -> str:
    """What was raised, and where in the learner's lines."""
    what = f"{type(failure).__name__}: {failure}".strip().removesuffix(":").rstrip(".")
    home = getattr(getattr(function, "__code__", None), "co_filename", None)
    lines = [frame for frame in traceback.extract_tb(failure.__traceback__) if frame.filename == home]
    if lines:
        return f"It raised {what}, in line {lines[-1].lineno} of {lines[-1].name}."
    return f"It raised {what}."


def memory() -> int:
    """Bytes of this process in memory; 0 where there is no /proc."""
    with contextlib.suppress(OSError):
        return pages(1)
    return 0


def pages(field: int) -> int:
    """Bytes by a field of /proc/self/statm, which counts pages."""
    return mmap.PAGESIZE * int(Path("/proc/self/statm").read_text().split()[field])


def limit_memory(more: int) -> None:
    """Have an allocation of more than so many bytes fail, instead of the machine; where that is possible."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (pages(5) + more, resource.getrlimit(resource.RLIMIT_DATA)[1]))
