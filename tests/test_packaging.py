"""Every way in leads to the same course."""

import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_make_help_lists_every_target():
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.M)[1].split()
    assert [line.split()[1] for line in said.splitlines() if line.startswith("  make ")] == targets


def test_make_says_what_to_do_where_there_is_no_python(tmp_path):
    for name in ("Makefile", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    said = subprocess.run(["make", "install", "PYTHON="], cwd=tmp_path, capture_output=True, text=True)
    assert said.returncode != 0
    assert "No Python 3.11 to 3.13" in said.stderr


@pytest.mark.parametrize("name", ["environment.yml", "binder/environment.yml"])
def test_conda_brings_python_and_redis_and_the_project_the_rest(name):
    text = (ROOT / name).read_text()
    packages = re.findall(r"^\s+- ([\w-]+)", text, re.M)
    assert set(packages) <= {"conda-forge", "python", "pip", "redis-server"}, "versions have one source: pyproject.toml"
    assert {"conda-forge", "python", "pip", "redis-server"} <= set(packages)
    assert "      - .\n" in text or "pip install --no-cache-dir .\n" in (ROOT / "binder/postBuild").read_text()


def test_binder_runs_its_post_build():
    path = ROOT / "binder" / "postBuild"
    assert os.access(path, os.X_OK)
    assert path.read_text().startswith("#!")
    subprocess.run(["bash", "-n", str(path)], check=True)


def lowest() -> list[str]:
    """Every dependency at its lower bound."""
    optional = PROJECT["project"]["optional-dependencies"].values()
    everything = [*PROJECT["project"]["dependencies"], *itertools.chain(*optional)]
    return [re.sub(r">=([\d.]+),<\d+", r"==\1", dependency.replace(" ", "")) for dependency in everything]


@pytest.mark.tour
@pytest.mark.timeout(600)
def test_all_lower_bounds_can_be_installed_together():
    """Whether the course works there, `make lowest` tells: it takes minutes."""
    index = [sys.executable, "-m", "pip", "--retries", "0", "--timeout", "10", "download", "--no-deps", "--quiet"]
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run([*index, "--dest", folder, "iniconfig"], capture_output=True).returncode:
            pytest.skip("no package index answers")
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", *lowest()]
    said = subprocess.run(command, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr


PLATFORMS = {
    "Linux": ["manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"],
    "Linux on Arm": ["manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"],
    "macOS": ["macosx_14_0_arm64", "macosx_11_0_arm64", "macosx_14_0_universal2", "macosx_10_9_universal2"],
    "macOS on Intel": [
        "macosx_14_0_x86_64",
        "macosx_11_0_x86_64",
        "macosx_10_13_x86_64",
        "macosx_10_9_x86_64",
        "macosx_10_9_universal2",
    ],
    "Windows": ["win_amd64"],
}


@pytest.mark.tour
@pytest.mark.timeout(600)
@pytest.mark.parametrize("python", ["3.11", "3.13"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_of_the_readme_needs_no_compiler(platform, python, tmp_path):
    """Wheels alone, of all dependencies and theirs; those that a marker leaves out on this machine are not looked at."""
    needed = PROJECT["project"]["dependencies"]
    here = [name.partition(";")[0] for name in needed if platform != "Windows" or "win32" not in name]
    tags = [word for tag in PLATFORMS[platform] for word in ("--platform", tag)]
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--dry-run",
        "--quiet",
        "--ignore-installed",
        "--only-binary=:all:",
    ]
    command += ["--python-version", python, *tags, "--target", str(tmp_path), *here]
    said = subprocess.run(command, capture_output=True, text=True)
    if "Could not fetch" in said.stderr or "NewConnectionError" in said.stderr:
        pytest.skip("no package index answers")
    assert said.returncode == 0, said.stderr
    assert f"| {platform} " in (ROOT / "README.md").read_text()


def test_other_peoples_machines_run_the_commands_of_the_makefile():
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text())
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())
    steps = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    made = [words.split()[1] for words in [*steps, container["postCreateCommand"]] if words.startswith("make ")]
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.M)[1].split()
    assert made and set(made) <= set(targets)
    post_build = (ROOT / "binder/postBuild").read_text()
    assert all(words in post_build for words in steps if words.startswith("python -c"))
    assert all(Path(ROOT, word).exists() for words in steps for word in words.split() if word.startswith("tests/"))
    pythons = {str(each) for job in workflow["jobs"].values() for each in job["strategy"]["matrix"]["python"]}
    assert pythons == {"3.11", "3.12", "3.13"} and "docker-in-docker" in str(container["features"])


def test_the_owner_stands_in_one_place():
    readme = (ROOT / "README.md").read_text()
    *_, last = readme.strip().split("\n\n")
    assert readme.count("OWNER") == last.count("OWNER") > 0


def test_dependencies_have_a_lower_bound_and_an_upper_one_by_major():
    everything = [
        *PROJECT["project"]["dependencies"],
        *itertools.chain(*PROJECT["project"]["optional-dependencies"].values()),
    ]
    for dependency in everything:
        assert re.match(r"[\w.\[\]-]+>=[\d.]+,<\d+(;.*)?$", dependency.replace(" ", "")), dependency


def test_a_wheel_holds_scripts_styles_and_the_quiet_setting(tmp_path):
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    shipped = {
        path.relative_to(ROOT / "lib").as_posix()
        for path in (ROOT / "lib" / "redislab").rglob("*.*")
        if path.suffix in (".py", ".lua", ".js", ".css", ".json", ".md")
    }
    assert shipped <= set(names)
    assert any(name.endswith("page_config.d/redislab.json") for name in names)
