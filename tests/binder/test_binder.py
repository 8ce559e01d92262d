"""Binder reads what is meant for it, can be built, and gives a learner enough for the whole course."""

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.binder.pod import restart_and_run_all
from tests.conftest import sampled

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
JUPYTERLAB_MB = 400  # what is kept free for it, and for the process that measures while a panel is looked at


def test_repo2docker_takes_what_is_in_the_folder_and_nothing_else():
    command = [sys.executable, "-m", "repo2docker", "--no-build", str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    dockerfile = done.stdout
    assert re.findall(r'env update .* --file "([^"]+)"', dockerfile) == ["binder/environment.yml"]
    assert re.findall(r"^RUN \./(.+)$", dockerfile, re.M) == ["binder/postBuild"]
    assert "Building conda environment for python=3.12" in done.stderr  # it knows packages of this version


def test_the_badge_opens_the_first_notebook():
    text = (ROOT / "README.md").read_text()
    (address,) = set(re.findall(r"https://mybinder\.org/v2/[^)\s]+", text))
    opened = re.fullmatch(r"https://mybinder\.org/v2/gh/[\w.-]+/redislab/main\?urlpath=lab/tree/(.+)", address)[1]
    assert ROOT / opened == NOTEBOOKS[0]


def test_post_build_in_a_fresh_environment_ends_with_a_course_that_can_be_opened(tmp_path):
    shutil.copytree(ROOT, tmp_path / "repo", ignore=shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__"))
    fresh = tmp_path / "fresh"
    venv.create(fresh, with_pip=True)
    quick = {"PIP_NO_COMPILE": "1"}  # half of the time would go into compiling modules that nobody imports here
    environment = os.environ | quick | {"PATH": f"{fresh}/bin:{os.environ['PATH']}", "PYTHONPATH": ""}
    command = [tmp_path / "repo" / "binder" / "postBuild"]
    done = subprocess.run(command, cwd=tmp_path / "repo", env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (fresh / "bin" / "jupyter-lab").exists()
    assert (fresh / "etc" / "jupyter" / "labconfig" / "page_config.d" / "redislab.json").exists()


@pytest.mark.docker
@pytest.mark.skipif(sys.platform != "linux", reason="the programs of other systems do not run in a container")
@pytest.mark.parametrize("path", sampled(NOTEBOOKS, every=6), ids=lambda path: path.stem)
def test_a_notebook_passes_with_one_processor_and_2_gb_and_no_docker(path):
    taken = restart_and_run_all(path)
    assert taken.cores == 1
    assert "Passed over docker" in taken.start and "redis-server installed here" in taken.start
    assert taken.seconds < 60
    assert taken.killed == 0 and taken.peak_mb < 2147 - JUPYTERLAB_MB
    assert taken.left == []
