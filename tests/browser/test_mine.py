"""A learner's own function on a page: chosen, wrong, mended, and beside the others."""

import pytest

from tests.browser.jupyterlab import Notebook, write
from tests.browser.on_page import OnPage

CELLS = (
    "from redislab import labs, panel",
    "def allow(client, keys, subject, limit, window):\n    return client.incr(keys.limit('own', subject)) <= most[subject]",
    "most = {}\nshown = panel(labs.RateLimitLab(mine=allow))\nshown",
    "from collections import Counter, defaultdict\nmost = defaultdict(lambda: 10**6)\n"
    "shown = panel(labs.RateLimitLab(mine=allow))\nshown",
)


@pytest.mark.timeout(180)
def test_what_is_wrong_with_it_stands_beside_the_choice_and_the_others_go_on(jupyterlab, context):
    write(jupyterlab.folder / "mine.ipynb", *CELLS)
    notebook = Notebook(context, jupyterlab, "mine.ipynb")
    for cell in range(3):
        notebook.run_cell(cell)
    panel = OnPage(notebook, 0)
    said = panel.here.locator(".rl-sentence")
    said.filter(has_text="Yours: It raised KeyError: 1, in line 2 of allow.").wait_for()
    notebook.shoot("mine-raises")
    menu = panel.here.get_by_label("Algorithm")
    assert menu.locator("option").last.inner_text() == "yours"
    menu.select_option("sliding log")
    said.filter(has_text="were admitted").wait_for()
    # If what it uses of another cell is mended, expect that it travels along
    notebook.run_cell(3)
    panel = OnPage(notebook, 0)
    panel.until("panel.experiment.algorithm == 'yours' and sum(panel.recording.last.get('let_in', [0])) >= 100")
    assert panel.ask("panel.recording.last['mine']") == ""
    notebook.shoot("mine-runs")
    notebook.close()
