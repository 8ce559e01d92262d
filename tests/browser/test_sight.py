"""In sight means visible to a person, in every windowing mode of JupyterLab."""

import json
import sys
from pathlib import Path

import pytest

from tests.browser.jupyterlab import SETTINGS, write
from tests.browser.test_panel import EXPERIMENT, SHOWN

TRACKER = "notebook-extension/tracker"
OTHER = "class Other(Knobs):\n    title = 'Other'\n\nother = panel(Other())\nother"
FAR = "print('\\n' * 120)"
SCHEMA = Path(sys.prefix, "share/jupyter/lab/schemas/@jupyterlab/notebook-extension/tracker.json")
KNOWN = json.dumps(json.loads(SCHEMA.read_text(encoding="utf-8"))["properties"]["windowingMode"])
# those that this JupyterLab has: `contentVisibility` is newer than 4.4
MODES = [mode for mode in ("full", "defer", "contentVisibility", "none") if f'"{mode}"' in KNOWN]


@pytest.fixture(params=MODES)
def windowing(request, jupyterlab):
    """JupyterLab's setting for how cells out of sight are kept."""
    jupyterlab.set(TRACKER, {"windowingMode": request.param})
    yield request.param
    jupyterlab.set(TRACKER, SETTINGS[TRACKER])


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
