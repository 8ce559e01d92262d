"""In sight means visible to a person: in every windowing mode of JupyterLab, and on any of several pages."""

import json

import pytest

from tests.browser.jupyterlab import SETTINGS, Notebook, write
from tests.browser.test_panel import EXPERIMENT, SHOWN

TRACKER = "notebook-extension/tracker"
OTHER = "class Other(Knobs):\n    title = 'Other'\n\nother = panel(Other())\nother"
FAR = "print('\\n' * 120)"
MODES = ["full", "defer", "contentVisibility", "none"]


@pytest.fixture(params=MODES)
def windowing(request, jupyterlab):
    """JupyterLab's setting for how cells out of sight are kept."""
    path = jupyterlab.home / "settings" / "@jupyterlab" / f"{TRACKER}.jupyterlab-settings"
    path.write_text(json.dumps({"windowingMode": request.param}))
    yield request.param
    path.write_text(json.dumps(SETTINGS[TRACKER]))


def to_cell(notebook, index: int) -> None:
    """Scroll as a person does who wants to see that cell, which may not be on the page yet."""
    notebook.page.evaluate(
        "(index) => window.jupyterapp.shell.currentWidget.content.scrollToItem(index, 'start')", index
    )


def test_the_one_in_sight_measures_and_the_others_rest(windowing, jupyterlab, open_notebook):
    write(jupyterlab.folder / "sight.ipynb", EXPERIMENT, SHOWN, *[FAR] * 3, OTHER)
    notebook = open_notebook("sight.ipynb")
    notebook.run_all()
    mode = "window.jupyterapp.shell.currentWidget.content.notebookConfig.windowingMode"
    assert notebook.page.evaluate(mode) == windowing
    for cell, here, away in ((1, "shown", "other"), (5, "other", "shown"), (1, "shown", "other")):
        to_cell(notebook, cell)
        notebook.until(f"{here}.runner.state == 'running'")
        notebook.until(f"{away}.runner.state != 'running' and not {away}.runner.visible")
        assert notebook.ask(f"{here}.runner.visible")


@pytest.fixture
def two_pages(jupyterlab, context, open_notebook):
    """The same panel on two pages."""
    write(jupyterlab.folder / "pages.ipynb", EXPERIMENT, SHOWN)
    one = open_notebook("pages.ipynb")
    one.run_all()
    to_cell(one, 1)
    one.until("shown.runner.state == 'running'")
    one.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    two = Notebook(context, jupyterlab, "pages.ipynb")
    to_cell(two, 1)
    two.page.locator(".rl-panel").wait_for()
    one.until("len(shown.runner._pages) == 2")
    return one, two


def test_any_page_in_sight_keeps_it_going_and_one_that_goes_says_so(two_pages):
    one, two = two_pages
    # If the panel leaves one page, expect that it goes on for the other
    two.page.locator(".rl-panel").evaluate("(el) => (el.style.opacity = 0)")
    one.until("len(shown.runner._pages) == 1")
    assert one.ask("shown.runner.state") == "running"
    two.page.locator(".rl-panel").evaluate("(el) => (el.style.opacity = 1)")
    one.until("len(shown.runner._pages) == 2")
    # If a page is left, expect that it is known; and without any, that nothing is measured
    two.page.goto("about:blank")
    one.until("len(shown.runner._pages) == 1", 20)
    two.page.close()
    one.page.locator(".rl-panel").evaluate("(el) => (el.style.opacity = 0)")
    one.until("shown.runner.state == 'paused'")


def test_what_is_run_again_on_one_page_is_said_on_the_other(two_pages):
    one, two = two_pages
    one.run_cell(1)
    said = "(el) => getComputedStyle(el, '::after').content"
    place = two.page.locator(".jp-OutputArea-output.lm-Panel").last
    two.page.wait_for_function("() => !document.querySelector('.rl-panel')")
    assert "Run this cell again to have it here" in place.evaluate(said) and place.is_visible()
    one.until("shown.runner.state == 'running'")
    assert one.page.locator(".rl-panel").count() == 1
    two.page.close()


def test_a_page_that_falls_silent_counts_as_gone(two_pages):
    one, two = two_pages
    two.page.locator(".rl-panel").evaluate("(el) => (el.style.opacity = 0)")
    one.until("len(shown.runner._pages) == 1")
    # If the only page with the panel in sight is stopped, as one that crashed
    one.page.evaluate("() => { window.setInterval(() => {}, 0); for (let id = 1; id < 9999; id++) clearInterval(id); }")
    two.until("shown.runner.state == 'paused'", 30)
    assert two.ask("shown.runner._pages") == {}
    two.close()
