"""Passed solutions, kept as text with the progress. They are run in the bench only, and after they were shown."""

import ast
import linecache
from types import ModuleType

from redislab.screen.show import Source
from redislab.study import progress

NONE = "No solution of yours is kept yet: the code of the library runs."
DEFINES = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef


class Solutions(Source):
    """Texts by exercise; where there is none, a sentence says so."""

    def _repr_html_(self) -> str:
        return super()._repr_html_() if self else f"<p>{NONE}</p>"

    def __repr__(self) -> str:
        return super().__repr__() or NONE


def solutions() -> Solutions:
    """What has passed last, by exercise; a notebook shows it. `labs.BlackFridayLab(mine=solutions())` runs it."""
    return Solutions({one["id"]: one["code"] for one in progress.notes() if one["kind"] == "solution"})


def keep(name: str, function) -> None:
    """Note the solution of an exercise; not without its text, as of a function that no cell holds."""
    if code := text_of(function):
        progress.note("solution", name, code=code)


def text_of(function) -> str:
    """The definitions of the cell in which a function stands, the function last; and an import for each module that they use
    from another cell. "" if there is no cell.
    """
    text = "".join(linecache.getlines(getattr(getattr(function, "__code__", None), "co_filename", "")))
    if getattr(function, "__module__", "") != "__main__" or not text:
        return ""
    parts = [node for node in ast.parse(text).body if isinstance(node, DEFINES) or is_constant(node)]
    parts.sort(key=lambda node: getattr(node, "name", "") == function.__name__)
    words = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    modules = {name: value.__name__ for name, value in function.__globals__.items() if isinstance(value, ModuleType)}
    imports = [f"import {module} as {name}" for name, module in modules.items() if name in words and module != name]
    imports += [f"import {name}" for name, module in modules.items() if name in words and module == name]
    own = [ast.get_source_segment(text, node) for node in parts]
    return "\n\n".join([*(line for line in imports if line not in text), *own]) + "\n"


def is_constant(node: ast.AST) -> bool:
    """Whether it gives a name to a number, a text, or what is made of such."""
    try:
        return isinstance(node, ast.Assign) and ast.literal_eval(node.value) is not ...
    except ValueError:
        return False
