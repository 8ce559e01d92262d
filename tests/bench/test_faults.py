"""What goes wrong around a lab of the course: each fault, what the learner reads, and how the lab recovers.

The table *Faults* in README.md has a row for each.
"""

import contextlib
import os
import re
import socket
import sqlite3
import subprocess
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from sqlalchemy.engine import make_url

from redislab.bench.session import Bench
from redislab.errors import StartError
from redislab.lessons import labs
from redislab.screen.words import status
from redislab.world import lab as world
from redislab.world.cluster import Cluster, _node
from redislab.world.containers import run
from redislab.world.database import IMAGE, _answers
from redislab.world.network import Delay
from redislab.world.processes import local
from tests.conftest import needs, settles

ROOT = Path(__file__).parents[2]
ACCOUNT = {"POSTGRES_USER": "redislab", "POSTGRES_PASSWORD": "redislab", "POSTGRES_DB": "shop"}


class Forwarder:
    """A socket at `path` that leads to the one at `target`, until it is closed."""

    def __init__(self, path: str, target: str):
        self._target, self._ends = target, []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(64)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, far = self._listener.accept()[0], socket.socket(socket.AF_UNIX)
                far.connect(self._target)
                self._ends += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source, sink) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        for end in (self._listener, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@pytest.fixture
def begin(monkeypatch):
    """`begin(…)` is `start(…)` in a kernel of its own."""
    monkeypatch.delenv("REDISLAB_BACKEND", raising=False)
    monkeypatch.setattr(world, "_lab", None)
    yield world.start
    if world._lab is not None:
        world._lab.close()


@pytest.fixture
def theirs():
    """The learner's own Redis."""
    needs("redis-server")
    server = local()
    yield server
    server.close()


@contextlib.contextmanager
def killed(server):
    server.kill()
    yield
    server.restart()


@contextlib.contextmanager
def paused(server):
    server.pause()
    yield
    server.resume()


@contextlib.contextmanager
def full(server):
    admin = server.client()
    admin.config_set("maxmemory", 1)
    yield
    admin.config_set("maxmemory", 0)


@contextlib.contextmanager
def replica(server):
    admin = server.client()
    admin.execute_command("REPLICAOF", "127.0.0.1", 1)
    yield
    admin.execute_command("REPLICAOF", "NO", "ONE")


FAULTS = {
    killed: "does not answer. Is it running? Press Start when it is.",
    paused: "does not answer. Is it running? Press Start when it is.",
    full: "is full, and refuses writes. Free some of its memory, then press Start.",
    replica: "is a replica by now, which takes no writes. Press Start when it is the primary, or use the primary’s address.",
}


@pytest.mark.parametrize(("fault", "says"), FAULTS.items(), ids=lambda value: getattr(value, "__name__", ""))
@pytest.mark.parametrize("kind", [labs.HybridLab, pytest.param(labs.RateLimitLab, marks=pytest.mark.tour)])
def test_a_redis_of_ones_own_that_fails_is_named_and_start_goes_on_when_it_is_well(
    theirs, begin, opened, kind, fault, says
):
    begin(theirs.url)
    session, ear = opened(kind())
    session.start()
    ear.sample(lambda sample: sample.values["requests"] > 20)
    with fault(theirs):
        assert ear.state("failed").message == f"The Redis at {theirs.where} {says}"
        if fault in (full, replica):  # where it answers, Start says so too
            ear.events.clear()
            session.start()
            assert ear.state("failed").message == f"The Redis at {theirs.where} {says}"
    ear.events.clear()
    session.start()
    ear.sample(lambda sample: sample.values["requests"] > 20 and not sample.values["errors"])


def test_broken_connections_are_counted_with_their_error_and_the_run_goes_on(theirs, begin, opened):
    begin(theirs.url)
    session, ear = opened(labs.RateLimitLab(rate=200.0))
    session.start()
    ear.sample(lambda sample: sample.values["requests"] > 20)
    over = threading.Event()

    def drop():
        """Every tenth, again and again."""
        admin, seen = theirs.client(), 0
        while not over.wait(0.002):
            for connection in admin.client_list():
                seen += 1
                if seen % 10 == 0:
                    admin.client_kill_filter(_id=connection["id"], skipme=True)

    dropping = threading.Thread(target=drop)
    dropping.start()
    failing = ear.sample(lambda sample: sample.values.get("error"))
    over.set()
    dropping.join()
    assert "failing: <b>" in (said := status("", "running", {}, failing.values)) and "(ConnectionError: " in said
    ear.sample(lambda sample: sample.t > failing.t + 3 and not sample.values["errors"])
    assert session.state == "running"


@pytest.fixture
def far(theirs):
    """The same, 200 ms away."""
    with Delay(theirs.host, theirs.port, rtt=0.2) as delay:
        yield f"redis://{delay.host}:{delay.port}"


@pytest.mark.parametrize("kind", [labs.HybridLab, labs.FirstContact])
def test_at_200_ms_the_round_trip_is_shown_and_nothing_fails(far, begin, opened, kind):
    begin(far)
    session, ear = opened(kind(rate=50.0))
    session.start()
    sample = ear.sample(lambda sample: sample.values["round_trip_ms"] and sample.values["requests"] > 100, 60)
    assert 195 < sample.values["round_trip_ms"] < 260 and not sample.values["errors"]
    assert "round trip <b>2" in status("", "running", {}, sample.values)


@pytest.fixture
def with_replica():
    """A cluster of three, and a replica of its first node, which has the slots and the address of the URL."""
    needs("redis-server")
    cluster, spare = Cluster(3), _node()
    first, admin = (redis.Redis(port=node.port, decode_responses=True) for node in (cluster.nodes[0], spare))
    bus = first.config_get("cluster-port")["cluster-port"]
    admin.execute_command("CLUSTER", "MEET", "127.0.0.1", cluster.nodes[0].port, bus)
    own = first.execute_command("CLUSTER", "MYID")
    assert not settles(lambda: own not in str(admin.execute_command("CLUSTER", "NODES")))
    admin.execute_command("CLUSTER", "REPLICATE", own)
    assert not settles(lambda: admin.info("replication").get("master_link_status") != "up")
    yield cluster, admin
    spare.close()
    cluster.close()


@pytest.mark.parametrize("planned", [True, False])
def test_a_cluster_that_fails_over_goes_on_by_itself_if_that_was_planned_and_else_by_start(
    with_replica, begin, opened, planned
):
    cluster, replica = with_replica
    begin(cluster.nodes[0].url)
    session, ear = opened(labs.RateLimitLab())
    session.start()
    ear.sample(lambda sample: sample.values["requests"] > 20)
    if planned:
        replica.execute_command("CLUSTER", "FAILOVER")
    else:
        cluster.nodes[0].kill()
    assert not settles(lambda: replica.info("replication")["role"] != "master")
    if planned:
        assert session.state == "running"
    else:  # two seconds without a primary are noticed as a rule
        said = "broke|does not answer|has no primary"
        assert session.state == "running" or re.search(f"({said}).* Press Start", ear.state("failed").message)
    ear.events.clear()
    assert not settles(lambda: not started(session), 40)  # until all nodes know of the new primary
    ear.sample(lambda sample: sample.values["requests"] > 20 and not sample.values["errors"])


def started(session) -> bool:
    """Press Start, if that is needed; whether it runs."""
    if session.state == "failed":
        session.start()
    return session.state == "running"


def test_a_database_that_another_program_has_locked(begin, opened):
    lab = begin(backend="bundled")
    session, ear = opened(labs.TtlLab(writes=5.0))
    session.start()
    ear.sample(lambda sample: sample.values["requests"] > 100)
    with contextlib.closing(sqlite3.connect(make_url(lab.address.database_url).database)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert ear.state("failed").message == (
            "The database has not answered for 5 s; is it locked by another program? Press Start when it is free."
        )
    ear.events.clear()
    session.start()
    ear.sample(lambda sample: sample.values["hits"] and not sample.values["errors"])


@pytest.fixture
def shop():
    """The learner's own PostgreSQL."""
    container = run(os.environ.get("REDISLAB_POSTGRES_IMAGE", IMAGE), 5432, environment=ACCOUNT)
    url = "postgresql+psycopg://redislab:redislab@127.0.0.1:{}/shop".format
    assert not settles(lambda: not _answers(url(container.port)))
    yield container, url
    container.close()


@pytest.mark.docker
def test_a_postgresql_that_is_stopped(shop, begin, opened):
    container, url = shop
    begin(backend="bundled", database=url(container.port))
    session, ear = opened(labs.TtlLab())
    session.start()
    ear.sample(lambda sample: sample.values["requests"] > 100)
    container.kill()
    assert ear.state("failed").message.startswith("The database failed (")
    container.restart()
    assert not settles(lambda: not _answers(url(container.port)))
    ear.events.clear()
    session.start()
    ear.sample(lambda sample: sample.values["hits"] and not sample.values["errors"])


@pytest.mark.docker
def test_a_slow_postgresql_is_seen_in_the_latencies(shop, begin, opened, request):
    container, url = shop
    far = Delay("127.0.0.1", container.port, rtt=0.1)
    request.addfinalizer(far.close)  # after the session, which is still using it
    begin(backend="bundled", database=url(far.port))
    session, ear = opened(labs.TtlLab(rate=50.0))
    session.start()
    sample = ear.sample(lambda sample: sample.values["requests"] > 200, 60)
    assert sample.values["p99"] > 200 and not sample.values["errors"]


@pytest.mark.docker
def test_docker_is_stopped(begin, opened, monkeypatch, tmp_path):
    """The engine is reached through a socket of the test's own, and what it runs is killed, as when Docker ends."""
    at = urlsplit(os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock").path
    with tempfile.TemporaryDirectory() as short, Forwarder(f"{short}/docker.sock", at) as forwarder:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{short}/docker.sock")
        lab = begin(backend="docker")
        session, ear = opened(labs.RateLimitLab())
        session.start()
        ear.sample(lambda sample: sample.values["requests"] > 20)
        container = lab.server._control._container
        container.kill()
        forwarder.close()
        where = lab.server.where
        assert ear.state("failed").message == f"The Redis at {where} has ended. Press Start to go on with another one."
        with pytest.raises(StartError, match=r"no Docker answers at .*; start Docker or Podman"):
            session.start()
    # If it is back, expect that Start goes on
    monkeypatch.undo()
    subprocess.run(["docker", "rm", "--force", container.id], check=True)  # its supervisor asks an engine that is gone
    monkeypatch.setattr(world, "_lab", None)
    ear.events.clear()
    begin(backend="docker")
    session.start()
    ear.sample(lambda sample: sample.values["requests"] > 20)
    Bench.shared().close()  # the next test's has an engine again


def test_the_readme_quotes_what_is_said():
    table = (ROOT / "README.md").read_text().partition("### Faults")[2].partition("\n## ")[0]
    source = "".join(file.read_text() for suffix in ("py", "js") for file in (ROOT / "lib").rglob(f"*.{suffix}"))
    quotes = re.findall("“(.*?)”", table)
    assert len(quotes) > 12
    assert not [quote for quote in quotes if quote.removesuffix(".") not in source]
