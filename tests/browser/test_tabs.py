"""One notebook in two tabs: any that shows a panel keeps it going, one that goes says so, and what is run in one is told in the other."""

import pytest

from tests.browser.jupyterlab import Notebook, write
from tests.browser.test_panel import EXPERIMENT, SHOWN
from tests.browser.test_sight import FAR, to_cell

# silence is not taken for leaving here, unless a test says so
ENDLESS = "from redislab.screen import runner as running\nrunning.SILENT = float('inf')"
PANEL, AWAY = 2, 5
ELSEWHERE = "Run this cell to have it here."


def opened(notebook):
    """Its panel is drawn."""
    notebook.page.locator(".rl-panel .js-plotly-plot").first.wait_for()
    return notebook


@pytest.fixture
def tabs(jupyterlab, context, open_notebook):
    """Two of them, in both of which the panel is in sight."""
    write(jupyterlab.folder / "tabs.ipynb", ENDLESS, EXPERIMENT, SHOWN, *[FAR] * 3)
    first = open_notebook("tabs.ipynb")
    first.run_all()
    to_cell(first, PANEL)
    opened(first)
    first.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    second = Notebook(context, jupyterlab, "tabs.ipynb")
    to_cell(second, PANEL)
    opened(second)
    second.until("len(shown.runner._pages) == 2 and shown.runner.state == 'running'")
    yield first, second
    second.page.close()  # without its kernel, which is the first one's


def test_any_page_in_sight_keeps_it_going(tabs):
    first, second = tabs
    to_cell(first, AWAY)
    second.until("len(shown.runner._pages) == 1")
    assert second.ask("shown.runner.measuring")
    to_cell(second, AWAY)
    second.until("shown.runner.state == 'paused' and not shown.runner.visible")
    to_cell(second, PANEL)
    second.until("shown.runner.state == 'running'")


LEAVING = {
    "closed": lambda page: page.close(),
    "loaded again": lambda page: page.reload(),
    "elsewhere": lambda page: page.goto("about:blank"),
    "behind another tab": lambda page: page.evaluate(
        "() => { Object.defineProperty(document, 'hidden', { value: true });"
        " document.dispatchEvent(new Event('visibilitychange')) }"
    ),
}


@pytest.mark.parametrize("how", LEAVING)
def test_a_page_that_goes_says_so(tabs, how):
    first, second = tabs
    to_cell(first, AWAY)
    first.until("len(shown.runner._pages) == 1")
    LEAVING[how](second.page)
    first.until("shown.runner.pause_reason and not shown.runner._pages")


def test_a_page_whose_silence_was_taken_for_leaving_goes_on_when_it_is_heard_again(tabs):
    first, second = tabs
    to_cell(first, AWAY)
    second.until("len(shown.runner._pages) == 1")
    second.ask("setattr(running, 'SILENT', -1.0)")
    second.until("shown.runner.paused_out_of_sight")
    second.ask("setattr(running, 'SILENT', float('inf'))")
    second.until("shown.runner.state == 'running'")


def test_what_is_run_again_in_one_is_told_in_the_other(tabs):
    first, second = tabs
    first.run_all()
    second.page.locator(".rl-gone", has_text=ELSEWHERE).wait_for()
    assert second.page.locator(".rl-panel").count() == 0
    assert first.page.locator(".rl-gone").count() == 0
    # If it is run there, expect it there, and the same advice in the place that it had
    second.run_cell(PANEL)
    opened(second)
    first.page.locator(".rl-gone", has_text=ELSEWHERE).wait_for()
    assert second.page.locator(".rl-gone").count() == 0
    second.check()
