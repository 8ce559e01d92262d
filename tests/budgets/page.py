"""Budgets that need a page: a real JupyterLab in headless Chromium, each figure beside what it is compared with."""

import itertools
import shutil
import statistics
import tempfile
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import sync_playwright

from redislab.bench import Session
from redislab.bench.latencies import Latencies
from redislab.lessons.labs import FirstContact
from redislab.study.claim import Figure
from tests.browser.jupyterlab import FLAGS, JupyterLab, Notebook, chromium, write
from tests.budgets.table import Row

FIGURE = """
import plotly.graph_objects as go
from redislab.screen import LiveFigure
figure = go.Figure([go.Scatter(x=[0, 1, 2], y=[1, 3, 2], name="p99", uid="p99")])
"""
FIGUREWIDGET = "go.FigureWidget(figure)"
LIVEFIGURE = "board = LiveFigure([figure]); board.feed({'p99': ([0, 1, 2], [1, 3, 2])}); board"
PANEL = "from redislab import labs, panel\nshown = panel(labs.{lab}())\nshown"
BASELINE = """
import sys
sys.path.insert(0, {root!r})
from redislab import labs
from tests.budgets.baseline import threaded_panel
threaded_panel(labs.TtlLab(), "ttl")
"""
ROOT = str(Path(__file__).parents[2])

# in the page: milliseconds until a plot with points has been painted in the cell
DRAWN = """async (index) => {
  const notebook = window.jupyterapp.shell.currentWidget.content, began = performance.now();
  notebook.activeCellIndex = index;
  window.jupyterapp.commands.execute("notebook:run-cell");
  const drawn = () => [...notebook.widgets[index].node.querySelectorAll(".js-plotly-plot")].some((plot) =>
    plot.querySelector(".scatterlayer path.js-line")?.getAttribute("d"));
  while (!drawn() && performance.now() - began < 30000) await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""
# in the page: milliseconds from a key on the slider to the first paint in which the named trace ends elsewhere
TURNED = """async ([name, key]) => {
  const find = () => [...document.querySelectorAll(".js-plotly-plot")].find((plot) => plot.data?.some((t) => t.name === name));
  const last = () => find().data.find((trace) => trace.name === name).y.at(-1);
  const handle = document.querySelector(".rl-knob input[type=range], .noUi-handle"), before = last(), began = performance.now();
  handle.focus();
  if (handle.stepUp) {
    key === "ArrowRight" ? handle.stepUp() : handle.stepDown();
    handle.dispatchEvent(new Event("input", { bubbles: true }));
  } else handle.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  while (Math.abs(last() - before) < 1e-9 && performance.now() - began < 5000) await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""


@contextmanager
def pages():
    """`open(*cells, scale=1, width=1280)` gives a notebook of these cells, the first of which has been run."""
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        home, folder = Path(place) / "home", Path(place) / "notebooks"
        home.mkdir()
        folder.mkdir()
        server = JupyterLab(folder, home)
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)

        def open_(*cells, scale=1, width=1280) -> Notebook:
            write(folder / "budget.ipynb", *cells)
            context = browser.new_context(device_scale_factor=scale)
            notebook = Notebook(context, server, "budget.ipynb", width=width, height=1400)
            notebook.run_cell(0)
            notebook.page.wait_for_function(
                "() => window.jupyterapp.shell.currentWidget.content.widgets[0].model.executionCount"
            )
            return notebook

        try:
            server.wait()
            yield open_
        finally:
            browser.close()
            server.close()
            shutil.rmtree(folder)


def plots(open_) -> list[Row]:
    times = {}
    for name, cell in (("widget", FIGUREWIDGET), ("live", LIVEFIGURE)):
        notebook = open_(FIGURE, cell, cell, cell)
        times[name] = [notebook.page.evaluate(DRAWN, index) for index in (1, 2, 3)]
        notebook.close()
    (first, *more), (theirs, *others) = times["live"], times["widget"]
    note = f"{first:.0f} ms against {theirs:.0f} ms"
    further = f"{statistics.mean(more):.0f} ms against {statistics.mean(others):.0f} ms"
    return [
        Row("first live plot, against FigureWidget", first / theirs, 0.5, note=note),
        Row(
            "each further live plot, against FigureWidget",
            statistics.mean(more) / statistics.mean(others),
            0.2,
            note=further,
        ),
    ]


def turns(open_, cell: str, presses: int = 40) -> list[float]:
    """Milliseconds from key to paint, while the lab's default load runs."""
    notebook = open_("import redislab", cell)
    notebook.run_cell(1)
    notebook.page.wait_for_selector(".rl-knob input[type=range], .noUi-handle")
    notebook.page.wait_for_function(
        "() => [...document.querySelectorAll('.js-plotly-plot')].some((plot) => plot.data?.some((t) => t.y?.length > 30))",
        timeout=60_000,
    )
    taken = [
        notebook.page.evaluate(TURNED, ["where it settles", "ArrowRight" if turn % 2 else "ArrowLeft"])
        for turn in range(presses)
    ]
    notebook.close()
    return sorted(taken)


def slider(open_, rounds: int = 3) -> list[Row]:
    """The median of the rounds, in turns: a single one has as its p95 whatever else the machine did in that minute."""
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(turns(open_, PANEL.format(lab="TtlLab")))
        theirs.append(turns(open_, BASELINE.format(root=ROOT)))
    p95, other = (statistics.median(_p95(taken) for taken in each) for each in (ours, theirs))
    middle, middles = (statistics.median(taken for each in rounds for taken in each) for rounds in (ours, theirs))
    note = "rounds " + ", ".join(f"{_p95(taken):.0f}" for taken in ours)
    return [
        Row("slider to redraw, p95", p95, 120, unit="ms", note=note),
        Row(
            "slider to redraw, p95 against kernel threads and FigureWidget",
            p95 / other,
            0.6,
            note=f"median {middle:.0f} ms against {middles:.0f} ms",
        ),
    ]


def _p95(ordered: list[float]) -> float:
    return ordered[int(0.95 * len(ordered))]


def tail(open_, seconds: float = 6.0, blocks: int = 16) -> list[Row]:
    """Percentiles of a GET beside a page that draws it, against the same load while the page rests, in alternating blocks.

    All requests of a block count, some 1,200. The figure is the median of the ratios of neighbouring blocks; what it can
    resolve is half of the range in which the true median lies with 90 %.
    """
    notebook = open_("import redislab", PANEL.format(lab="FirstContact"))
    notebook.run_cell(1)
    notebook.page.wait_for_selector(".rl-go")
    notebook.until("shown.runner.state == 'running'")
    with Session(FirstContact()) as alone:
        pairs = [(beside_the_page(notebook, seconds), without_the_page(alone, seconds)) for _ in range(blocks + 1)]
    notebook.close()
    return [
        ratio(percentile, [[block.milliseconds(percentile) for block in pair] for pair in since(pairs)])
        for percentile in (90, 99)
    ]


def beside_the_page(notebook, seconds: float) -> Latencies:
    """Let the panel measure for a while; the latencies of its whole run so far, as the recording has them."""
    notebook.ask("shown.runner.start()")
    notebook.page.wait_for_timeout(1000 * seconds)
    notebook.ask("shown.runner.pause()")
    notebook.until("shown.runner.state == 'paused'")
    return Latencies(dict(notebook.ask("list(shown.recording.total.latencies['get'].items())")))


def without_the_page(session, seconds: float) -> Latencies:
    """The same in a bench of this process."""
    session.start()
    session.wait("running")
    session.wait(timeout=seconds)
    session.pause()
    session.wait("paused")
    return session.recording.total.latencies["get"]


def since(pairs: list) -> list[list]:
    """Histograms of each block, from those of all blocks so far; the first pair, in which everything was new, is left out."""
    return [[block(*column) for column in zip(*two, strict=True)] for two in itertools.pairwise(pairs)]


def block(before: Latencies, after: Latencies) -> Latencies:
    """The histogram of what came in between."""
    found = Latencies(after)
    found.subtract(before)
    return found


def ratio(percentile: int, pairs: list) -> Row:
    found = Figure.of(panel / alone for panel, alone in pairs)
    middle, middles = (statistics.median(column) / 1e3 for column in zip(*pairs, strict=True))
    return Row(
        f"p{percentile} of a GET beside a panel, against the same load without a page",
        found.median,
        1.2,
        within=(found.low, found.high),
        note=f"± {(found.high - found.low) / 2:.2f}, {found.low:.2f} to {found.high:.2f}; "
        f"{found.n} blocks from {found.least:.2f} to {found.most:.2f}; {middle:.2f} ms against {middles:.2f} ms",
    )


def resting(open_, cell: str, seconds: float) -> dict[str, float]:
    """Percent of a core that goes to Chromium, to the kernel, to its bench, and to servers; a panel in the cell is paused."""
    notebook = open_("import redislab", cell)
    notebook.run_cell(1)
    if "panel" in cell:
        notebook.until("shown.runner.state == 'running' and shown.recording.samples")
        notebook.page.get_by_role("button", name="Pause").click()
        notebook.until("shown.runner.state == 'paused'")
    kernel = psutil.Process(notebook.ask("__import__('os').getpid()"))
    chromium_ = notebook.page.context.browser.new_browser_cdp_session()

    def spent() -> dict[str, float]:
        parts = chromium_.send("SystemInfo.getProcessInfo")["processInfo"]
        times = {"page": sum(part["cpuTime"] for part in parts), "kernel": 0.0, "bench": 0.0, "servers": 0.0}
        for process in (kernel, *kernel.children(recursive=True)):
            part = "kernel" if process == kernel else "bench" if process.cmdline()[-1] == "bench" else "servers"
            times[part] += sum(process.cpu_times()[:2])
        return times

    notebook.page.wait_for_timeout(3000)
    before = spent()
    notebook.page.wait_for_timeout(1000 * seconds)
    shares = {name: 100 * (after - before[name]) / seconds for name, after in spent().items()}
    notebook.close()
    return shares


def rest(open_, seconds: float = 60.0) -> Row:
    """What a panel costs that is left open and paused, beside what JupyterLab and an idle kernel cost."""
    bare = resting(open_, "1", seconds)
    ours = resting(open_, PANEL.format(lab="TtlLab"), seconds)
    shares = {name: ours[name] - bare[name] for name in ours}
    note = ", ".join(f"{name} {ours[name]:.2f} against {bare[name]:.2f}" for name in ours)
    return Row("a panel at rest on an open page, of a core", sum(shares.values()), 1.0, unit="%", note=note)


def rows():
    """One after the other, as they are measured."""
    with pages() as open_:
        yield from plots(open_)
        yield from slider(open_)
        yield from tail(open_)
        yield rest(open_)
