"""The card: the task, hints in steps, what was found; and the same in a terminal."""

import functools
import itertools

import ipywidgets as widgets
import pytest

from redislab import exercise
from redislab.study.sandbox import Finding, Report
from redislab.study.task import Result, html, untouched
from tests.notebooks import NOTEBOOKS, code_cells


@pytest.fixture
def shown():
    made = exercise("negative-caching")
    yield made
    made.close()


def buttons(card) -> dict:
    hints = next(child for child in card.children if "Hints" in type(child).__name__)
    return {button["name"]: functools.partial(hints.toolbar.press, button["name"]) for button in hints.toolbar.buttons}


def opened(card) -> str:
    return next(child for child in card.children if "Hints" in type(child).__name__).children[1].html


def test_an_unknown_exercise_names_the_nearest_one():
    with pytest.raises(ValueError, match="Did you mean 'single-flight'"):
        exercise("single-fligth")


def test_hints_come_in_steps_and_then_the_solution(shown):
    hints = [f"Hint {number}" for number, _ in enumerate(shown.text.hints, 1)]
    assert list(buttons(shown)) == [*hints, "Solution"]
    assert opened(shown) == ""
    # If a button is pressed, expect what it says; if it is pressed again, expect that gone
    buttons(shown)["Hint 2"]()
    assert html(shown.text.hints[1]) in opened(shown) and "rl-source" not in opened(shown)
    buttons(shown)["Solution"]()
    assert "rl-source" in opened(shown)
    for label in ("Hint 2", "Solution"):
        buttons(shown)[label]()
    assert opened(shown) == ""


def test_hints_and_the_solution_can_be_had_from_python(shown):
    first, second = shown.hint(), shown.hint()
    assert [str(first), str(second)] == list(shown.text.hints[:2])
    assert str(shown.hint(3)) == shown.text.hints[2]
    assert "Hint 1" in opened(shown) and "Hint 3" in opened(shown)
    assert shown.solution()["solution.py"] == shown.text.solution
    with pytest.raises(ValueError, match=rf"there are {len(shown.text.hints)}, and then task.solution\(\)"):
        shown.hint(len(shown.text.hints) + 1)


def test_in_a_terminal_it_is_text(shown):
    assert shown.text.task in repr(shown)
    assert "4. 1000 reads of an unknown id are one query" in repr(shown)


def test_what_is_no_function_is_not_tried(shown):
    assert "Give the function itself, not what it returned (None)" in repr(shown.check(None))


def test_a_starter_with_another_comment_is_untouched_and_one_with_a_change_is_not():
    starter = "import json\n\ndef f(x):\n    ...  # here\n    return json.dumps(x)\n"
    for code, same in [(starter.replace("here", "there"), True), (starter.replace("dumps", "loads"), False)]:
        scope = {}
        exec(code, scope)
        assert untouched(scope["f"], starter) is same
    assert not untouched(print, starter)


def test_a_result_names_the_hint_beside_each_requirement_that_is_not_met(shown):
    findings = [Finding("One", 1, True, "seen"), Finding("Two", 3, False, "2 <commands>"), Finding("Three", 2)]
    result = Result(shown.name, shown.text, Report(findings, said="<b>printed</b>"))
    assert not result.passed and "Not yet: 1 of 3" in result.children[0].html
    assert "2 &lt;commands&gt;. <em>Hint 3 is about this.</em>" in result.children[0].html
    assert "Three" not in result.children[0].html
    assert list(buttons(result)) == ["Hint 3"]
    assert "&lt;b&gt;printed" in result.children[-1].html
    assert "✗ Two: 2 <commands> (task.hint(3))" in repr(result)
    result.close()


def test_showing_it_again_leaves_no_widget():
    before = len(widgets.widgets.widget._instances)
    for _ in range(3):
        made = exercise("write-order")
        made.check(None)
        made.check(None)
    made.close()
    assert len(widgets.widgets.widget._instances) == before


def test_text_becomes_html():
    assert html("a `b < c`\n\nd *e* 2 * 3 * 4") == "<p>a <code>b &lt; c</code></p><p>d <em>e</em> 2 * 3 * 4</p>"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_gives_the_starter_as_the_exercise_has_it(path):
    code = [cell.source for cell in code_cells(path)]
    for cell, following in itertools.pairwise(code):
        if 'exercise("' in cell:
            name = cell.partition('exercise("')[2].partition('"')[0]
            assert following.strip() == exercise(name).text.starter.strip()
            exercise(name).close()
