"""What is shown in the place of something else leaves nothing of that behind."""

import gc
import weakref

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

SHOWN = [
    "panel(labs.TtlLab())",
    "exercise('write-order')",
    "predict('of a test', 0, 10, unit='%', key='of a test')",
    "progress()",
    "scorecard()",
    "claims('4.2')",
]


@pytest.fixture
def cell(lab, progress_file):
    """`cell(code)` runs it as a notebook does, and gives what it shows."""
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))

    def run(code: str):
        done = shell.run_cell(code, store_history=True)
        done.raise_error()
        return done.result

    run("from redislab import *\nfrom redislab import claims, exercise, labs, panel, predict, progress, scorecard")
    yield run
    shell.reset()
    InteractiveShell.clear_instance()


@pytest.mark.parametrize("code", SHOWN)
def test_a_cell_that_is_run_again_keeps_nothing_of_its_former_run(cell, code):
    former = weakref.ref(cell(code))
    cell(code)
    for other in range(3):  # until _, __ and ___ are others
        cell(str(other))
    gc.collect()
    assert former() is None
