"""Budgets of section 3: a map of a million keys."""

from tests.budgets.page import pages
from tests.budgets.table import Row

KEYS, SAMPLE = 1_000_000, 10_000
PANEL = f"from redislab import labs, panel\nshown = panel(labs.KeyspaceLab(keys={KEYS}, looks=500))\nshown"
# in the page: milliseconds until a treemap stands there that is drawn from at least so many keys
DRAWN = """async (sample) => {
  const began = performance.now();
  const plots = () => [...document.querySelectorAll(".js-plotly-plot")];
  const looked = () => plots().flatMap((plot) => plot.data).find((trace) => trace.name === "looked at")?.y.at(-1);
  const tiles = () => document.querySelectorAll(".treemaplayer .slice path.surface").length;
  while (!(looked() >= sample && tiles() > 5) && performance.now() - began < 60000) await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""


def treemap(open_) -> Row:
    notebook = open_("import redislab", PANEL)
    notebook.run_cell(1)
    notebook.page.wait_for_selector(".rl-panel")
    notebook.until(f"shown.recording.last.get('held') == {KEYS}", timeout=120)
    notebook.ask(f"setattr(shown.experiment, 'looks', {SAMPLE})")
    seconds = notebook.page.evaluate(DRAWN, SAMPLE) / 1e3
    margin = notebook.ask("shown.recording.last['margin']")
    notebook.close()
    note = f"from {SAMPLE:,} keys, a share to ±{margin:.1f} points"
    return Row("treemap of a million keys drawn", seconds, 5, unit="s", note=note)


def rows():
    """One after the other, as they are measured."""
    with pages() as open_:
        yield treemap(open_)
