"""The kernel was restarted, and no cell has been run since: every widget of ours says so, stops, and takes no input."""

import pytest

from tests.browser.jupyterlab import write
from tests.browser.test_sweep import EXPERIMENT

START = "from redislab import panel, start\nlab = start()\nlab"
CELLS = {
    "panel": "shown = panel(Slow())\nshown",
    "figure": "shown.figure",
    "guess": "from redislab import predict\nguess = predict('How much?', 0, 100, unit='%', key='hits')\nguess",
    "exercise": "from redislab import exercise\ntask = exercise('write-order')\ntask",
    "result": "task.check(None)",
    "quiz": "from redislab import quiz\nquiz('write-through')",
    "claims": "from redislab import claims\nclaims('4.2')",
    "progress": "from redislab import progress\nprogress()",
}
BLOCKS = len(CELLS)
ADVICE = "Run this cell again, or all of them: Run → Run All Cells."
# what of ours could still be pressed or moved
LIVE = (
    "() => [...document.querySelectorAll('.jp-Notebook :is(.rl, .rl-board) :is(button, input, select, summary, a)')]"
    ".filter((each) => !each.closest('[inert]')).map((each) => each.outerHTML)"
)
SAID = (
    "() => [...document.querySelectorAll('.jp-Notebook .jp-OutputArea-output')].map((el) => "
    "el.innerText + getComputedStyle(el, '::after').content)"
)


@pytest.fixture
def notebook(jupyterlab, open_notebook):
    write(jupyterlab.folder / "ended.ipynb", START, EXPERIMENT, *CELLS.values())
    opened = open_notebook("ended.ipynb", height=3000)
    opened.run_all()
    opened.page.locator(".rl-quiz").wait_for()
    opened.page.locator(".rl-claims tbody").first.wait_for()
    return opened


def test_a_restart_is_said_by_all_and_none_takes_input(notebook, jupyterlab):
    page = notebook.page
    assert len(page.evaluate(LIVE)) > 30
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    page.wait_for_function("(count) => document.querySelectorAll('.rl-gone').length === count", arg=BLOCKS)
    assert all(ADVICE in said for said in page.locator(".rl-gone").all_inner_texts())
    assert page.evaluate(LIVE) == []
    notebook.shoot("ended")
    # If the page is loaded again, expect the same advice in the place of each, and no picture of something broken
    page.reload()
    page.wait_for_function("window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel")
    page.wait_for_function(
        f"(advice) => ({SAID})().filter((said) => said.includes(advice)).length === {BLOCKS}", arg=ADVICE
    )
    assert page.locator(".jp-Notebook .jp-OutputArea-output svg").count() == 0
    notebook.shoot("ended-reloaded")
    # and that all is well when the cells are run again
    notebook.run_all()
    notebook.until("shown.runner.state == 'running'")
    assert page.locator(".rl-gone").count() == 0
    assert all("odel not found" in error for error in notebook.errors)
    notebook.errors.clear()
