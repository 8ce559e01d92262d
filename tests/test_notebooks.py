"""Notebooks in fresh kernels: they run from top to bottom, and leave nothing behind, however they end.

Every notebook is run on one backend, and on each other backend those that, between them, ask for all that one has to give.
"""

import os
import signal
import subprocess
import sys
import time

import pytest
from jupyter_client.manager import start_new_kernel

from tests.conftest import backends, have, lacks, left_behind, settles
from tests.notebooks import NOTEBOOKS, code_cells

CONTAINED = lacks("docker") is None and sys.platform == "linux"  # then tests/binder runs them all on a local server
EVERY = "local" if CONTAINED else "bundled"  # where every notebook is run; on the other backends:
BETWEEN_THEM = ("01", "05")  # the database, a server of their own, exercises, audits: all that a backend is asked for


def runs() -> list:
    """Each backend and notebook that has to be tried here."""
    return [
        pytest.param(*backend.values, path, marks=backend.marks, id=f"{backend.values[0]}-{path.stem}")
        for backend in backends()
        for path in NOTEBOOKS
        if (not CONTAINED if backend.values == (EVERY,) else path.name[:2] in BETWEEN_THEM)
    ]


@pytest.mark.parametrize(("backend", "path"), runs())
def test_a_notebook_runs_by_itself_and_leaves_nothing_running(path, backend, monkeypatch, untouched):
    import nbformat  # here, with nbclient: 4 s for all who only want a Kernel
    from nbclient import NotebookClient

    have(backend)
    monkeypatch.setenv("REDISLAB_BACKEND", backend)
    notebook = nbformat.read(path, as_version=4)
    began = time.monotonic()
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    assert time.monotonic() - began < 60
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("redislab:" in str(output) for output in outputs)  # the lab's card


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_kernel_without_the_course_is_told_which_python_it_is(path):
    # Given a Python that has its standard library and nothing else
    start = code_cells(path)[0].source
    done = subprocess.run([sys.executable, "-I", "-S", "-c", start], capture_output=True, text=True)
    told = done.stderr.splitlines()[-1]
    assert "'redislab'" in told and f"for {sys.executable}. Choose the kernel" in told


class Kernel:
    """A kernel and the cells that are run in it."""

    def __init__(self):
        self.manager, self.client = start_new_kernel(kernel_name="python3")

    def run(self, code: str) -> str:
        """Run a cell; what it printed.

        Raises:
            AssertionError: it raised; the message is its traceback.
        """
        said = []

        def hear(message):
            if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
                said.append(message["content"]["text"])

        reply = self.client.execute_interactive(code, timeout=180, output_hook=hear)
        assert reply["content"]["status"] == "ok", "\n".join(reply["content"].get("traceback", []))
        return "".join(said)

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(untouched):
    kernel = Kernel()
    yield kernel
    kernel.close()


WORK = """
from redislab import start, labs, panel
from redislab.caching import CacheAside
lab = start()
CacheAside(lab.redis, lab.database.users, lab.keys).get(1)
shown = panel(labs.TtlLab())
recording = labs.FirstContact().run(seconds=0.5, rtt=1.0)
private = lab.private_server()
"""


@pytest.mark.parametrize("backend", backends())
def test_a_kernel_that_is_killed_leaves_nothing(backend, monkeypatch, kernel):
    have(backend)
    kernel.run(f"import os; os.environ['REDISLAB_BACKEND'] = {backend!r}")
    kernel.run(WORK)
    pid = int(kernel.run("print(os.getpid())"))
    assert left_behind()
    os.kill(pid, signal.SIGKILL)  # the fixture then waits for everything to be gone


COUNT = """
import gc, subprocess, threading
from ipywidgets.widgets import widget
gc.collect()
processes = subprocess.run(['ps', '--ppid', str(os.getpid()), '-o', 'args='], capture_output=True, text=True).stdout
files = len(os.listdir('/dev/fd'))
children = [processes.count(f'world.child {name}') for name in ('supervisor', 'bench')]
print(threading.active_count(), files, len(widget._instances), *children)
"""


def test_cells_may_be_run_again_and_again(kernel):
    def held() -> list[int]:
        """Threads, files, widgets, supervisors and benches."""
        return [int(word) for word in kernel.run(COUNT).split()]

    kernel.run("import os; os.environ['REDISLAB_BACKEND'] = 'bundled'\n" + WORK + "private.close()")
    again = "for _ in range(20):\n    lab = start()\n    shown = panel(labs.TtlLab())\n"
    kernel.run(again)
    first = held()
    kernel.run(again)
    # Expect no more than before, once what measures a round trip is done; twenty more would be a leak
    assert not settles(lambda: [kind for kind, (a, b) in enumerate(zip(first, held(), strict=True)) if b > a])
    assert held()[3:] == first[3:] and first[4] == 1
