"""Nothing outlives its owner, however that ends."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from redislab.errors import StartError
from redislab.world import kept
from redislab.world.kept import Kept
from redislab.world.processes import bundled
from tests.conftest import backends, have, settles


def test_a_folder_is_there_until_it_is_let_go(untouched):
    keeper = Kept()
    (keeper.folder / "file").write_text("x")
    assert keeper.alive
    keeper.close()
    keeper.close()
    assert not keeper.folder.exists()
    with pytest.raises(StartError, match=r"start\(\) again"):
        keeper.ask("alive")


def test_a_server_that_cannot_be_started_is_told(untouched):
    keeper = Kept()
    with pytest.raises(StartError, match="No such file"):
        keeper.ask("start", "/nowhere/redis-server")
    keeper.close()


def test_where_no_folder_can_be_written_that_is_said(monkeypatch, tmp_path, untouched):
    # root may write anywhere, so the keeper is run by a Python that finds no folder to be usable
    script = tmp_path / "keeper.py"
    source = kept.SCRIPT.read_text().replace(
        "import tempfile", "import tempfile\ntempfile._candidate_tempdir_list = list"
    )
    script.write_text(source)
    monkeypatch.setattr(kept, "SCRIPT", script)
    with pytest.raises(StartError, match="Set TMPDIR"):
        Kept()


def test_a_server_outlives_the_thread_that_started_it(untouched):
    # the kernel's parent-death signal would come when that thread ends, were the keeper not in between
    servers = []
    thread = threading.Thread(target=lambda: servers.append(bundled()))
    thread.start()
    thread.join()
    assert servers[0].client().ping()
    servers[0].close()


OWNER = """
import sys
from redislab.world import start
print("begun", flush=True)
lab = start(backend=sys.argv[1])
lab.private_server()
print("started", flush=True)
lab.database.users.find(1)
from redislab.world.network import Delay
delay = Delay(lab.server.host, lab.server.port, 0.001)
delay.measured()
print("all", flush=True)
sys.stdin.read()
"""


def owner(backend: str):
    return subprocess.Popen(
        [sys.executable, "-c", OWNER, backend], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("backend", backends())
@pytest.mark.parametrize("moment", ["begun", "started", "all"])
def test_an_owner_that_is_killed_leaves_nothing(backend, moment, untouched):
    have(backend)
    process = owner(backend)
    while process.stdout.readline().strip() != moment:
        assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize("delay", [0.15, 0.3, 0.45, 0.6, 0.75, 0.9])
def test_an_owner_that_is_killed_while_it_starts_leaves_nothing(delay, untouched):
    process = owner("bundled")
    time.sleep(delay)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def test_an_owner_that_ends_by_itself_leaves_nothing(untouched):
    process = owner("bundled")
    while process.stdout.readline().strip() != "all":
        assert process.poll() is None
    process.stdin.close()
    assert process.wait(20) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_a_keeper_that_is_killed_takes_its_server_with_it():
    server = bundled()
    keeper = server._control._kept
    os.kill(keeper._process.pid, signal.SIGKILL)
    assert not settles(lambda: server._answers())
    subprocess.run(["rm", "-r", str(keeper.folder)], check=True)
    server.close()
