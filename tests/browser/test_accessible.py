"""axe-core finds nothing serious or critical in what the notebooks show, light and dark; and what it cannot know."""

import importlib.util
from pathlib import Path

import pytest

from tests.browser.jupyterlab import write
from tests.browser.test_panel import EXPERIMENT, SHOWN
from tests.conftest import IN_CI, tour
from tests.notebooks import NOTEBOOKS

GRAVE = ("serious", "critical")
# what is ours: the outputs and the text; JupyterLab answers for the rest of the page
LOOK = """async () => {
  const include = [[".jp-NotebookPanel .jp-OutputArea-output"], [".jp-NotebookPanel .jp-RenderedMarkdown"]];
  const { violations } = await axe.run({ include }, { resultTypes: ["violations"] });
  return violations.flatMap(({ id, impact, nodes }) => nodes.map(({ html }) => ({ id, impact, html: html.slice(0, 200) })));
}"""


def axe() -> str:
    """axe-core's script, as `axe-playwright-python` brings it."""
    package = importlib.util.find_spec("axe_playwright_python")
    if package is None:
        (pytest.fail if IN_CI else pytest.skip)(
            "axe-playwright-python is not installed: pip install --editable '.[test]'"
        )
    return (Path(package.origin).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem, marks=tour(path.stem)) for path in NOTEBOOKS])
def test_nothing_serious_is_found_in_a_notebook(open_notebook, path):
    notebook = open_notebook(path.name)
    notebook.run_all(400)
    page = notebook.page
    page.evaluate(axe())
    for theme, light in (("JupyterLab Light", "true"), ("JupyterLab Dark", "false")):
        notebook.command("apputils:change-theme", theme=theme)
        page.wait_for_selector(f"body[data-jp-theme-light='{light}']", state="attached")
        assert [found for found in page.evaluate(LOOK) if found["impact"] in GRAVE] == []


@pytest.fixture
def shown(jupyterlab, open_notebook):
    write(jupyterlab.folder / "named.ipynb", EXPERIMENT, SHOWN, "from redislab import show\nshow(panel)")
    notebook = open_notebook("named.ipynb")
    notebook.run_all()
    notebook.until("shown.runner.state == 'running'")
    return notebook


def test_controls_say_what_is_shown_and_buttons_whether_they_are_pressed(shown):
    page = shown.page
    level, size = page.get_by_role("slider", name="Level"), page.get_by_role("slider", name="Size")
    assert (level.get_attribute("aria-valuetext"), size.get_attribute("aria-valuetext")) == ("10 %", "10 B")
    size.press("End")
    assert size.get_attribute("aria-valuetext") == "1,000 B"
    page.get_by_role("button", name="More", expanded=False).click()
    page.get_by_role("button", name="Less", expanded=True).wait_for()
    for name, role in (("Mode", "combobox"), ("On", "checkbox")):
        assert page.get_by_role(role, name=name).count() == 1
    table = page.get_by_role("button", name="Table")
    assert table.get_attribute("aria-pressed") == "false"
    table.press("Enter")
    page.locator(".rl-button[aria-pressed=true]", has_text="Table").wait_for()
    # and the source that `show` printed is reached by the keyboard
    source = page.get_by_role("group", name="Source: panel.py")
    source.focus()
    assert source.evaluate("(el) => document.activeElement === el")


def test_a_screen_reader_hears_a_panel_at_rest_only(shown):
    heard = shown.page.locator(".rl-heard")
    assert heard.get_attribute("aria-live") == "polite"
    live = "() => [...document.querySelectorAll('.rl-panel [aria-live=polite], .rl-panel [role=status]')].map((el) => el.className)"
    assert len(shown.page.evaluate(live)) == 1
    shown.until("shown.recording.last['t'] > 1.5")
    assert heard.inner_text() == ""
    shown.page.get_by_role("button", name="Pause").click()
    shown.page.locator(".rl-heard", has_text="paused. The level is 10.").wait_for()


def test_jupyterlabs_keys_for_cells_are_not_for_our_buttons(shown):
    page = shown.page
    count = "() => window.jupyterapp.shell.currentWidget.content.widgets.length"
    before = page.evaluate(count)
    for control in (page.get_by_role("button", name="Reset"), page.get_by_role("slider", name="Level")):
        control.focus()
        for key in "ddxabm":
            page.keyboard.press(key)
            assert page.evaluate(count) == before
        assert control.evaluate("(el) => document.activeElement === el")
    # but those with Ctrl are JupyterLab's
    page.keyboard.press("Control+s")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
