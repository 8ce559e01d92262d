"""A learner's own code as one more choice of a panel: `panel(labs.RateLimitLab(mine=allow))`.

It travels by value, with what it uses of the notebook's cells, and is called in the bench only. What goes wrong with it
becomes a sentence beside the choice, and the other choices go on:

    it cannot be called as the panel calls     none of it is called
    it raises, or returns what is no answer    that request has failed
    it sends what others would suffer from     the same (`redislab.bench.mine_client`)
    it does not return within PATIENCE         it is interrupted, and not called again
    it floods the process, or changes redis    the same (`redislab.bench.mine_limits`)
    it does not end even then, or ends all     the same, in a new process
"""

import ctypes
import functools
import inspect
import itertools
import pickle
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import contextmanager

import redis

from redislab.bench.mine_client import guarded
from redislab.bench.mine_limits import Limits, running
from redislab.bench.yours import MineError, Yours, something, travelling
from redislab.errors import RedislabError
from redislab.world.child import emit

PATIENCE = 5.0  # s for a call
ELSEWHERE = 40.0  # s for a round of such calls in other processes
LOOK = 0.05  # s between two looks at the calls under way
BEAT = 1.0  # s between two signs of life of a process that runs a learner's code
OTHERS = RedislabError, redis.ConnectionError, redis.TimeoutError  # nothing that its lines could have done


class _Stopped(BaseException):
    """Raised in a learner's code from outside; no `except Exception` keeps it."""


class Mine:
    """In the kernel: a learner's code as cloudpickle has it. It arrives in another process as a `Called`.

    Attributes:
        number: tells it from others.
    """

    _numbers = itertools.count(1)

    @classmethod
    def written(cls, text: str) -> "Mine":
        """The last function that `text` defines. The text is run where it is called, not here."""
        mine = cls.__new__(cls)
        mine.trouble, mine._make, mine.yours, mine.methods = "", functools.partial(last_function, text), None, ()
        mine.number = next(cls._numbers)
        return mine

    def __init__(self, code, yours: Yours):
        self.yours, self._make, self.trouble, self.number = yours, None, yours.trouble(code), next(self._numbers)
        self.methods = [
            name for name in yours.methods if name == yours.first or (inspect.isclass(code) and hasattr(code, name))
        ]
        if not self.trouble:
            try:
                self._make = functools.partial(pickle.loads, travelling(code))
            except MineError as failure:
                self.trouble = str(failure)

    def __reduce__(self):
        return Called, (self._make, self.trouble, self.yours, self.methods, self.number)


def last_function(text: str) -> Callable:
    """Run the definitions in `text`; the last function among them."""
    scope = {"__name__": "__main__"}
    exec(compile(text, "solution.py", "exec"), scope)
    return [each for each in scope.values() if inspect.isfunction(each)][-1]


class Called:
    """In the bench: `mine(client, keys)` stands beside the library's classes, for a function and for a class.

    What it gives has the methods that `Yours` names; any thread may call them. `mine.call(…)` calls a function as it is.

    Attributes:
        trouble: what went wrong with it last, as a sentence; "" if nothing has.
        patience: seconds for a call; more where the lab itself has it wait.
        methods: names of those that it has.
        number: as in the kernel, which replaces the bench when it is spoilt; 0 in any other process.
    """

    patience = PATIENCE

    def __init__(self, make: Callable | None, trouble="", yours: Yours | None = None, methods=(), number=0):
        self.trouble, self._make, self._out, self._code = trouble, make, bool(trouble), None
        self.yours, self.methods, self.number = yours, methods, number
        self._due: dict[int, float] = {}  # s that the call of a thread has left
        self._lock, self._watching, self._limits = threading.Lock(), False, None

    def __reduce__(self):
        return Called, (self._make, self.trouble if self._out else "", self.yours, self.methods)

    def __call__(self, *given) -> "Made":
        return Made(self, guarded(given, self.wrong))

    def call(self, *arguments):
        """
        Raises:
            MineError: it raised, was stopped, or cannot be called.
        """
        return self.guard(lambda: self.code(*arguments))

    def guard(self, call: Callable):
        """What `call()` returns, if it does so in time."""
        if self._out:
            raise MineError(self.trouble)
        try:
            try:
                self._begin()
                return call()
            finally:
                running.pop(threading.get_ident(), None)
                with self._lock:
                    self._due.pop(threading.get_ident(), None)
        except _Stopped:
            pass
        except MemoryError:
            self.stop(Limits.TOO_LARGE)
        except OTHERS:
            raise
        except BaseException as failure:  # SystemExit too
            raise self.wrong(told(failure, self._code)) from None
        raise MineError(self.trouble) from None

    @property
    def code(self):
        """The function or class; made by the first call, which is watched."""
        if self._code is None:
            self._code = self._make()
        return self._code

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

    @contextmanager
    def elsewhere(self, pool):
        """Around what calls it in the processes of a pool: what goes wrong there is said here, and they are ended if they hang."""
        late = threading.Timer(ELSEWHERE, pool.kill)
        late.start()
        try:
            yield
        except ConnectionError:
            self.stop("It ended the process that it ran in, or let nothing else run there.")
            raise MineError(self.trouble) from None
        except MineError as failure:
            self.stop(str(failure))
            raise
        finally:
            late.cancel()

    def checked(self, answer, fits: Callable):
        """The answer, if it is one.

        Raises:
            MineError: it is not.
        """
        if fits(answer):
            return answer
        raise self.wrong(f"It returned {answer!r:.60}, where {fits.__doc__} is wanted.")

    def _begin(self) -> None:
        with self._lock:
            if not self._watching:
                self._watching, self._limits = True, self._limits or Limits()
                threading.Thread(target=self._watch, daemon=True, name="redislab-mine").start()
            self._due[threading.get_ident()] = self.patience
        running[threading.get_ident()] = self.wrong

    def _watch(self) -> None:
        """Look at the calls until they are stopped, or have been over for a while."""
        beat, idle, self._used = 0.0, 0.0, time.process_time()
        while not self._out and self._watching:
            if time.monotonic() > beat:
                beat = time.monotonic() + BEAT
                self._tell("beat")
            time.sleep(LOOK)
            if self._late():
                self.stop(f"It did not return within {self.patience:g} s and was stopped.")
            elif excess := self._limits.excess():
                self.stop(excess)
            with self._lock:
                idle = 0.0 if self._due else idle + LOOK
                self._watching = idle < BEAT
        time.sleep(10 * LOOK * self._out)
        spoilt = self._out and (self._due or self._limits.excess())
        self._tell(*("spoilt", self.number, self.trouble) if spoilt else ("rest",))

    def _late(self) -> bool:
        """Whether a call has no time left. Counted is what this process had of it: a machine that is busy with others gives more."""
        used, self._used = self._used, time.process_time()
        passed = max(LOOK, self._used - used)
        with self._lock:
            self._due = {thread: left - passed for thread, left in self._due.items()}
            return min(self._due.values(), default=1.0) < 0

    def _tell(self, *event) -> None:
        if self.number:
            emit((None, *event))


class Made:
    """What `mine(client, keys)` gives: the methods of a learner's class, or its function in the place of the first one."""

    def __init__(self, mine: Called, given: tuple):
        self._mine, self._given, self._object, self._making = mine, given, None, threading.Lock()
        for name in mine.methods:
            setattr(self, name, functools.partial(self._ask, name))

    def _ask(self, name: str, *arguments):
        mine, yours = self._mine, self._mine.yours
        answer = mine.guard(lambda: self._method(name)(*arguments))
        if inspect.iscoroutine(answer):
            answer.close()  # else Python complains that no one waits for it
        wanted = yours.returns if name == yours.first else None
        return mine.checked(answer, wanted or something)

    def _method(self, name: str) -> Callable:
        code, yours = self._mine.code, self._mine.yours
        if inspect.isclass(code):
            with self._making:
                self._object = code(*self._given) if self._object is None else self._object
            return getattr(self._object, name)
        given = dict(zip(yours.made_of, self._given, strict=True))
        called = yours.methods[yours.first]
        return lambda *arguments: code(*map((given | dict(zip(called, arguments, strict=True))).get, yours.takes))


def within(seconds: float, work: Callable):
    """What `work()` returns in a thread of its own.

    Raises:
        MineError: it has not in time; the thread is left alone.
    """
    found = {}

    def run():
        try:
            found["value"] = work()
        except BaseException as failure:  # it is raised again where it was asked for
            found["failure"] = failure

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if "failure" in found:
        raise found["failure"]
    if "value" not in found:
        raise MineError(f"Yours: It did not return within {PATIENCE:g} s and was stopped.")
    return found["value"]


def told(failure: BaseException, function) -> str:
    """What was raised, and where in the learner's lines."""
    what = f"{type(failure).__name__}: {failure!s:.200}".strip().removesuffix(":").rstrip(".")
    home = getattr(getattr(function, "__code__", None), "co_filename", None)
    lines = [frame for frame in traceback.extract_tb(failure.__traceback__) if frame.filename == home]
    if lines:
        return f"It raised {what}, in line {lines[-1].lineno} of {lines[-1].name}."
    return f"It raised {what}."
