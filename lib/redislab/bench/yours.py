"""Where a learner's code fits, as a function or as a class, and what keeps it from being called."""

import functools
import inspect
import io
import numbers
from collections.abc import Callable

import cloudpickle

from redislab.errors import ExperimentError

YOURS = "yours"  # the choice
AGAIN = " Change it, then run its cell and this one again."
MOST = 20_000_000  # bytes that it may take along
LATE = (
    ("it is async def, and called like a plain function: write def", inspect.iscoroutinefunction),
    ("it has a yield, so that a call only makes a generator: return the result", inspect.isgeneratorfunction),
    ("it is async def, and called like a plain function: write def", inspect.isasyncgenfunction),
)


class MineError(ExperimentError):
    """A learner's code cannot be called, or failed; the message says why."""


class Yours:
    """What a learner's code is given where a panel has room for it.

        yours=Yours("client, keys, subject, limit, window", allow="subject", returns=truth)

    is a function of these five, or a class: `Limiter(client, keys, limit, window)` with a method `allow(subject)`. A lab
    makes either in the same way, `self.mine(client, keys, limit, window).allow(subject)`.

    Args:
        takes: by name, what a function is given, in this order.
        returns: gives an answer as it is wanted, or raises; its docstring says what is wanted.
        methods: what a class has, and what of `takes` each is given; a function stands for the first of them.
    """

    def __init__(self, takes: str, returns: Callable | None = None, **methods: str):
        self.takes, self.returns = takes.split(", "), returns
        self.methods = {name: given.split(", ") for name, given in methods.items()}
        self.first = next(iter(methods))
        self.made_of = [name for name in self.takes if name not in self.methods[self.first]]

    def methods_of(self, code) -> list[str]:
        """Those that it has, the first in any case."""
        return [name for name in self.methods if name == self.first or (inspect.isclass(code) and hasattr(code, name))]

    def trouble(self, code) -> str:
        """Why `code` cannot be called so, as a sentence; "" if it can."""
        if inspect.isclass(code):
            return self._trouble_with_class(code)
        if not callable(code):
            kind = type(code).__name__
            return f"{code!r:.60} is no function. Give a function, or a class: {kind}, not what {kind}() has made."
        called = code if inspect.isroutine(code) or isinstance(code, functools.partial) else type(code).__call__
        return late("Your function", called) or misfit("Your function", code, self.takes)

    def _trouble_with_class(self, kind: type) -> str:
        if not hasattr(kind, self.first):
            return f"Your class {kind.__name__} has no method {self.first}({', '.join(self.methods[self.first])})."
        found = [misfit("Your class", kind, self.made_of)]
        for name in self.methods_of(kind):
            method, bound = getattr(kind, name), inspect.getattr_static(kind, name)
            given = [] if isinstance(bound, (staticmethod, classmethod)) else ["self"]
            found += [
                late(f"Your {kind.__name__}.{name}", method),
                misfit(f"Your {name}", method, given + self.methods[name]),
            ]
        return next(filter(None, found), "")


def late(what: str, called) -> str:
    """Why a call does not do what it says, as a sentence; "" if it does."""
    why = next((why for why, is_late in LATE if is_late(called)), "")
    return why and f"{what} cannot be used: {why}."


def misfit(what: str, code, given: list[str]) -> str:
    """Why a call with these arguments fails, as a sentence; "" if it does not, or cannot be told."""
    try:
        inspect.signature(code).bind(*given)
    except TypeError as failure:
        return f"{what} is given ({', '.join(given)}): {failure}."
    except ValueError:
        pass  # it is built in, and has no signature
    return ""


def only_if(fits: bool, answer):
    if not fits:
        raise TypeError
    return answer


def truth(answer) -> bool:
    """True or False"""  # or what can be asked for it, as a Decision
    return bool(only_if(answer is not None and (isinstance(answer, int) or hasattr(answer, "__bool__")), answer))


def a_number(answer):
    """a number"""
    return only_if(isinstance(answer, numbers.Real) and answer == answer, answer)


def a_list(answer) -> list:
    """a list"""
    return only_if(isinstance(answer, list), answer)


def places(answer) -> list[tuple]:
    """a list of (rank, player, score)"""
    return [(rank, player, score) for rank, player, score in a_list(answer)]


def record(answer) -> dict:
    """a record with its version"""
    return only_if(isinstance(answer, dict) and isinstance(answer["version"], int), answer)


def something(answer):
    """a plain result"""
    return only_if(not (inspect.isawaitable(answer) or inspect.isgenerator(answer)), answer)


def travelling(code) -> bytes:
    """A learner's code as cloudpickle has it.

    Raises:
        MineError: it uses something that cannot leave the notebook; says what.
    """
    try:
        if len(found := pickled(code)) <= MOST:
            return found
        why = f"it takes {len(found) / 1e6:,.0f} MB, of {MOST / 1e6:.0f} at most"
    except Exception as failure:  # whatever its parts raise when they are asked to travel
        why = failure
    held = next((name for name, value in uses(code).items() if not travels(value)), None)
    what = f"`{held}`, which" if held else "something that"
    raise MineError(f"Your code uses {what} cannot leave this notebook ({why}). Take all it needs from its arguments.")


def uses(code) -> dict:
    """The globals and the variables of outer functions that a function uses, by name."""
    code = inspect.unwrap(getattr(code, "func", code))
    try:
        names = inspect.getclosurevars(code)
    except TypeError:
        return {}
    return {**names.nonlocals, **names.globals}


def travels(value) -> bool:
    try:
        return len(pickled(value)) <= MOST
    except Exception:
        return False


class Pickler(cloudpickle.Pickler):
    """Takes along what a cell has decorated with `functools.cache`, with nothing in it."""

    def reducer_override(self, value):
        if isinstance(value, functools._lru_cache_wrapper) and value.__module__ == "__main__":
            return cached, (value.__wrapped__, value.cache_parameters())
        return super().reducer_override(value)


def cached(function, settings: dict):
    return functools.lru_cache(**settings)(function)


def pickled(value) -> bytes:
    stream = io.BytesIO()
    Pickler(stream).dump(value)
    return stream.getvalue()
