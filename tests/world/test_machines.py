"""Machines that are not simple: the course starts, a lab, a guess and an exercise work, or one sentence says why not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DAY = """
import redislab
from redislab.errors import RedislabError
from redislab.lessons import LESSONS
from redislab.study.progress import notes
from redislab.study.texts import Text

scope = {"__name__": "__main__"}
exec(Text.of(LESSONS.exercises["own-field"]).solution, scope)
answer = [each for each in scope.values() if callable(each)][-1]
try:
    redislab.start(backend="bundled")
    redislab.predict("How many?", 0, 100).keep(30.0)
    redislab.panel(redislab.labs.TtlLab())
    print("read:", redislab.labs.TtlLab().run(seconds=1).last["requests"] > 50)
    print("guessed:", redislab.predict("How many?", 0, 100).value)
    print("passed:", redislab.exercise("own-field").check(answer).report.passed)
    print("noted:", sorted({note["kind"] for note in notes()}))
except RedislabError as failure:
    print(type(failure).__name__, failure)
"""
WELL = "read: True\nguessed: 30.0\npassed: True\nnoted: ['exercise', 'guess']\n"


def day(here: Path, mount: str = "", **environment) -> str:
    """What a kernel prints that begins in the folder `here`; `mount` is done before, in a file system that only it sees."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "lib"), "COLUMNS": "200", **environment}
    environment = {name: value for name, value in environment.items() if value is not None}
    command = [sys.executable, "-c", DAY]
    if mount:
        command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", f'{mount}; "$@"', "sh", *command]
    done = subprocess.run(command, cwd=here, env=environment, capture_output=True, text=True, timeout=100)
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


@pytest.fixture
def mountable(tmp_path):
    """A folder on which something may be mounted."""
    probe = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", str(tmp_path)]
    try:
        subprocess.run(probe, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file system can be mounted here")
    folder = tmp_path / "mounted"
    folder.mkdir()
    return folder


def test_names_variables_and_a_home_that_are_in_the_way_are_not(tmp_path):
    folder = tmp_path / f"Übungen für Käthe {'x' * 180}"
    folder.mkdir()
    dead = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    plain = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0"}
    assert day(folder, TMPDIR=str(folder), HOME=None, REDISLAB_PROGRESS=None, **dead, **plain) == WELL


def test_a_temporary_folder_whose_path_is_too_long_for_sqlite(tmp_path):
    folder = tmp_path / "x" / "/".join(["y" * 150] * 3)
    folder.mkdir(parents=True)
    said = day(tmp_path, TMPDIR=str(folder), REDISLAB_PROGRESS=None)
    assert said.endswith("Set TMPDIR to another folder, with a shorter path.\n") and said.count("\n") == 1


def test_where_home_and_notebooks_are_read_only_progress_is_kept_for_as_long_as_the_kernel_lives(mountable):
    mount = f"mount -t tmpfs -o ro none '{mountable}'; cd '{mountable}'"
    said = day(mountable, mount, HOME=str(mountable), REDISLAB_PROGRESS=None)
    first, _, rest = said.partition("\n")
    assert first.startswith(f"Progress cannot be written to {mountable}/redislab-progress.sqlite (")
    assert first.endswith("set REDISLAB_PROGRESS to a file that can be written.")
    assert rest == WELL


def test_a_temporary_folder_that_is_full(mountable, tmp_path):
    said = day(
        tmp_path, f"mount -t tmpfs -o size=300k none '{mountable}'", TMPDIR=str(mountable), REDISLAB_PROGRESS=None
    )
    assert (
        said.endswith("(database or disk is full). Set TMPDIR to a folder with more room.\n") and said.count("\n") == 1
    )
