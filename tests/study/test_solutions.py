"""Passed solutions are kept as text: shown before they are run, asked for when they come from elsewhere, run in the bench only."""

import linecache

import pytest

from redislab import progress as card
from redislab.bench.mine import last_function
from redislab.study import progress
from redislab.study.solutions import keep, solutions, text_of

CELL = """import json

LIMIT = 3
task = print("only the definitions are kept")

def twice(value):
    return secrets.token_hex(len(json.dumps(value))) * LIMIT

def count_words(text):
    return twice(text)

def helper():
    return 1
"""


@pytest.fixture
def function():
    """Of a cell, as IPython has it."""
    linecache.cache["<a cell>"] = len(CELL), None, CELL.splitlines(keepends=True), "<a cell>"
    scope = {"__name__": "__main__", "secrets": __import__("secrets")}
    exec(compile(CELL, "<a cell>", "exec"), scope)
    return scope["count_words"]


def test_the_definitions_of_its_cell_are_kept_with_the_modules_of_other_cells(function):
    text = text_of(function)
    assert "print" not in text and "LIMIT = 3" in text and text.startswith("import secrets")
    again = last_function(text)
    assert again.__name__ == "count_words" and len(again("abc")) == 3 * 2 * len('"abc"')
    assert text_of(test_the_definitions_of_its_cell_are_kept_with_the_modules_of_other_cells) == text_of(print) == ""


def test_the_last_one_counts_and_is_shown(function):
    assert "No solution" in repr(solutions()) and "No solution" in solutions()._repr_html_()
    progress.note("solution", "count-words", code="old")
    keep("count-words", function)
    assert list(solutions()) == ["count-words"] and "def count_words" in repr(solutions())
    assert "count_words" in solutions()._repr_html_()


def test_code_from_elsewhere_is_shown_and_asked_for_and_nothing_runs_it(progress_file, tmp_path):
    progress.note("solution", "count-words", code=f"open({str(tmp_path / 'ran')!r}, 'w')")
    progress.note("exercise", "count-words", passed=True)
    taken = tmp_path / "taken.sqlite"
    taken.write_bytes(progress.dump())
    progress_file.unlink()
    shown = card()
    shown.load(taken)
    # Expect the exercise to count, and the code to be on the page only
    assert [one["kind"] for one in progress.notes()] == ["exercise"] and not solutions()
    assert "open" in shown._code.html and "do you want to keep them" in shown._code.html
    shown._asks.press("leave")
    assert not solutions() and not shown._code.html
    shown.load(taken)
    shown._asks.press("keep")
    assert list(solutions()) == ["count-words"] and not shown._code.html
    # If it is brought back once more, expect no question
    shown.load(taken)
    assert not shown._code.html and not (tmp_path / "ran").exists()
    shown.close()
