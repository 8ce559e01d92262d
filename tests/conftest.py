"""What the tests share: the lab, what this machine has, and a look at what was left behind at the end."""

import contextlib
import functools
import glob
import itertools
import os
import shutil
import subprocess
import tempfile
import time

import psutil
import pytest
import redis

from redislab.keys import KeyNamespace
from redislab.world import Server, start
from redislab.world.lab import first
from redislab.world.processes import free_port

pytest_plugins = ["tests.clients"]  # any_client, and what goes with it
IN_CI = os.environ.get("CI") == "true"
# Some workers share a machine, and perhaps with other people: each knows what it has started by its mark and its folder.
MARK = f"REDISLAB_TESTS_{os.getpid()}"
os.environ[MARK] = "1"
HOME = tempfile.mkdtemp(prefix="tests-")
os.environ["TMPDIR"], tempfile.tempdir = HOME, None
os.environ["REDISLAB_PROGRESS"] = f"{HOME}/progress.sqlite"  # also of kernels and pages: nobody's own is touched
runs = itertools.count()  # tell apart what several tests make


def pytest_unconfigure():
    shutil.rmtree(HOME, ignore_errors=True)


def pytest_sessionfinish(session, exitstatus):
    """`make test` runs the tests in parts: one in which there is none of the chosen tests has not failed."""
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and session.config.option.markexpr:
        session.exitstatus = pytest.ExitCode.OK


@functools.cache
def lacks(feature: str) -> str | None:
    """Why this machine cannot run tests of `feature`; None if it can."""
    if feature == "docker":
        answer = DOCKER and subprocess.run([DOCKER, "info"], capture_output=True, timeout=20)
        return None if answer and answer.returncode == 0 else "no Docker engine answers"
    if feature == "browser":
        return None if shutil.which("chromium") or shutil.which("google-chrome") else "Chromium is not installed"
    return None if shutil.which(feature) else f"{feature} is not on PATH"


def needs(feature: str) -> None:
    """Skip, and say why, where `feature` ("docker", "browser", or a program) is missing; in CI that is a failure."""
    if reason := lacks(feature):
        if IN_CI:
            pytest.fail(f"{reason}, and in CI nothing is skipped", pytrace=False)
        pytest.skip(reason)


def tour(notebook: str) -> list:
    """The mark of a test that goes through a whole notebook in a browser: of the first one each time, of all by `make tour`."""
    return [] if notebook.startswith("00") else [pytest.mark.tour]


def sampled(values, every: int) -> list:
    """Parameters of which every so-manieth is tried each time, and all by `make tour`: each takes long."""
    marks = [[] if number % every == 0 else [pytest.mark.tour] for number in range(len(values))]
    as_one = [value if isinstance(value, tuple) else (value,) for value in values]
    return [pytest.param(*value, marks=mark) for value, mark in zip(as_one, marks, strict=True)]


def backends() -> list:
    """The places for a Redis that this machine may have, as parameters; the others are skipped with their reason."""
    return [pytest.param("bundled"), pytest.param("local"), pytest.param("docker", marks=pytest.mark.docker)]


def have(backend: str) -> None:
    """Skip or fail if `backend` cannot be had here."""
    if backend != "bundled":
        needs({"local": "redis-server", "docker": "docker"}[backend])


@pytest.fixture(autouse=True)
def _machine(request):
    for feature in ("docker", "browser"):
        if request.node.get_closest_marker(feature):
            needs(feature)


@pytest.fixture(scope="session")
def lab():
    """The lab of this test run: on REDISLAB_BACKEND, or else the first that works."""
    return start()


@pytest.fixture
def client(lab):
    return lab.client()


@pytest.fixture
def keys(lab):
    """A namespace of the test's own."""
    return KeyNamespace(f"{lab.prefix}:{next(runs)}")


@pytest.fixture
def database(lab):
    with contextlib.closing(lab.open_database()) as opened:
        yield opened


@pytest.fixture(scope="module")
def private(lab):
    """A server that may be killed, paused and filled."""
    with contextlib.closing(lab.private_server()) as server:
        yield server


@contextlib.contextmanager
def paused(server):
    """It answers nothing for a while."""
    server.pause()
    try:
        yield
    finally:
        server.resume()


class Clock:
    """It stands at `now` until that is changed."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def progress_file(tmp_path, monkeypatch):
    """Progress of the test's own."""
    monkeypatch.setenv("REDISLAB_PROGRESS", str(tmp_path / "progress.sqlite"))
    return tmp_path / "progress.sqlite"


@pytest.fixture
def task(progress_file):
    """`task(name)` shows an exercise; at the end of the test its widgets are closed."""
    from redislab import exercise

    with contextlib.ExitStack() as opened:
        yield lambda name: opened.enter_context(contextlib.closing(exercise(name)))


@pytest.fixture(scope="session")
def bloom_server():
    """A Redis with the Bloom type: the image that REDISLAB_REDIS_BLOOM_IMAGE names, or the usual one, which has it."""
    needs("docker")
    with pytest.MonkeyPatch.context() as environment:
        if image := os.environ.get("REDISLAB_REDIS_BLOOM_IMAGE"):
            environment.setenv("REDISLAB_REDIS_IMAGE", image)
        server, _ = first(("docker",), report=print)
    yield server
    server.close()


@pytest.fixture(scope="session")
def cluster():
    """A cluster of one node, which has all slots; a process, because its nodes give their own addresses."""
    config = {"cluster_enabled": "yes", "cluster_port": free_port()}
    node, _ = first(("local", "bundled"), report=print, config=config)
    admin = redis.Redis(port=node.port, decode_responses=True)
    admin.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    assert not settles(lambda: admin.execute_command("CLUSTER INFO")["cluster_state"] != "ok")
    yield Server(node.url)
    node.close()


DOCKER = shutil.which("docker")  # asked once: tests change PATH


def left_behind() -> list[str]:
    """Folders, processes and containers of redislab that this test run has started."""
    ours = ("redislab.world.child",)
    running = {line: mine for line, mine in _processes() if any(name in line for name in ours)}
    found = [line for line, mine in running.items() if mine]
    found += glob.glob(os.path.join(HOME, "redislab-*"))
    if lacks("docker") is None:
        command = [
            DOCKER,
            "ps",
            "--all",
            "--filter",
            "label=redislab.supervisor",
            "--format",
            '{{.ID}} {{.Label "redislab.supervisor"}}',
        ]
        lines = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
        kept = " ".join(
            line for line, mine in running.items() if not mine
        )  # by others' supervisors, which will see to them
        found += [line for line in lines if line.split()[-1] not in kept]
    return found


def _processes():
    """Each process's id and command line, and whether it descends from this one."""
    for process in psutil.process_iter():
        try:
            yield f"{process.pid} {' '.join(process.cmdline())}", MARK in process.environ()
        except psutil.Error:
            pass  # it has ended


def alive(pid: int) -> bool:
    """Whether there is such a process, and more of it than its status."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def untouched():
    """What was there before; the test may add to it only what is gone again soon."""
    before = set(left_behind())
    yield
    assert not settles(lambda: set(left_behind()) - before)


def settles(wanted, timeout: float = 15.0):
    """Ask until `wanted()` is false or time is up; return its last answer."""
    deadline = time.monotonic() + timeout
    while (answer := wanted()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return answer
