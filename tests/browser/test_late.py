"""A page that is too busy to begin with a widget's script in time hears the kernel all the same."""

from tests.browser.jupyterlab import write
from tests.browser.on_page import OnPage
from tests.browser.test_panel import EXPERIMENT, SHOWN

# longer than anywidget waits
LATE = """
from redislab.screen.controls import Fields, Toolbar
from redislab.screen.live import LiveFigure
from redislab.screen.words import Words
for kind in (Fields, Toolbar, LiveFigure, Words):
    kind._esm = "await new Promise((done) => setTimeout(done, 4000));" + kind._esm
"""


def test_what_begins_late_follows_the_kernel(jupyterlab, open_notebook):
    write(jupyterlab.folder / "late.ipynb", EXPERIMENT + LATE, SHOWN)
    notebook = open_notebook("late.ipynb")
    notebook.run_all()
    panel = OnPage(notebook, 0)
    panel.start()
    # If a cell moves a knob, expect the slider, the curve and the words to follow
    notebook.ask("setattr(shown.experiment, 'level', 42.0)")
    panel.here.locator(".rl-knob .rl-figure", has_text="42 %").wait_for()
    panel.here.locator(".rl-sentence", has_text="The level is 42.").wait_for()
    panel.button("Pause").click()
    panel.button("Start").wait_for()
    assert all("Failed to initialize model" in error for error in notebook.errors)
    notebook.errors.clear()
