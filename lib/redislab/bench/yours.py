"""Where a learner's code fits, as a function or as a class, and what keeps it from being called."""

import functools
import inspect
import io
from collections.abc import Callable

import cloudpickle

from redislab.errors import ExperimentError

YOURS = "yours"  # the choice
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
        returns: whether something is an answer; its docstring says what is.
        methods: what a class has, and what of `takes` each is given; a function stands for the first of them.
    """

    def __init__(self, takes: str, returns: Callable | None = None, **methods: str):
        self.takes, self.returns = takes.split(", "), returns
        self.methods = {name: given.split(", ") for name, given in methods.items()}
        self.first = next(iter(methods))
        self.made_of = [name for name in self.takes if name not in self.methods[self.first]]

    def trouble(self, code) -> str:
        """Why `code` cannot be called so, as a sentence; "" if it can."""
        if inspect.isclass(code):
            return self._trouble_with_class(code)
        if not callable(code):
            kind = type(code).__name__
            return f"{code!r:.60} is no function. Give a function, or a class: {kind}, not what {kind}() has made."
        called = code if inspect.isroutine(code) or isinstance(code, functools.partial) else type(code).__call__
        late = next((why for why, is_late in LATE if is_late(called)), "")
        return f"Your function cannot be used: {late}." if late else misfit("Your function", code, self.takes)

    def _trouble_with_class(self, kind: type) -> str:
        method = getattr(kind, self.first, None)
        if method is None:
            return f"Your class {kind.__name__} has no method {self.first}({', '.join(self.methods[self.first])})."
        late = next((why for why, is_late in LATE if is_late(method)), "")
        if late:
            return f"Your {kind.__name__}.{self.first} cannot be used: {late}."
        given = ["self", *self.methods[self.first]]
        return misfit("Your class", kind, self.made_of) or misfit(f"Your {self.first}", method, given)


def misfit(what: str, code, given: list[str]) -> str:
    """Why a call with these arguments fails, as a sentence; "" if it does not, or cannot be told."""
    try:
        inspect.signature(code).bind(*given)
    except TypeError as failure:
        return f"{what} is given ({', '.join(given)}): {failure}."
    except ValueError:
        pass  # it is built in, and has no signature
    return ""


def truth(answer) -> bool:
    """True or False"""  # or what can be asked for it, as a Decision
    return isinstance(answer, int) or (answer is not None and hasattr(answer, "__bool__"))


def a_number(answer) -> bool:
    """a number"""
    return isinstance(answer, (int, float))


def a_list(answer) -> bool:
    """a list"""
    return isinstance(answer, list)


def record(answer) -> bool:
    """a record"""
    return isinstance(answer, dict) and "version" in answer


def something(answer) -> bool:
    """a plain result"""
    return not inspect.isawaitable(answer)


def travelling(code) -> bytes:
    """A learner's code as cloudpickle has it.

    Raises:
        MineError: it uses something that cannot leave the notebook; says what.
    """
    try:
        return pickled(code)
    except Exception as failure:  # whatever its parts raise when they are asked to travel
        held = next((name for name, value in uses(code).items() if not travels(value)), None)
        what = f"`{held}`, which" if held else "something that"
        raise MineError(
            f"Your code uses {what} cannot leave this notebook ({failure}). Take all it needs from its arguments."
        ) from None


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
        return bool(pickled(value))
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
