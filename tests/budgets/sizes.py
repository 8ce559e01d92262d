"""How large the project is: lines of code, without docstrings, comments and blank lines. Goals, and what stood there before."""

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

from tests.budgets.table import Row

ROOT = Path(__file__).parents[2]
LIBRARY, LESSONS, TESTS = ROOT / "lib" / "redislab", ROOT / "lib" / "redislab" / "lessons", ROOT / "tests"


def rows() -> Iterator[Row]:
    library = [path for path in LIBRARY.rglob("*.py") if LESSONS not in path.parents]
    labs = {path.parent.name: code_lines(path) for path in LESSONS.glob("*/*/lab.py")}
    largest = max(labs, key=labs.get)
    longest, name = max(function_lines(library))
    yield Row("library without lessons: lines of code", total(library), 6000, unit="", note="7,235 at first")
    yield Row("lessons: lines of code", total(LESSONS.rglob("*.py")), 7000, unit="", note="9,110 at first")
    yield Row("a lab, the median: lines of code", statistics.median(labs.values()), 90, unit="", note="157 at first")
    yield Row("a lab, the largest: lines of code", labs[largest], 160, unit="", note=f"{largest}; 267 at first")
    yield Row("tests: lines of code", total(TESTS.rglob("*.py")), 10_000, unit="", note="13,221 at first")
    yield Row("the longest function of the library: lines", longest, unit="", note=name)


def total(paths) -> int:
    return sum(map(code_lines, paths))


def code_lines(path: Path) -> int:
    """Lines that are neither blank, nor a comment, nor part of a docstring: what explains the code is not held against it."""
    text = path.read_text()
    lines = {
        number for number, line in enumerate(text.splitlines(), 1) if line.strip() and not line.strip().startswith("#")
    }
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node):
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(lines)


def function_lines(paths) -> Iterator[tuple[int, str]]:
    """The length and the name of every function, its docstring not counted."""
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                docstring = ast.get_docstring(node, clean=False)
                explained = len(docstring.splitlines()) if docstring else 0
                yield node.end_lineno - node.lineno + 1 - explained, f"{path.stem}.{node.name}"
