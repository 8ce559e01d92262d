"""An examination of a prepared Redis leads to labs with its figures in their knobs, on the page."""

import pytest

from redislab.lessons.anti_patterns.clinic.shop import add_faults
from tests.browser.jupyterlab import Notebook, write
from tests.browser.on_page import OnPage

LABS = {  # the finding's subject: its lab, and what of it was found
    "shop:export:*": ("LargeValuesLab", {"size": 3_000_000}),
    "shop:log:orders": ("ComplexityLab", {"structure": "list", "largest": 120_000}),
    "shop:session:*": ("MissingTtlsLab", {"policy": "noeviction", "with_ttl": 0}),
}


@pytest.fixture
def patient(lab):
    """A server with known faults."""
    server = lab.private_server()
    client = server.client()
    client.mset({f"shop:session:{number}": "x" * 200 for number in range(300)})
    add_faults(client, 1000)
    yield f"redis://{server.where}"
    server.close()


@pytest.mark.timeout(240)
def test_findings_lead_to_labs_with_their_figures_in_the_knobs(jupyterlab, context, patient):
    shown = f"shown = panel(labs.ClinicLab(whom='the address below', address={patient!r}))\nshown"
    write(jupyterlab.folder / "found.ipynb", "from redislab import labs, panel", shown)
    notebook = Notebook(context, jupyterlab, "found.ipynb", height=1400)
    for cell in range(2):
        notebook.run_cell(cell)
    for subject, (name, knobs) in LABS.items():
        card = notebook.page.locator(".rl-finding").filter(has=notebook.page.locator("header", has_text=subject))
        card.get_by_role("button", name="Open the lab").click()
        card.get_by_role("button", name="Close the lab").wait_for()
        opened = OnPage(notebook, 1)  # below the card
        assert opened.ask("type(panel.experiment).__name__") == name
        assert knobs.items() <= opened.ask("panel.experiment.settings()").items()
        opened.until("panel.recording and panel.recording.last")  # it measures
        notebook.shoot(f"found-{name}")
        card.locator("summary").click()
        assert f"panel(labs.{name}(" in card.locator("pre").inner_text()
    notebook.check()
    notebook.close()
