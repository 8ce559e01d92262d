"""Nothing outlives its owner, however that ends."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

import cloudpickle
import pytest

from redislab.errors import StartError
from redislab.world import supervisor
from redislab.world.processes import bundled
from redislab.world.supervisor import SupervisedResource
from tests.conftest import backends, have, settles

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # as a notebook's cell would be


def test_a_folder_is_there_until_it_is_let_go(untouched):
    resource = SupervisedResource()
    (resource.folder / "file").write_text("x")
    assert not resource.server_alive
    resource.close()
    resource.close()
    assert not resource.folder.exists()
    with pytest.raises(StartError, match=r"start\(\) again"):
        resource.signal(0)


def test_a_server_that_cannot_be_started_is_told(untouched):
    resource = SupervisedResource()
    with pytest.raises(StartError, match="No such file"):
        resource.start("/nowhere/redis-server")
    resource.close()


class Homeless(supervisor.Supervisor):
    """Root may write anywhere, so this one finds no folder to be usable."""

    def __init__(self, label):
        tempfile.tempdir, tempfile._candidate_tempdir_list = None, list
        super().__init__(label)


def test_where_no_folder_can_be_written_that_is_said(monkeypatch, untouched):
    monkeypatch.setattr(supervisor, "Supervisor", Homeless)
    with pytest.raises(StartError, match="Set TMPDIR"):
        SupervisedResource()


def test_a_server_outlives_the_thread_that_started_it(untouched):
    # the kernel's parent-death signal would come when that thread ends, were the supervisor not in between
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


@pytest.mark.docker
@pytest.mark.parametrize("delay", [0.0, 0.1, 0.2, 0.3])
def test_an_owner_that_is_killed_while_a_container_is_being_removed_leaves_nothing(delay, untouched):
    process = owner("docker")
    while process.stdout.readline().strip() != "all":
        assert process.poll() is None
    process.stdin.close()
    time.sleep(delay)
    process.kill()
    process.wait()


def test_an_owner_that_ends_by_itself_leaves_nothing(untouched):
    process = owner("bundled")
    while process.stdout.readline().strip() != "all":
        assert process.poll() is None
    process.stdin.close()
    assert process.wait(20) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")
def test_a_supervisor_that_is_killed_takes_its_server_with_it():
    server = bundled()
    resource = server._control._resource
    os.kill(resource.process.pid, signal.SIGKILL)
    assert not settles(lambda: server._answers())
    subprocess.run(["rm", "-r", str(resource.folder)], check=True)
    server.close()
