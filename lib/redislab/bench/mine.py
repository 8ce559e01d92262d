"""A learner's own code as one more choice of a panel: `panel(labs.RateLimitLab(mine=allow))`.

It travels by value, with what it uses of the notebook's cells, and is called in the bench only. What goes wrong with it
becomes a sentence beside the choice, and the other choices go on:

    it cannot be called as the panel calls     none of it is called
    it raises, or returns what is no answer    that request has failed
    it sends what others would suffer from     the same (`redislab.bench.mine_client`)
    it does not return within PATIENCE         it is interrupted, and not called again
    it floods the process, or changes it       the same (`redislab.bench.mine_limits`)
    it leaves what the panel cannot read       the same, and all is set up again
    it does not end even then, or ends all     the same, in a new process
"""

import ctypes
import functools
import inspect
import itertools
import math
import pickle
import reprlib
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from time import monotonic, process_time, sleep

import redis

from redislab.bench.mine_client import came_from_outside, lent
from redislab.bench.mine_limits import TOO_LARGE, Limits, running
from redislab.bench.yours import AGAIN, MineError, Yours, something, travelling
from redislab.errors import RedislabError
from redislab.world.child import emit

PATIENCE = 5.0  # s for a call
ELSEWHERE = 12.0  # s for a round of such calls in other processes
LOOK = 0.05  # s between two looks at the calls under way
BEAT = 1.0  # s between two signs of life of a process that runs a learner's code
BROKEN = redis.ConnectionError, redis.TimeoutError
SHORT = reprlib.Repr()
SHORT.maxstring = SHORT.maxother = 60


class _Stopped(BaseException):
    """Raised in a learner's code from outside; no `except Exception` keeps it."""


class Mine:
    """In the kernel: a learner's code, or why it cannot be called. It arrives in another process as a `Called`.

    Attributes:
        number: tells it from others.
    """

    _numbers = itertools.count(1)

    def __init__(self, make: Callable | None, trouble: str = "", yours: Yours | None = None, methods=()):
        self.trouble, self.number, self._make, self._rest = trouble, next(self._numbers), make, (yours, methods)

    @classmethod
    def of(cls, code, yours: Yours) -> "Mine":
        """A function or class, as cloudpickle has it."""
        make, trouble = None, yours.trouble(code)
        if not trouble:
            try:
                make = functools.partial(pickle.loads, travelling(code))
            except MineError as failure:
                trouble = str(failure)
        return cls(make, trouble, yours, yours.methods_of(code))

    @classmethod
    def written(cls, text: str) -> "Mine":
        """The last function that `text` defines. The text is run where it is called, not here."""
        return cls(functools.partial(last_function, text))

    def __reduce__(self):
        return Called, (self._make, self.trouble, *self._rest, self.number)


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
        out: whether it is not called any more. waits: not now, as the server has to be free first.
        damages: whether it has broken something of the panel's own, so that all has to be set up again.
    """

    patience = PATIENCE
    damages = waits = _called = _lent = _watching = False
    _code = _limits = None

    def __init__(self, make: Callable | None, trouble="", yours: Yours | None = None, methods=(), number=0):
        self.trouble, self.out, self._make = trouble, bool(trouble), make
        self.yours, self.methods, self.number, self._lock = yours, methods, number, threading.Lock()
        self._due: dict[int, float] = {}  # s that the call of a thread has left

    def __reduce__(self):
        return Called, (self._make, self.trouble if self.out else "", self.yours, self.methods)

    def __call__(self, *given) -> "Made":
        self._lent = True
        return Made(self, lent(given, self))

    def call(self, *arguments):
        """
        Raises:
            MineError: it raised, was stopped, or cannot be called.
        """
        return self.guard(lambda: self.code(*arguments))

    def guard(self, call: Callable):
        """What `call()` returns, if it does so in time."""
        if self.out or self.waits:
            raise MineError(self.trouble)
        thread, self._called = threading.get_ident(), True
        try:
            try:
                self._begin(thread)
                return call()
            finally:
                running.pop(thread, None)
                with self._lock:
                    self._due.pop(thread, None)
        except _Stopped:
            raise MineError(self.trouble) from None
        except MemoryError:
            raise self.stop(TOO_LARGE) from None
        except BaseException as failure:  # SystemExit too
            broken = isinstance(failure, BROKEN) and (came_from_outside(failure) or not self._lent)
            if broken or isinstance(failure, RedislabError):
                raise
            raise self.failed(failure) from None

    @contextmanager
    def untimed(self):
        """Out of its lines a call has the time that it takes; then that of the lines begins again."""
        try:
            yield self._allow(math.inf)
        finally:
            self._allow(self.patience)

    def _allow(self, seconds: float) -> None:
        with self._lock:
            if (thread := threading.get_ident()) in self._due:  # no thread that it has started
                self._due[thread] = seconds

    @property
    def code(self):
        """The function or class; made by the first call, which is watched."""
        if self._code is None:
            self._code = self._make()
        return self._code

    def failed(self, failure: BaseException) -> MineError:
        return self.wrong(told(failure, self._code))

    def wrong(self, sentence: str) -> MineError:
        """Say what is wrong with it; the error to be raised."""
        if not self.out:
            self.trouble = f"Yours: {sentence}"
        return MineError(self.trouble)

    def stop(self, sentence: str) -> MineError:
        """Interrupt the calls under way, and let no more begin; the error to be raised."""
        with self._lock:
            if not self.out:
                self.trouble = f"Yours: {sentence.removeprefix('Yours: ').removesuffix(AGAIN)}{AGAIN}"
            self.out = True
            for thread in self._due:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(_Stopped))
        return MineError(self.trouble)

    def blamed(self, request: Callable) -> Callable:
        """`request`, which reads what this code may have left."""

        def asked():
            try:
                return request()
            except Exception as failure:
                self.blame(failure)
                raise

        return asked

    def blame(self, failure: Exception) -> bool:
        """The panel itself has failed; whether that is this code's damage, because it has been called."""
        if self._called and not self.out and not isinstance(failure, (RedislabError, *BROKEN)):
            self.damages = True
            self.stop(f"It left what the panel cannot read ({brief(failure)}), and was stopped.")
        return self.damages

    @contextmanager
    def elsewhere(self, pool):
        """Around what calls it in the processes of a pool, and what reads afterwards: what goes wrong there is said here, and they are
        ended if their calls may go on."""
        late = threading.Timer(ELSEWHERE, pool.kill)
        late.start()
        self._called = True
        try:
            yield
        except (ConnectionError, MineError) as failure:
            ended = "It ended the process that it ran in, or let nothing else run there."
            said = str(failure) if isinstance(failure, MineError) else ended + AGAIN
            if said.endswith(AGAIN):
                pool.kill()
            raise self.stop(said) from None
        finally:
            late.cancel()

    def result(self, work: Callable):
        """What `work()` returns in a thread of its own, which is left alone when this code is stopped.

        Raises:
            MineError: it has been.
        """
        found = ThreadPoolExecutor(1).submit(work)
        while not (found.done() or self.out):
            wait([found], LOOK)
        if self.out:
            raise MineError(self.trouble)
        return found.result()

    def checked(self, answer, wanted: Callable):
        """The answer as it is wanted.

        Raises:
            MineError: it is none.
        """
        try:
            return wanted(answer)
        except Exception:  # its own methods are asked
            if inspect.iscoroutine(answer):
                answer.close()  # else Python complains that no one waits for it
            raise self.wrong(f"It returned {SHORT.repr(answer)}, where {wanted.__doc__} is wanted.") from None

    def _begin(self, thread: int) -> None:
        with self._lock:
            if not self._watching:
                self._watching, self._limits = True, self._limits or Limits()
                threading.Thread(target=self._watch, daemon=True, name="redislab-mine").start()
            self._due[thread] = self.patience
        running[thread] = self

    def _watch(self) -> None:
        """Look at the calls until they are stopped, or have been over for a while."""
        beat, idle, self._used, limits = 0.0, 0.0, process_time(), self._limits
        while not self.out and self._watching:
            if beats := monotonic() > beat:
                beat = monotonic() + BEAT
                self._tell("beat")
            sleep(LOOK)
            late = f"It did not return within {self.patience:g} s and was stopped." if self._late() else ""
            wrong = late or limits.excess()
            if beats and not wrong and (wrong := limits.changed()):
                self.waits = True  # until this process has been replaced
            if wrong:
                self.stop(wrong)
            with self._lock:
                idle = 0.0 if self._due else idle + LOOK
                self._watching = idle < BEAT
        sleep(10 * LOOK * self.out)
        spoilt = self.out and (self._due or limits.excess() or limits.changed())
        self._tell(*("spoilt", self.number, self.trouble) if spoilt else ("rest",))

    def _late(self) -> bool:
        """Whether a call has no time left. Counted is what this process had of it: a machine that is busy with others gives more."""
        used, self._used = self._used, process_time()
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
        wanted = (name == yours.first and yours.returns) or something
        return mine.guard(lambda: mine.checked(self._method(name)(*arguments), wanted))

    def _method(self, name: str) -> Callable:
        code, yours = self._mine.code, self._mine.yours
        if inspect.isclass(code):
            with self._making:
                self._object = code(*self._given) if self._object is None else self._object
            return getattr(self._object, name)
        given = dict(zip(yours.made_of, self._given, strict=True))
        called = yours.methods[yours.first]
        return lambda *arguments: code(*map((given | dict(zip(called, arguments, strict=True))).get, yours.takes))


def told(failure: BaseException, function) -> str:
    """What was raised, and where in the learner's lines."""
    home = getattr(getattr(function, "__code__", None), "co_filename", None)
    lines = [frame for frame in traceback.extract_tb(failure.__traceback__) if frame.filename == home]
    return f"It raised {brief(failure)}" + (f", in line {lines[-1].lineno} of {lines[-1].name}." if lines else ".")


def brief(failure: BaseException) -> str:
    try:
        said = " ".join(str(failure)[:200].split()).rstrip(".")
    except Exception:  # a class of its own
        said = ""
    return f"{type(failure).__name__}: {said}".removesuffix(": ")
