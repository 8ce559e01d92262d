"""`start()`: the first place that works, and a sentence about those that do not."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

import pytest

from redislab.errors import DatabaseError, StartError
from redislab.world import lab as module
from redislab.world.lab import Address, Lab
from redislab.world.processes import bundled
from tests.conftest import backends, have, settles


@pytest.fixture
def fresh(monkeypatch, untouched):
    """`start` as in a new process: no lab yet, and none of our settings; what it starts is closed at the end."""
    for name in ("REDISLAB_REDIS_URL", "REDISLAB_BACKEND", "REDISLAB_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(module, "_lab", None)
    yield module.start
    if module._lab is not None:
        module._lab.close()


@pytest.fixture
def theirs():
    """A Redis that is not ours, as far as `start` knows."""
    server = bundled()
    yield server
    server.close()


@pytest.mark.parametrize("backend", backends())
def test_each_place_can_be_chosen(fresh, backend):
    have(backend)
    lab = fresh(backend=backend)
    facts = lab.facts()
    assert (lab.server.backend, facts["backend"], facts["passed_over"]) == (backend, backend, [])
    assert facts["product"] in ("Redis", "Valkey") and facts["round_trip_ms"] > 0
    assert facts["database"].startswith("SQLite 3")
    assert lab.prefix in repr(lab)
    assert lab.private_server().backend == backend


def test_again_is_the_same_lab(fresh):
    first = fresh(backend="bundled")
    threads, files = threading.active_count(), len(os.listdir("/dev/fd"))
    assert all(fresh() is first and fresh(backend="bundled") is first for _ in range(20))
    assert (threading.active_count(), len(os.listdir("/dev/fd"))) == (threads, files)


def test_what_is_passed_over_is_said_in_a_line_each(fresh, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.setenv("PATH", "/nowhere")
    said = []
    lab = fresh(report=said.append)
    assert lab.server.backend == "bundled"
    assert [line.split(":")[0] for line in said] == ["Passed over docker", "Passed over local"]
    assert all("\n" not in line and len(line) < 400 for line in said)
    assert lab.passed_over == [line.removeprefix("Passed over ") for line in said]


def test_a_docker_that_hangs_is_given_two_seconds(fresh, monkeypatch):
    # Given a socket that takes connections and never answers
    path = os.path.join(tempfile.mkdtemp(), "docker.sock")  # a socket's path has to be short
    with socket.socket(socket.AF_UNIX) as hung:
        hung.bind(path)
        hung.listen(50)
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        began = time.monotonic()
        lab = fresh(report=lambda line: None)
    assert lab.server.backend in ("local", "bundled")
    assert time.monotonic() - began < 6
    assert "start Docker or Podman" in lab.passed_over[0]


@pytest.mark.docker
def test_an_image_that_cannot_be_pulled_is_a_reason_to_go_on(fresh, monkeypatch):
    monkeypatch.setenv("REDISLAB_REDIS_IMAGE", "127.0.0.1:1/none/such:8")
    said = []
    began = time.monotonic()
    lab = fresh(report=said.append)
    assert lab.server.backend in ("local", "bundled")
    assert "cannot be pulled" in lab.passed_over[0] and "REDISLAB_REDIS_IMAGE" in lab.passed_over[0]
    assert time.monotonic() - began < 35
    with pytest.raises(StartError, match="cannot be pulled"):
        fresh(backend="docker")


def test_a_lab_whose_server_died_is_started_anew(fresh):
    first = fresh(backend="bundled")
    first.server.kill()
    said = []
    second = fresh(report=said.append)
    assert second is not first and second.server.client().ping()
    assert said == ["The Redis of this lab is gone; starting another one."]


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"REDISLAB_BACKEND": "cloud"}, "choose url, docker, local or bundled"),
        ({"REDISLAB_BACKEND": "url"}, "set REDISLAB_REDIS_URL"),
        ({"REDISLAB_BACKEND": "local", "PATH": "/nowhere"}, "no redis-server on PATH; install one"),
        ({"REDISLAB_BACKEND": "docker", "DOCKER_HOST": "unix:///nowhere"}, "start Docker or Podman"),
        ({"REDISLAB_REDIS_URL": "redis://127.0.0.1:1"}, "Is it running"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_was_forced_and_does_not_work_is_an_error(fresh, monkeypatch, variables, says):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StartError, match=says) as caught:
        fresh()
    assert "\n" not in str(caught.value)


def test_a_redis_server_older_than_seven_is_passed_over(fresh, monkeypatch, tmp_path):
    # a program of that name that says of itself what Redis 6 said
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\necho 'Redis server v=6.2.14 sha=00000000:0 malloc=jemalloc-5.1.0 bits=64'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StartError, match="not a Redis 7 or newer"):
        fresh(backend="local")


def test_on_a_redis_of_ones_own_only_our_prefix_is_touched(fresh, theirs):
    client = theirs.client()
    client.set("theirs", 1)
    client.config_set("maxmemory", "123mb")
    lab = fresh(theirs.url)
    assert (lab.server.backend, lab.server.ours) == ("url", False)
    lab.redis.mset({lab.keys.user(id): 1 for id in range(1200)})
    private = lab.private_server()
    assert private.ours and private.port != theirs.port
    with pytest.raises(StartError, match="not ours to stop"):
        lab.server.kill()
    lab.close()
    assert client.keys("*") == ["theirs"]
    assert client.config_get("maxmemory") == {"maxmemory": str(123 * 1024 * 1024)}
    assert theirs.alive


OWNER = """
import sys
from redislab.world import start
lab = start()
lab.redis.mset({lab.keys.user(id): 1 for id in range(1200)})
print("written", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("killed", [False, True], ids=["ends", "killed"])
def test_no_key_of_ours_outlives_a_kernel_however_that_ends(theirs, monkeypatch, untouched, killed):
    client = theirs.client()
    client.set("theirs", 1)
    monkeypatch.delenv("REDISLAB_BACKEND", raising=False)
    monkeypatch.setenv("REDISLAB_REDIS_URL", theirs.url)
    process = subprocess.Popen([sys.executable, "-c", OWNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    while process.stdout.readline() != "written\n":
        assert process.poll() is None
    assert client.dbsize() >= 1201
    if killed:
        process.kill()
    process.communicate()
    assert not settles(lambda: client.keys("*") != ["theirs"])


def test_another_process_attaches_to_the_same_lab(fresh):
    lab = fresh(backend="bundled")
    address = lab.address
    assert isinstance(address, Address) and hash(address)
    other = Lab.attach(address)
    other.redis.set(other.keys.user(1), "x", ex=5)
    assert lab.redis.get(lab.keys.user(1)) == "x"
    record = other.database.users.find(1)
    assert lab.database.users.find(1) == record
    private = other.private_server()
    other.close()
    assert not private.alive
    assert lab.server.alive and lab.database.users.find(1) == record


@pytest.mark.parametrize("url", ["mysql://localhost/x", "nonsense", "postgresql://u:s3cret-word@127.0.0.1:1/x"])
def test_a_database_that_does_not_work_is_told_at_the_start(fresh, url):
    began = time.monotonic()
    with pytest.raises(DatabaseError) as caught:
        fresh(backend="bundled", database=url)
    assert time.monotonic() - began < 8
    assert "s3cret-word" not in str(caught.value) and "\n" not in str(caught.value)
    assert module._lab is None
