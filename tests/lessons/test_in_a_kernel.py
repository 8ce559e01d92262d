"""As a learner does it: in a kernel, with code from its cells, wherever Redis comes from."""

import contextlib
import re

import pytest

from redislab.lessons import LESSONS
from redislab.study.texts import Text
from tests.conftest import backends, have
from tests.test_notebooks import Kernel


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("backend", backends())
def test_exercises_are_done_in_cells(backend):
    """One in three on each backend, so that each is done on one."""
    have(backend)
    names = list(LESSONS.exercises)[("bundled", "local", "docker").index(backend) :: 3]
    with contextlib.closing(Kernel()) as kernel:
        kernel.run(f"import os; os.environ['REDISLAB_BACKEND'] = {backend!r}")
        kernel.run("from redislab import exercise, quiz, start\nlab = start()")
        for name in names:
            text = Text.of(LESSONS.exercises[name])
            function = re.findall(r"^def (\w+)", text.starter, re.M)[-1]
            kernel.run(f"task = exercise({name!r})\ntask")
            # If a cell is run as it came, expect "not yet"; with the solution in it, expect "passed"
            kernel.run(text.starter)
            assert "the gap is as it was" in kernel.run(f"print(repr(task.check({function})))")
            kernel.run(text.solution)
            assert "– Passed:" in (said := kernel.run(f"result = task.check({function})\nprint(repr(result))")), said
        assert kernel.run("print(list(lab.redis.scan_iter(lab.prefix + ':*')))").strip() == "[]"
        # and nothing but the cards is left among the widgets when all is done again
        again = f"for name in {names[:3]!r}:\n    task = exercise(name)\n    task.hint()\n    task.check(None)\n"
        count = "from ipywidgets.widgets import widget\nprint(len(widget._instances))"
        first = kernel.run(again + count)
        assert kernel.run(again * 3 + count) == first
