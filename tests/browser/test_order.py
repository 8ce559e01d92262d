"""What a person does while the kernel is busy is done in that order, each thing as it was meant on the screen."""

import pytest

from tests.browser.jupyterlab import BUSY, write
from tests.browser.on_page import OnPage
from tests.browser.test_panel import EXPERIMENT, SHOWN


@pytest.fixture
def panel(jupyterlab, open_notebook):
    """One that runs, and a kernel that has just become busy."""
    write(jupyterlab.folder / "order.ipynb", EXPERIMENT, SHOWN, BUSY)
    notebook = open_notebook("order.ipynb")
    for index in (0, 1):
        notebook.run_cell(index)
    made = OnPage(notebook, 0)
    made.start()
    notebook.keep_busy(2)
    return made


def drag(panel, presses: int) -> None:
    slider = panel.here.get_by_role("slider", name="Level")
    slider.focus()
    for _ in range(presses):
        panel.page.keyboard.press("ArrowRight")


def test_a_preset_that_follows_a_slider_has_the_last_word(panel):
    drag(panel, 12)
    panel.button("Full").click()
    panel.until("panel.recording.last['level'] == 100")
    assert panel.here.locator(".rl-knob .rl-figure").first.inner_text() == "100 %"


def test_a_slider_that_follows_a_preset_has_the_last_word_and_stays_where_it_is(panel):
    panel.button("Full").click()
    drag(panel, 12)
    panel.until("panel.recording.last['level'] == 22")
    assert panel.here.locator(".rl-knob .rl-figure").first.inner_text() == "22 %"


def test_an_impatient_second_press_does_not_undo_the_first(panel):
    panel.button("Pause").dblclick()
    panel.button("Table").dblclick()
    panel.until("panel.runner.state == 'paused'")
    panel.here.locator(".rl-table td").first.wait_for()
    assert panel.ask("panel.runner.state") == "paused"
