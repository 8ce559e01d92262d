"""Docker that is not simple: each kind on the real engine, by a way to it, or a registry, that behaves so."""

import hashlib
import http.server
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from redislab.errors import StartError
from redislab.world import containers, engines
from redislab.world.containers import docker
from tests.conftest import left_behind, settles

SOCKET = "/var/run/docker.sock"


@pytest.fixture
def world(monkeypatch, untouched, tmp_path):
    """Where to set up what is not simple: no DOCKER_HOST, and a folder in the place of ~/.docker."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setattr(engines, "_found", None)
    yield monkeypatch
    os.environ.pop("DOCKER_HOST", None)  # what was found


def refused(**settings) -> str:
    """The one line with which Docker is passed over; its words are not Python's."""
    said = []
    with pytest.raises(StartError) as caught:
        docker(said.append, **settings)
    line = str(caught.value)
    assert "\n" not in line and len(line) < 260 and not line.endswith(".")
    assert not any(
        python in line for python in ("Error(", "Exception", "HTTPConnection", "errno", "<html", "object at")
    )
    return line


@pytest.fixture
def short():
    """A folder whose name is short, as a socket's path has to be."""
    with tempfile.TemporaryDirectory(prefix="d", dir="/tmp") as folder:
        yield Path(folder)


def forward(path: Path, allowed=lambda request: True):
    """Another socket that leads to the engine: what is not `allowed` is answered with 403, as a proxy before the engine does."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen(50)

    def serve():
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=between, args=(client,), daemon=True).start()

    def between(client):
        engine = socket.socket(socket.AF_UNIX)
        engine.connect(SOCKET)
        threading.Thread(target=copy, args=(engine, client), daemon=True).start()
        copy(client, engine, allowed)

    def copy(source, target, allowed=lambda request: True):
        while data := source.recv(65536):
            if not allowed(data):
                body = b"<html><body><h1>403 Forbidden</h1>Administrative rules.</body></html>"
                source.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
                break
            target.sendall(data)
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the other thread was first

    threading.Thread(target=serve, daemon=True).start()
    return server


def context(folder: str, name: str, host: str) -> None:
    """Use the context `name`, as `docker context create` and `docker context use` write it."""
    place = Path(folder, "contexts", "meta", hashlib.sha256(name.encode()).hexdigest())
    place.mkdir(parents=True)
    endpoint = {"docker": {"Host": host, "SkipTLSVerify": False}}
    (place / "meta.json").write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": endpoint}))
    Path(folder, "config.json").write_text(json.dumps({"currentContext": name}))


class Registry(http.server.ThreadingHTTPServer):
    """A registry on 127.0.0.1 that answers 429, or nothing until it is closed."""

    daemon_threads = True

    def __init__(self, stalls: bool = False):
        self.closed, self.stalls, self.asked = threading.Event(), stalls, 0
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def image(self) -> str:
        return f"127.0.0.1:{self.server_port}/redis:8"

    def __exit__(self, *_):
        self.closed.set()
        self.shutdown()
        self.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked += 1
        if self.server.stalls:
            return self.server.closed.wait()
        body = b'{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}'
        self.send_response(429)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_):
        pass


@pytest.mark.docker
class TestEngine:
    def test_a_context_is_used_and_the_container_removed_through_it(self, world, tmp_path, short):
        # Given a context whose socket is not the usual one, as Colima, OrbStack and rootless Docker make it
        with forward(short / "colima.sock"):
            context(tmp_path, "colima", f"unix://{short}/colima.sock")
            server = docker()
            assert os.environ["DOCKER_HOST"] == f"unix://{short}/colima.sock" and server.client().ping()
            server.close()

    def test_a_context_whose_engine_is_stopped_gives_way_to_the_usual_socket(self, world, tmp_path):
        context(tmp_path, "colima", "unix:///nowhere/docker.sock")
        server = docker()
        assert os.environ["DOCKER_HOST"] == f"unix://{SOCKET}"
        server.close()
        # and what was found here is not kept where it is no longer there
        assert engines.endpoints()[0] == "unix:///nowhere/docker.sock"

    @pytest.mark.parametrize("content", ['{"currentContext": "gone"}', "{", '{"credsStore": "missing"}'])
    def test_a_configuration_that_is_broken_does_not_matter_where_the_image_is_here(self, world, tmp_path, content):
        (tmp_path / "config.json").write_text(content)
        docker().close()

    def test_a_proxy_that_refuses_to_create_containers_is_told_in_its_words(self, world, short):
        with forward(short / "proxy.sock", allowed=lambda request: not request.startswith(b"POST")):
            world.setenv("DOCKER_HOST", f"unix://{short}/proxy.sock")
            assert "did not start (403 Forbidden Administrative rules.)" in refused()

    def test_a_port_that_is_not_published_here_is_no_server_and_the_container_goes(self, world):
        # Given a socket that leads to an engine whose 127.0.0.1 is another one, as in a container that has been given the socket
        if os.geteuid() or sys.platform != "linux":
            pytest.skip("a network of one's own needs root on Linux")
        before = set(left_behind())
        code = "from redislab.world.lab import first; first(('docker', 'bundled'), print)[0].close()"
        script = f'ip link set lo up && exec "{sys.executable}" -c "{code}"'
        done = subprocess.run(["unshare", "--net", "sh", "-c", script], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert (
            done.stdout.startswith("Passed over docker: the port that the container of")
            and done.stdout.count("\n") == 1
        )
        assert not settles(lambda: set(left_behind()) - before)


@pytest.mark.docker
class TestRegistry:
    def test_too_many_requests_is_told(self, world):
        with Registry() as registry:
            world.setenv("REDISLAB_REDIS_IMAGE", registry.image)
            assert "cannot be pulled (toomanyrequests: You have reached your pull rate limit" in refused()

    def test_a_registry_that_stalls_is_given_up(self, world):
        world.setattr(containers, "STALLED", 1)
        with Registry(stalls=True) as registry:
            world.setenv("REDISLAB_REDIS_IMAGE", registry.image)
            threads = threading.active_count()
            assert "cannot be pulled (no answer in time)" in refused()
            assert registry.asked and threading.active_count() <= threads + registry.asked

    def test_a_missing_helper_for_credentials_does_not_keep_from_asking(self, world, tmp_path, recwarn):
        (tmp_path / "config.json").write_text('{"credsStore": "missing"}')
        with Registry() as registry:
            world.setenv("REDISLAB_REDIS_IMAGE", registry.image)
            assert "toomanyrequests" in refused() and registry.asked
        assert not [each for each in recwarn if "missing" in str(each.message)]


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("ssh://me@198.51.100.7", "the Docker at 198.51.100.7 is on another machine, and so are the ports"),
        ("tcp://me:s3cret@198.51.100.7:2375", "the Docker at 198.51.100.7 is on another machine"),
        ("tcp://127.0.0.1:1", "at 127.0.0.1 (connection refused); start Docker"),
        ("unix:///nowhere/docker.sock", "at /nowhere/docker.sock (no such file or directory); start Docker or Podman"),
        ("nonsense", "no Docker answers at nonsense"),
    ],
)
def test_an_address_that_does_not_work_is_told_within_three_seconds(world, host, says):
    world.setenv("DOCKER_HOST", host)
    began = time.monotonic()
    line = refused()
    assert says in line and "s3cret" not in line
    assert time.monotonic() - began < 3


def test_a_dead_socket_and_one_that_may_not_be_used(world, short):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(f"{short}/docker.sock")
    world.setenv("DOCKER_HOST", f"unix://{short}/docker.sock")
    assert "(connection refused)" in refused()
    if not os.geteuid():
        # root may use every socket, so another user asks
        os.chmod(short, 0o700)
        code = "import docker, os, testcontainers.core.config\nfrom redislab.world.engines import engine\nos.setuid(65534)\nengine(2)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/")
        assert "(permission denied); let your user use it (group docker)" in done.stderr.splitlines()[-1]
