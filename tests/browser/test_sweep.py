"""A sweep and a decision on a page: rows of answers, by keyboard too, and a bar that is gone when the curve is whole."""

import pytest

from tests.browser.jupyterlab import Notebook, write

EXPERIMENT = """
import time
from redislab import panel
from redislab.bench import Chart, Line, Sweep, decision, switch

TREE = ("What is it?", {"a number": "NUMBER", "something else": ("Which?", {"a word": "WORD", "a list": "LIST"})})

class Slow(Sweep):
    title, claim = "Slow", "It takes its time"
    leaf = decision("NUMBER", TREE, label="What is it?")
    hold = switch(True, label="Hold", help="the first point takes until it is off")
    charts = (Chart("Lengths", (Line("length", "length"), Line("former length", "before")), unit="B", kind="xy"),)

    def points(self):
        return [1, 2, 3]

    def point(self, x):
        while self.hold and not self.stopping:
            self.report(0.5, "counting")
            time.sleep(0.02)
        return {"length": x * len(self.leaf)}

    def findings(self, values):
        return [["leaf", "points"], [self.leaf, f"✓ {len(values['curve'])}"]]
"""


@pytest.fixture(scope="module")
def page(jupyterlab, context):
    write(jupyterlab.folder / "sweep.ipynb", EXPERIMENT, "shown = panel(Slow())\nshown")
    opened = Notebook(context, jupyterlab, "sweep.ipynb")
    opened.run_cell(0)
    yield opened
    opened.close()


@pytest.fixture
def notebook(page):
    page.show(1)
    page.page.locator(".rl-panel").first.evaluate("(el) => el.scrollIntoView()")
    yield page
    page.check()


def drawn(notebook, name: str, ys: list) -> None:
    notebook.page.wait_for_function(
        "([name, ys]) => [...document.querySelectorAll('.js-plotly-plot')].some((plot) =>"
        " plot.data.some((trace) => trace.name === name && JSON.stringify(trace.y) === JSON.stringify(ys)))",
        arg=[name, ys],
        timeout=30_000,
    )


def test_answers_lead_to_a_leaf_which_begins_the_sweep_anew(notebook):
    page, outcome = notebook.page, notebook.page.locator(".rl-outcome")
    bar = page.locator(".rl-progress progress")
    bar.wait_for()
    assert bar.get_attribute("aria-label")
    notebook.ask("setattr(shown.experiment, 'hold', False)")
    drawn(notebook, "length", [6, 12, 18])
    page.locator(".rl-state", has_text="done").wait_for()
    assert bar.count() == 0 and page.locator(".rl-go").inner_text() == "Measure again"
    # If a question is answered by another one, expect its row, and that nothing is measured yet
    assert page.locator(".rl-questions fieldset").count() == 1 and outcome.inner_text() == "→ NUMBER"
    page.get_by_role("radio", name="something else").check()
    assert page.locator(".rl-questions fieldset").count() == 2 and outcome.inner_text() == "→ …"
    assert notebook.ask("shown.experiment.leaf") == "NUMBER"
    # If that one is answered with the keyboard, expect the leaf
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert outcome.inner_text() == "→ WORD"
    drawn(notebook, "length", [4, 8, 12])
    drawn(notebook, "before", [6, 12, 18])
    page.locator(".rl-findings .rl-met", has_text="✓ 3").wait_for()


def test_a_leaf_set_in_a_cell_is_shown_with_the_answers_that_lead_to_it(notebook):
    notebook.page.locator(".rl-outcome", has_text="→ NUMBER").wait_for()
    notebook.ask("shown.experiment.set_knobs({'leaf': 'LIST', 'hold': False})")
    notebook.page.locator(".rl-outcome", has_text="→ LIST").wait_for()
    assert notebook.page.get_by_role("radio", name="a list").is_checked()
    assert notebook.page.get_by_role("radio", name="something else").is_checked()
    drawn(notebook, "length", [4, 8, 12])
    # and the answers of the first question lead back
    notebook.page.get_by_role("radio", name="a number").check()
    drawn(notebook, "length", [6, 12, 18])
    assert notebook.page.locator(".rl-questions fieldset").count() == 1
