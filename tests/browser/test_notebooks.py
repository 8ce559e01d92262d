"""Every notebook, in a real JupyterLab: each panel appears, and each of its controls changes what is measured and drawn."""

import re

import pytest

from redislab.screen.controls import CHARTS, KNOBS
from tests.browser.jupyterlab import Notebook
from tests.browser.on_page import HEIGHTS, PANELS, OnPage
from tests.conftest import tour
from tests.notebooks import NOTEBOOKS, ROOT, code_cells
from tests.test_images import pictures

HEIGHT = 1300  # px, as high as a panel: what is out of sight is not painted


def turn(control) -> None:
    """Move a control as a person at the keyboard does."""
    if (slider := control.locator("input[type=range]")).count():
        at_end = slider.input_value() == slider.get_attribute("max")
        slider.press("ArrowLeft" if at_end else "ArrowRight")
    elif (menu := control.locator("select")).count():
        other = (menu.evaluate("(el) => el.selectedIndex") + 1) % menu.locator("option").count()
        menu.select_option(index=other)
    elif (box := control.locator("input[type=text]")).count():
        box.fill(f"{box.input_value()}:7")
    elif (questions := control.locator("fieldset")).count():
        first = questions.first.locator("input")
        first.nth(int(first.nth(0).is_checked())).check()
        if questions.count() > 1:
            questions.nth(1).locator("input").first.check()
    else:
        control.locator("input").click()


def few_first(panel: OnPage) -> None:
    """It opens with a few knobs and charts, and has all of them when it is unfolded."""
    knobs, charts = (panel.ask(f"len(panel.experiment.{what})") for what in ("knobs()", "charts"))
    assert panel.here.locator(".rl-knob:visible, .rl-decision").count() == min(knobs, KNOBS)
    assert panel.here.locator(".rl-plot").count() == min(charts, CHARTS)
    panel.unfold()
    assert panel.here.locator(".rl-plot").count() == charts


def every_knob(panel: OnPage) -> None:
    controls = panel.here.locator(".rl-knob")
    names = panel.ask("list(panel.experiment.knobs())")
    assert controls.count() == len(names)
    for index, name in enumerate(names):
        before, drawn = panel.ask(f"panel.recording.last[{name!r}]"), panel.drawn()
        turn(controls.nth(index))
        panel.until(f"panel.recording.last[{name!r}] != {before!r}")
        panel.goes_on(drawn)


def every_preset(panel: OnPage) -> None:
    for label, knobs in panel.ask("panel.experiment.presets").items():
        drawn = panel.drawn()
        panel.button(label).click()
        panel.until(f"{knobs!r}.items() <= panel.recording.last.items()")
        panel.goes_on(drawn)


def every_action(panel: OnPage) -> None:
    for label in panel.ask("list(panel.experiment.actions().values())"):
        drawn = panel.drawn()
        panel.button(label).click()
        panel.goes_on(drawn)
    assert panel.ask("panel.runner.state") == "running"


def main_button(panel: OnPage) -> None:
    """What measures rests when it is pressed, and goes on; a sweep that is done by then is measured again."""
    count = panel.ask("len(panel.recording.samples)")
    panel.here.locator(".rl-go").click()
    again = f"panel.runner.done and len(panel.recording.samples) > {count}"
    panel.until(f"panel.runner.state == 'paused' or ({again})")
    if panel.ask("panel.runner.state") == "paused":
        panel.start()


def every_button(panel: OnPage) -> None:
    panel.button("Table").click()
    panel.here.locator(".rl-table td").first.wait_for()
    panel.until("len(panel.recording.samples) > 0")  # an action may have begun anew
    with panel.page.expect_download() as download:
        panel.button("CSV").click()
    header = download.value.path().read_text().splitlines()[0]
    assert header.startswith("t,") and all(name in header for name in panel.ask("list(panel.experiment.knobs())"))
    before = panel.ask("panel.recording.last['t']")
    panel.button("Reset").click()
    panel.until(f"0 < panel.recording.last.get('t', 0) < {before!r}")
    panel.goes_on()
    main_button(panel)


PANEL_CALL = re.compile(r"panel\(labs\.(\w+)\(")
SHOWN = {
    path.name: [name for cell in code_cells(path) for name in PANEL_CALL.findall(cell.source)] for path in NOTEBOOKS
}
each_panel = pytest.mark.parametrize(
    ("name", "index"),
    [
        pytest.param(name, index, id=f"{name[:2]}-{lab}", marks=tour(name))
        for name, labs in SHOWN.items()
        for index, lab in enumerate(labs)
    ],
)


@pytest.fixture(scope="module")
def opened(jupyterlab, context):
    """`opened(name)`: the notebook of that name, all of whose cells have been run, and which has all its panels and drawings.

    It stays open for the tests of its panels, until another one is asked for.
    """
    held: dict[str, Notebook] = {}

    def close() -> None:
        for notebook in held.values():
            notebook.close()
        held.clear()

    def find(name: str) -> Notebook:
        if name not in held:
            close()
            notebook = held[name] = Notebook(context, jupyterlab, name, height=HEIGHT)
            notebook.run_all()
            count = "(count) => document.querySelectorAll('.rl-panel').length === count"
            notebook.page.wait_for_function(count, arg=len(SHOWN[name]))
            assert notebook.ask(f"[type(each.experiment).__name__ for each in {PANELS}]") == SHOWN[name]
            notebook.shows(alt for alt, _ in pictures(ROOT / "notebooks" / name))
        return held[name]

    yield find
    close()


@pytest.mark.parametrize("name", [name for name, labs in SHOWN.items() if not labs])
def test_a_notebook_without_panels_runs_without_an_error(opened, name):
    opened(name).check()


@each_panel
def test_every_panel_appears_and_every_control_changes_what_is_measured_and_drawn(opened, name, index):
    panel = OnPage(opened(name), index)
    assert panel.ask("panel.told._asked(panel.experiment.settings())"), "it opens elsewhere than its guess is about"
    panel.here.evaluate(HEIGHTS)
    panel.start()
    panel.here.locator(".rl-sentence", has_text=".").wait_for()
    assert panel.colours() <= panel.palette()
    panel.notebook.shoot(f"{name[:2]}-{index}")
    for check in (few_first, every_knob, every_preset, every_action, every_button):
        check(panel)
    assert panel.here.evaluate("(el) => el.heights.size") == 1, "its buttons move when its head says something else"
    panel.notebook.check()
