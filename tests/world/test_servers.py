"""One contract for every place that a Redis comes from; and what a URL that does not work is told."""

import contextlib
import os
import pickle
import socket
import subprocess
import threading
import time
from urllib.parse import quote

import pytest
import redis

from redislab.caching import SingleFlight
from redislab.errors import StartError
from redislab.world import servers
from redislab.world.lab import Lab, _open, first
from redislab.world.network import Delay
from redislab.world.processes import free_port
from redislab.world.servers import Server
from tests.conftest import backends, have, left_behind, paused, settles


@pytest.fixture
def private(lab):
    made = []

    def make(**config):
        made.append(lab.private_server(**config))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.mark.parametrize("backend", backends())
class TestContract:
    @pytest.fixture
    def server(self, backend):
        have(backend)
        server, _ = first((backend,), report=print, config={"maxmemory": "64mb", "maxmemory_policy": "allkeys-lfu"})
        yield server
        server.close()

    def test_it_is_a_redis_on_loopback_that_keeps_nothing(self, server, backend):
        config = server.client().config_get("*")
        assert (server.host, server.backend, server.ours, server.alive) == ("127.0.0.1", backend, True, True)
        assert (config["save"], config["appendonly"], config["maxmemory-policy"]) == ("", "no", "allkeys-lfu")
        assert config["maxmemory"] == str(64 * 1024 * 1024)
        assert int(server.version.split(".")[0]) >= 7
        assert 0 < server.round_trip() < 0.5

    def test_what_it_can_do_is_asked_of_it(self, server):
        client = server.client()
        try:
            client.execute_command("HPEXPIRE", "none", 1, "FIELDS", 1, "field")
            able = True
        except redis.ResponseError:
            able = False
        assert ("field_ttl" in server.capabilities) == able
        assert "cluster" not in server.capabilities

    def test_killed_it_is_gone_and_restarted_it_is_empty_at_the_same_address(self, server):
        client, port = server.client(), server.port
        client.set("kept", 1)
        server.kill()
        assert not server.alive
        with pytest.raises(redis.ConnectionError):
            server.client().ping()
        server.restart()
        assert (server.port, server.alive, server.client().dbsize()) == (port, True, 0)

    def test_paused_it_does_not_answer_and_resumed_it_does(self, server):
        with paused(server), pytest.raises(redis.TimeoutError):
            server.client(socket_timeout=0.2).ping()
        assert server.client().ping()

    def test_closed_it_leaves_nothing(self, backend):
        have(backend)
        before = set(left_behind())
        server, _ = first((backend,), report=print)
        server.close()
        server.close()
        assert not settles(lambda: set(left_behind()) - before)


def test_a_client_has_every_setting_chosen(lab):
    settings = lab.client().connection_pool.connection_kwargs
    assert (settings["socket_timeout"], settings["socket_connect_timeout"], settings["decode_responses"]) == (
        1.0,
        1.0,
        True,
    )
    assert settings["retry"]._retries == 0
    assert lab.client(socket_timeout=0.1).connection_pool.connection_kwargs["socket_timeout"] == 0.1


def test_what_the_url_says_of_the_pool_is_heeded(lab):
    server = Server(f"{lab.server.url}?max_connections=5&timeout=2&db=3")
    pool = server.client().connection_pool
    assert (pool.max_connections, pool.timeout, pool.connection_kwargs["db"]) == (5, 2.0, 3)
    assert server.alive and server.client().ping()


def test_the_port_may_be_taken_by_somebody_else_in_the_meantime(monkeypatch):
    # Given that the first free port is not free any more
    from redislab.world import processes

    with socket.create_server(("127.0.0.1", 0)) as squatter:
        ports = [squatter.getsockname()[1], processes.free_port()]
        monkeypatch.setattr(processes, "free_port", lambda: ports.pop(0))
        server = processes.bundled()
        # Expect the next one
        assert server.port != squatter.getsockname()[1]
        server.close()


def test_a_directive_that_the_server_refuses_is_told_with_its_reason():
    from redislab.world import processes

    with pytest.raises(StartError, match="ended immediately"):
        processes.bundled(maxmemory_policy="none-such")


@pytest.mark.docker
def test_an_image_keeps_its_own_command_and_so_its_modules(monkeypatch):
    if "REDISLAB_REDIS_BLOOM_IMAGE" not in os.environ:
        pytest.skip("REDISLAB_REDIS_BLOOM_IMAGE names no image with Bloom filters")
    monkeypatch.setenv("REDISLAB_REDIS_IMAGE", os.environ["REDISLAB_REDIS_BLOOM_IMAGE"])
    server, _ = first(("docker",), report=print, config={"maxmemory": "50mb"})
    try:
        assert "bloom" in server.capabilities
        assert server.client().execute_command("BF.ADD", "filter", "item") == 1
        assert server.client().config_get("maxmemory") == {"maxmemory": str(50 * 1024 * 1024)}
    finally:
        server.close()


# URLs

SECRET = "s3cret-word"


def refused(url: str) -> str:
    """The one sentence with which `url` is refused, within five seconds and without its password."""
    began = time.monotonic()
    with pytest.raises(StartError) as caught:
        Server(url)
    message = str(caught.value)
    assert time.monotonic() - began < 5
    assert SECRET not in message and "\n" not in message and message.endswith((".", "?"))
    return message


def listener(answer: bytes | None):
    """A server that is no Redis: it answers everything with `answer`, or not at all."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            if answer is not None:
                connection.recv(1000)
                connection.sendall(answer)
            held.append(connection)

    held = []
    threading.Thread(target=serve, daemon=True).start()
    return server


def test_nothing_listens():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert "Is it running" in refused(f"redis://:{SECRET}@127.0.0.1:{port}")


def test_something_listens_that_says_nothing():
    with listener(None) as server:
        assert "Nothing answered" in refused(f"redis://127.0.0.1:{server.getsockname()[1]}")


def test_something_else_answers():
    with listener(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n") as server:
        assert "not a Redis" in refused(f"redis://127.0.0.1:{server.getsockname()[1]}")


def test_a_host_that_does_not_exist():
    assert "host and port" in refused("redis://no-such-host.invalid:6379")


@pytest.mark.parametrize(
    "url", [f"http://:{SECRET}@127.0.0.1", "localhost:6379", "redis://127.0.0.1:port", "redis://127.0.0.1/abc"]
)
def test_what_is_no_redis_url(url):
    assert "redis://host:6379" in refused(url)


def test_a_password_that_is_wrong_or_missing(private):
    server = private()
    server.client().config_set("requirepass", "right")
    for part in (f":{SECRET}@", f"nobody:{SECRET}@", ""):
        message = refused(f"redis://{part}127.0.0.1:{server.port}")
        assert "user or password" in message


def test_a_redis_that_is_too_old(private, monkeypatch):
    # the oldest that counts as new enough is put beyond what any server is: what is asked and said stays the same
    server = private()
    monkeypatch.setattr(servers, "OLDEST", (99, 0))
    assert "the course needs" in refused(server.url)


def test_a_user_who_may_use_our_prefix_alone(private, lab, database):
    server = private()
    server.client().execute_command("ACL", "SETUSER", "learner", "on", f">{SECRET}", "~redislab:*", "+@all")
    allowed = Server(f"redis://learner:{SECRET}@127.0.0.1:{server.port}")
    cache = SingleFlight(allowed.client(), database.users, lab.keys)
    assert cache.get(1) == cache.get(1)
    assert allowed.client().exists(lab.keys.user(1))
    with pytest.raises(redis.exceptions.NoPermissionError):
        allowed.client().get("other")
    assert SECRET not in repr(allowed)


def test_a_cluster_gets_a_client_for_clusters(lab, database, request):
    have("local")  # a node in a container would give the port that it has there
    node, _ = first(("local",), report=print, config={"cluster_enabled": "yes", "cluster_port": free_port()})
    request.addfinalizer(node.close)
    admin = redis.Redis(port=node.port, decode_responses=True)  # no cluster yet: a node that has no slots
    admin.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    assert not settles(lambda: admin.execute_command("CLUSTER INFO")["cluster_state"] != "ok")
    cluster = Server(node.url)
    assert isinstance(cluster.client(), redis.RedisCluster)
    assert "cluster" in cluster.capabilities
    cache = SingleFlight(cluster.client(), database.users, lab.keys)
    before = cache.get(12)
    cache.put(12, before | {"city": "Ede"})
    assert cache.get(12)["city"] == "Ede"
    with pytest.raises(StartError, match="cluster"):
        cluster.client(via=object())


# Passwords


PASSWORDS = [SECRET, f"{SECRET}/1", f"1/{SECRET}", f"{SECRET}@x", f"{SECRET}?", f"#{SECRET}", f"[{SECRET}"]


@pytest.mark.parametrize("encode", [str, lambda word: quote(word, safe="")], ids=["as it is", "encoded"])
def test_nothing_that_is_displayed_shows_a_password(private, encode):
    server = private()
    admin = server.client()
    for word in PASSWORDS:
        admin.config_set("requirepass", word)
        url = f"redis://:{encode(word)}@127.0.0.1:{server.port}/0"
        if encode is str and set(word) & set("/?#["):
            assert "write / as %2F" in refused(url)
        else:
            shows_no_password(url)


def shows_no_password(url: str) -> None:
    made = Server(url)
    lab = Lab(made, "redislab:test", database_url=f"postgresql://me:{SECRET}@127.0.0.1/shop")
    shown = [
        made,
        made.url,
        lab,
        lab.address,
        made.client(),
        made.client().connection_pool,
        pickle.loads(pickle.dumps(made.url)),
    ]
    assert all(SECRET not in repr(each) for each in shown) and made.client().ping()
    assert made.url == url


def test_a_password_where_none_is_needed_is_no_error(private):
    server = private()
    assert Server(f"redis://:{SECRET}@127.0.0.1:{server.port}").client().ping()


def test_a_host_that_may_be_a_password_is_not_repeated():
    assert "password stands before the host" in refused(f"redis://{SECRET}")


# Servers that differ


def test_a_lab_does_not_start_on_a_replica_and_says_where_its_primary_is(private):
    primary, replica = private(), private()
    replica.client().replicaof(primary.host, primary.port)
    assert not settles(lambda: Server(replica.url).role != "replica")
    with pytest.raises(StartError, match=f"is a replica.*primary, {primary.where}"):
        _open(replica.url, None, None, print)


def test_a_lab_does_not_start_on_a_cluster_whose_addresses_cannot_be_reached(request):
    closed = free_port()
    config = {"cluster_enabled": "yes", "cluster_port": free_port(), "cluster_announce_port": closed}
    node, _ = first(("local", "bundled"), report=print, config=config)
    request.addfinalizer(node.close)
    admin = redis.Redis(port=node.port, decode_responses=True)
    admin.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    assert not settles(lambda: admin.execute_command("CLUSTER INFO")["cluster_state"] != "ok")
    with pytest.raises(StartError, match=f"announces 127.0.0.1:{closed}, where nothing"):
        _open(node.url, None, None, print)


@pytest.mark.parametrize("backend", ["local", "bundled"])
def test_where_hello_is_unknown_resp2_is_spoken(backend, tmp_path, database, lab, request):
    have(backend)
    (tmp_path / "old.conf").write_text('rename-command HELLO ""\n')
    own, _ = first((backend,), report=print, config={"include": tmp_path / "old.conf"})
    request.addfinalizer(own.close)
    server = Server(own.url)
    assert (server.product, server.role) == ("Redis" if backend == "local" else "Valkey", "master") and server.version
    cache = SingleFlight(server.client(), database.users, lab.keys)
    assert cache.get(1) == cache.get(1) and server.client().exists(lab.keys.user(1))


def test_a_socket_is_called_by_its_path(tmp_path, request):
    path = tmp_path / "redis.sock"
    own, _ = first(("local", "bundled"), report=print, config={"unixsocket": path})
    request.addfinalizer(own.close)
    server = Server(f"unix://{path}?db=2")
    assert server.where == str(path) and str(path) in repr(server) and "6379" not in repr(server) + server.name
    assert server.client().set("key", 1) and own.client().dbsize() == 0


def test_options_in_a_url_take_the_place_of_ours(private):
    pool = Server(f"{private().url}?max_connections=3&timeout=2&socket_timeout=7").client().connection_pool
    assert (pool.max_connections, pool.timeout, pool.connection_kwargs["socket_timeout"]) == (3, 2, 7)


@pytest.mark.parametrize("part", ["/abc", "/1/2", "?colour=blue"])
def test_a_part_of_a_url_that_means_nothing_is_refused(private, part):
    refused(private().url + part)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"]
    subprocess.run([*command, *names], check=True, capture_output=True)
    return folder


def test_tls_checks_the_name_of_the_host_also_through_a_delay(certificate):
    have("local")
    from redislab.world import processes

    port = processes.free_port()
    files = {
        "tls_cert_file": f"{certificate}/cert.pem",
        "tls_key_file": f"{certificate}/key.pem",
        "tls_ca_cert_file": f"{certificate}/cert.pem",
    }
    with contextlib.closing(processes.local(tls_port=port, tls_auth_clients="no", **files)):
        trusted = f"ssl_ca_certs={certificate}/cert.pem"
        server = Server(f"rediss://localhost:{port}?{trusted}")
        assert server.client().ping()
        with Delay("127.0.0.1", port) as delay:
            assert server.client(via=delay).ping()
        assert "certificate" in refused(f"rediss://127.0.0.1:{port}?{trusted}")  # another name than the certificate's
        assert "certificate" in refused(f"rediss://localhost:{port}")  # nobody vouches for it
