"""The claims board on a page, by the keyboard: run one, see it drawn, follow its link, take the file away."""

import json

from redislab.lessons import LESSONS
from tests.browser.jupyterlab import write
from tests.conftest import settles

CELLS = ["from redislab import claims, start\nlab = start()", "board = claims('4.2')\nboard"]


def test_a_claim_is_run_drawn_and_led_to_its_lab(open_notebook, jupyterlab):
    write(jupyterlab.folder / "claims.ipynb", *CELLS)
    notebook = open_notebook("claims.ipynb", height=1300)
    notebook.run_all()
    page = notebook.page
    page.locator(".rl-claims tbody tr").nth(1).wait_for()
    drawn = "() => document.querySelectorAll('.js-plotly-plot').length === 1"
    page.wait_for_function(drawn)
    button = page.get_by_role("button", name="Run: In a transaction all commands succeed, or all fail")
    button.focus()
    button.press("Enter")
    row = page.locator(".rl-claims tr", has=button)
    row.locator(".rl-verdict", has_text="✕ does not hold").wait_for()
    page.locator(".rl-sentence", has_text=f"1 of {len(LESSONS.select('4.2'))} claims are measured").wait_for()
    assert button.evaluate("(button) => document.activeElement === button")  # what changes takes nobody's place

    page.locator(".js-plotly-plot").scroll_into_view_if_needed()  # what is out of sight is not painted

    def found() -> dict:
        return {trace["name"]: trace["x"] for (plot,) in [notebook.plots()] for trace in plot}

    assert not settles(lambda: len(found()["✕ does not hold"]) != 4) and not found()["● holds"]
    notebook.shoot("claims")
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    assert json.loads(download.value.path().read_text())[0]["id"] == "multi-all-or-nothing"
    row.get_by_role("link").click()
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget?.context?.path === '04_performance_tuning.ipynb'"
    )
    page.locator(".jp-Notebook:visible h2", has_text="4.2 Pipelining").wait_for()


CLINIC = ["from redislab import labs, panel, start\nlab = start()", "shown = panel(labs.ClinicLab(keys=2000))\nshown"]


def test_a_finding_of_the_clinic_leads_to_the_section_that_explains_it(open_notebook, jupyterlab):
    write(jupyterlab.folder / "clinic.ipynb", *CLINIC)
    notebook = open_notebook("clinic.ipynb", height=1300)
    notebook.run_all()
    page = notebook.page
    page.locator(".rl-finding").get_by_role("link", name="5.2 Large values").first.click(timeout=60_000)
    page.wait_for_function("() => window.jupyterapp.shell.currentWidget?.context?.path === '05_anti_patterns.ipynb'")
    page.locator(".jp-Notebook:visible h2", has_text="5.2 Large values").wait_for()
