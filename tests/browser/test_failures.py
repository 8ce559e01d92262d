"""What the machine does to a lab stands on its panel as a sentence, without a verdict; Start goes on where it can."""

import os
import signal
import threading
from inspect import getsource

import pytest

from redislab.bench.process import JUMP
from tests.bench.test_failures import Writer, _no_more
from tests.browser.jupyterlab import write
from tests.browser.on_page import OnPage

# processes, which may be killed; a container counts its processes by itself
CELLS = [
    "import os\nos.environ['REDISLAB_BACKEND'] = 'bundled'\nfrom redislab import panel, start\nlab = start()",
    "from redislab.bench import Experiment, action, number, time_chart\nfrom sqlalchemy import event",
    getsource(_no_more),
    getsource(Writer),
    "class Claimed(Writer):\n    claim = 'Nothing is lost'\n\n    def verdict(self, values):\n        return 'so it is'",
    "shown = panel(Claimed())\nshown",
]


@pytest.fixture
def panel(jupyterlab, open_notebook):
    """One that has written, and has a verdict."""
    write(jupyterlab.folder / "failures.ipynb", *CELLS)
    notebook = open_notebook("failures.ipynb")
    notebook.run_all()
    made = OnPage(notebook, 0)
    made.start()
    made.until("panel.recording.last['saved']")
    made.here.locator(".rl-claim", has_text="so it is").wait_for()
    return made


def says(panel, text: str) -> None:
    """Beside its state, and to a screen reader."""
    for place in (".rl-note", ".rl-heard"):
        panel.here.locator(place, has_text=text).wait_for()


def test_a_full_disk_is_said_and_is_no_finding(panel):
    panel.button("Fill the disk").click()
    says(panel, "The disk is full, so the database cannot write. Free some space, then press Start.")
    assert "none, because it failed" in panel.here.locator(".rl-claim").inner_text()


def test_start_goes_on_after_both_servers_were_killed_also_after_a_reset(panel):
    first = panel.ask("panel.recording.last['shared']")
    os.kill(panel.notebook.ask("lab.server.client().info('server')['process_id']"), signal.SIGKILL)
    panel.ask("lab._resource.close()")
    says(panel, "Press Start to go on with another one.")
    assert "none, because it failed" in panel.here.locator(".rl-claim").inner_text()
    panel.button("Reset").click()
    panel.here.locator(".rl-note", has_text="Press Start.").wait_for()
    panel.button("Start").click()
    panel.until(f"panel.recording.last.get('shared', {first!r}) != {first!r} and panel.recording.last['saved']")


def test_a_machine_that_stood_still_is_said_and_its_gap_is_no_load(panel):
    process = panel.ask("panel.runner._bench.process.pid")
    os.kill(process, signal.SIGSTOP)
    threading.Event().wait(JUMP + 1)  # the pause is what is tested
    os.kill(process, signal.SIGCONT)
    panel.here.locator(".rl-note", has_text="Nothing was read for").wait_for()
    gap = panel.until("next((sample['gap'] for sample in panel.recording.samples if 'gap' in sample), None)")
    panel.until("'gap' not in panel.recording.last and panel.recording.last['saved']")
    assert gap > JUMP and panel.ask("panel.runner.state") == "running"
