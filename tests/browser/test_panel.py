"""The panel's life on a page, with an experiment of which every curve is a knob."""

import os
import signal

import pytest

from tests.browser.jupyterlab import Notebook, write
from tests.browser.on_page import OnPage

EXPERIMENT = """
from redislab import panel
from redislab.bench import Chart, Experiment, Line, action, choice, number, switch

class Knobs(Experiment):
    title, claim = "Knobs", "What is turned is drawn"
    level = number(10.0, 0, 100, label="Level", unit="%")
    size = number(10, 1, 1000, label="Size", unit="B", log=True, integer=True)
    mode = choice("one", ["one", "two"], label="Mode")
    on = switch(False, label="On")
    charts = (
        Chart("Level", (Line("level", "level"), Line("half", "half", "dash", "predicted")), unit="%", low=0, high=100),
        Chart("Size", (Line("size", "size"), Line("two", "mode"), Line("on", "on")), unit="B", log_y=True),
        Chart("Bars", (Line("level", "level"), Line("half", "half"), Line("nil", "nil")), unit="%", kind="bars"),
        Chart("Curve", (Line("steps", "steps"),), unit="%", kind="xy", x_title="place", x_unit="m"),
    )
    presets = {"Full": {"level": 100.0}}
    rate, broken, extra = 50, False, 0

    def setup(self, lab):
        self.server = lab.server

    def request(self):
        return "request"

    @action("Break")
    def stop(self):
        self.broken = True

    def sample(self, window):
        if self.broken:
            raise RuntimeError("it was broken")
        steps = [(x, self.level * x) for x in range(5)]
        mode = 1 + (self.mode == "two")
        return {"level": self.level, "half": self.level / 2, "size": self.size, "two": mode, "on": 1 + self.on, "steps": steps}

    def sentence(self, values):
        return f"The level is {values['level']:.0f}."

    def verdict(self, values):
        return "so it is"
"""
IN_KERNEL = (
    "(len(__import__('ipywidgets').widgets.widget._instances), __import__('threading').active_count(),"
    " len(__import__('os').listdir('/proc/self/fd')))"
)
PLAIN = """
import plotly.graph_objects as go
from redislab.screen import LiveFigure
plain = LiveFigure([go.Figure(go.Scatter(name="p99"))])
plain.feed({"p99": ([0, 1, 2], [1, 3, 2])})
plain
"""
SHOWN = "shown = panel(Knobs())\nshown"
OTHER = "class Other(Knobs):\n    title = 'Other'\n\nanother = panel(Other(){})\nanother"
CELLS = {
    "experiment": EXPERIMENT,
    "panel": SHOWN,
    "figure": "shown.figure",
    "many lines": "print('\\n' * 200)",
    "resting panel": OTHER.format(", autostart=False"),
    "other panel": OTHER.format(""),
    "plain figure": PLAIN,
}


@pytest.fixture(scope="module")
def page(jupyterlab, context):
    """One notebook of these cells for all tests."""
    write(jupyterlab.folder / "scratch.ipynb", *CELLS.values())
    notebook = Notebook(context, jupyterlab, "scratch.ipynb")
    notebook.run_cell(0)
    yield notebook
    notebook.close()


@pytest.fixture
def scratch(page):
    """`scratch(*cells)` runs the cells of these names, and nothing else is shown."""

    def run(*names: str) -> Notebook:
        page.show(*(list(CELLS).index(name) for name in names))
        page.page.locator(".rl-board").first.evaluate("(el) => el.scrollIntoView()")
        return page

    yield run
    page.shoot("scratch-last")
    page.check()


def last(notebook, name: str):
    """The newest value drawn by the trace of that name."""
    traces = [trace for plot in notebook.plots() for trace in plot if trace["name"] == name]
    return traces[0]["y"][-1] if traces and traces[0]["y"] else None


def wait_last(notebook, name: str, value) -> None:
    notebook.page.wait_for_function(
        "([name, value]) => [...document.querySelectorAll('.js-plotly-plot')].some((plot) =>"
        " plot.data.some((trace) => trace.name === name && trace.y?.at(-1) === value))",
        arg=[name, value],
        timeout=60_000,
    )


def test_it_starts_when_it_is_seen_and_draws_every_kind_of_chart(scratch):
    notebook = scratch("panel")
    wait_last(notebook, "level", 10)
    OnPage(notebook, 0).unfold()
    notebook.page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot').length === 4")
    wait_last(notebook, "steps", 40)
    bars = next(plot for plot in notebook.plots() if plot[0]["name"] == "Bars")
    assert bars[0]["y"] == ["nil", "half", "level"] and bars[0]["x"] == [0, 5, 10]
    # and what was not measured is no 0
    assert notebook.page.locator(".bartext").all_text_contents() == ["–", "5 %", "10 %"]
    notebook.page.locator(".rl-sentence", has_text="The level is 10.").wait_for()
    assert notebook.ask("sorted(shown.figure.data())")[-1] == "two"


def test_a_figure_that_says_nothing_of_its_axes_is_drawn_too(scratch):
    notebook = scratch("plain figure")
    notebook.page.wait_for_selector(".js-plotly-plot .scatterlayer path.js-line")
    wait_last(notebook, "p99", 2)


PAINTED = "(el) => { el.painted = 0; el.on('plotly_afterplot', () => el.painted++) }"


def test_it_opens_small_and_what_is_folded_is_not_painted(scratch):
    notebook = scratch("other panel")
    page = notebook.page
    wait_last(notebook, "level", 10)
    on, plots = page.get_by_role("checkbox", name="On"), page.locator(".js-plotly-plot")
    assert plots.count() == 2 and on.count() == 0
    # If it is unfolded with the keyboard, expect all of it, the next knob a Tab away, and the points from before
    more = page.get_by_role("button", name="More: 1 knob, 2 charts")
    more.press("Enter")
    less = page.locator(".rl-more[aria-expanded=true]", has_text="Less")
    less.wait_for()
    assert less.evaluate("(el) => document.activeElement === el")
    page.keyboard.press("Tab")
    assert on.evaluate("(el) => document.activeElement === el")
    wait_last(notebook, "steps", 40)
    assert plots.count() == 4
    # If it is folded, expect that only what is left goes on being painted
    bars, level = plots.nth(2).element_handle(), plots.nth(0)
    less.click()
    page.locator(".rl-more[aria-expanded=false]").wait_for()
    for each in (bars, level.element_handle()):
        each.evaluate(PAINTED)
    page.wait_for_function("(el) => el.painted > 2", arg=level.element_handle())
    assert bars.evaluate("(el) => el.painted") == 0


def test_it_is_unfolded_again_when_its_cell_is_run_again(scratch):
    notebook = scratch("panel")
    OnPage(notebook, 0).unfold()
    scratch("panel")
    wait_last(notebook, "steps", 40)
    assert notebook.page.locator(".rl-more").inner_text() == "Less"
    # and folded, folded
    notebook.page.locator(".rl-more").click()
    notebook.until("not shown.figure.more")
    scratch("panel")
    wait_last(notebook, "level", 10)
    assert notebook.page.locator(".js-plotly-plot").count() == 2


def test_its_knobs_stay_in_sight_while_its_charts_scroll(scratch):
    notebook = scratch("panel", "many lines")
    panel = OnPage(notebook, 0)
    panel.unfold()
    notebook.page.set_viewport_size({"width": 1280, "height": 560})
    panel.here.locator(".rl-plot").last.evaluate("(el) => el.scrollIntoView({ block: 'end' })")
    place = panel.here.locator(".rl-knob").first.bounding_box()
    assert place["y"] > panel.here.bounding_box()["y"] + 200, "they have not moved with the page"
    assert 0 < place["y"] < 300
    notebook.page.set_viewport_size({"width": 1280, "height": 900})


def test_a_knob_turned_in_a_cell_moves_the_slider_and_the_curve(scratch):
    notebook = scratch("panel")
    wait_last(notebook, "level", 10)
    notebook.ask("setattr(shown.experiment, 'level', 42.0)")
    wait_last(notebook, "level", 42)
    assert notebook.page.locator(".rl-knob .rl-figure").first.inner_text() == "42 %"


def test_two_views_draw_the_same_and_a_page_loaded_anew_has_all_points(scratch):
    notebook = scratch("panel", "figure")
    wait_last(notebook, "level", 10)
    notebook.page.locator(".rl-board").last.scroll_into_view_if_needed()
    notebook.page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot').length >= 4")
    notebook.until("shown.recording.last['t'] > 3")
    notebook.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    notebook.page.reload()
    # the page grows for a while, so that what was in sight is not any longer
    notebook.page.wait_for_function(
        "() => { document.querySelector('.rl-panel')?.scrollIntoView();"
        " return document.querySelector('.rl-panel .js-plotly-plot')?.data?.[0].y?.at(-1) === 10 }"
    )
    assert notebook.plots()[0][0]["x"][0] < 1


def test_out_of_sight_it_pauses_and_back_in_sight_it_goes_on(scratch):
    notebook = scratch("panel", "many lines")
    OnPage(notebook, 0).start()
    notebook.page.locator(".jp-OutputArea-output").last.evaluate("(el) => el.scrollIntoView({ block: 'end' })")
    notebook.until("shown.runner.state == 'paused'")
    assert "out of sight" in notebook.ask("shown.told.status.html")
    panel = OnPage(notebook, 0)
    notebook.until("shown.runner.state == 'running'")
    panel.goes_on()


def test_starting_one_pauses_the_other(scratch):
    notebook = scratch("panel", "resting panel")
    OnPage(notebook, 0).start()
    OnPage(notebook, 1).here.locator(".rl-go").evaluate("(el) => el.click()")
    notebook.until("another.runner.state == 'running' and shown.runner.state == 'paused'")


def test_one_that_came_into_sight_beside_another_begins_when_that_one_has_left(scratch):
    notebook = scratch("panel", "other panel")
    OnPage(notebook, 0).start()
    boards = notebook.page.locator(".rl-board")
    boards.last.evaluate(
        "(el) => { el.scrollIntoView({ block: 'start' }); el.closest('.jp-WindowedPanel-outer').scrollBy(0, -300) }"
    )
    notebook.until("shown.runner.measuring and another.runner.visible and not another.runner.measuring")
    boards.last.evaluate("(el) => el.scrollIntoView({ block: 'start' })")
    notebook.until("another.runner.state == 'running' and shown.runner.state == 'paused'")


def test_running_the_cell_again_leaves_one_panel_and_nothing_growing(scratch):
    notebook = scratch("panel")
    wait_last(notebook, "level", 10)
    early = ()
    for turn in range(20):
        notebook.run_cell(1)
        notebook.until("shown.runner.state == 'running'")
        wait_last(notebook, "level", 10)
        if turn == 2:
            early = notebook.ask(IN_KERNEL)
    assert notebook.page.locator(".rl-panel").count() == 1
    assert notebook.ask("len(__import__('redislab.bench.session', fromlist=['x']).Bench.shared()._sessions)") == 1
    # a panel that goes ends its threads and files in its own time
    notebook.until(f"all(late <= early + 1 for early, late in zip({early}, {IN_KERNEL}))")


def test_a_failing_experiment_says_so_in_a_sentence(scratch):
    notebook = scratch("panel")
    wait_last(notebook, "level", 10)
    notebook.page.get_by_role("button", name="Break").click()
    notebook.page.locator(".rl-note", has_text="it was broken").wait_for()
    assert notebook.page.locator(".rl-go").inner_text() == "Start"
    notebook.page.locator(".rl-go").click()
    OnPage(notebook, 0).goes_on()


@pytest.mark.quiet  # a container that comes is a change of network to every Chromium, which then drops what it has asked for
@pytest.mark.docker
def test_a_panel_in_front_of_a_container(jupyterlab, open_notebook):
    chosen = "import os\nos.environ['REDISLAB_BACKEND'] = 'docker'"
    write(jupyterlab.folder / "container.ipynb", chosen, EXPERIMENT, SHOWN)
    notebook = open_notebook("container.ipynb")
    notebook.run_all()
    OnPage(notebook, 0).start()
    wait_last(notebook, "level", 10)
    notebook.page.locator(".rl-head", has_text="docker").wait_for()


def test_a_bench_that_dies_is_told_and_started_anew(scratch):
    notebook = scratch("panel")
    wait_last(notebook, "level", 10)
    os.kill(notebook.ask("shown.runner._bench.process.pid"), signal.SIGKILL)
    notebook.page.locator(".rl-note", has_text="Press Start").wait_for()
    notebook.page.locator(".rl-go").click()
    OnPage(notebook, 0).goes_on()


def test_the_theme_is_followed(scratch):
    notebook = scratch("panel")
    wait_last(notebook, "level", 10)
    colour = "() => document.querySelector('.js-plotly-plot').layout.font.color"
    for dark in (True, False):
        before = notebook.page.evaluate(colour)
        notebook.theme(dark)
        notebook.page.wait_for_function(f"(before) => ({colour})() !== before", arg=before)
