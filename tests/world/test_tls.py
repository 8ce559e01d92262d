"""A server that speaks TLS, checked as a client in production checks it."""

import subprocess
import time

import pytest
import redis

from redislab.errors import StartError
from redislab.lessons import labs
from redislab.tuning import connect
from redislab.world import lab as world
from redislab.world.network import Delay
from redislab.world.processes import free_port, local
from redislab.world.servers import Server
from redislab.world.tls import SecureServer, self_signed
from tests.conftest import needs


@pytest.fixture(scope="module")
def both():
    needs("redis-server")
    needs("openssl")
    server = SecureServer()
    yield server
    server.close()


def test_both_ports_lead_to_the_same_server(both):
    both.plain.client().set("key", "value")
    assert both.secure.client().get("key") == "value"
    assert connect(both.secure.url).get("key") == "value"


def test_a_certificate_that_is_not_trusted_is_refused(both):
    with pytest.raises(redis.ConnectionError, match="CERTIFICATE"):
        connect(f"rediss://127.0.0.1:{both.secure.port}").ping()


def test_tls_goes_through_a_delay_and_costs_round_trips_of_its_own(both):
    trips = {}
    for server in (both.plain, both.secure):
        with Delay(server.host, server.port) as delay:
            before = delay.counted()["trips"]
            assert server.client(via=delay).ping()
            trips[server] = delay.counted()["trips"] - before
    assert trips[both.secure] > trips[both.plain] >= 1


def test_where_there_is_no_openssl_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StartError, match="install openssl"):
        self_signed(tmp_path)


def test_closing_a_connection_with_tls_leaves_no_error_in_the_delay(both, capfd):
    with Delay(both.secure.host, both.secure.port, rtt=0.002) as delay:
        for _ in range(10):
            with both.secure.client(via=delay, max_connections=1) as client:
                client.ping()
        time.sleep(0.1)  # what is on its way arrives
    assert capfd.readouterr().err == ""


def openssl(*command, stdin: str = "") -> None:
    subprocess.run(["openssl", *map(str, command)], input=stdin.encode(), capture_output=True, check=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A folder with a certificate authority, and what it has signed: a server, and a client."""
    needs("redis-server")
    needs("openssl")
    folder = tmp_path_factory.mktemp("authority")
    new = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl(*new, "-x509", "-subj", "/CN=Our CA", "-keyout", folder / "ca.key", "-out", folder / "ca.pem")
    for name, extension in (("server", "subjectAltName=DNS:localhost"), ("client", "extendedKeyUsage=clientAuth")):
        key, request, certificate = (folder / f"{name}.{kind}" for kind in ("key", "csr", "crt"))
        (folder / "extension").write_text(extension)
        openssl(*new, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        signed_by = ["-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-CAcreateserial"]
        openssl("x509", "-req", "-in", request, *signed_by, "-extfile", folder / "extension", "-out", certificate)
    return folder


@pytest.fixture
def strict(authority):
    """The address of a server that asks each client for a certificate."""
    port = free_port()
    files = {"cert": authority / "server.crt", "key": authority / "server.key", "ca_cert": authority / "ca.pem"}
    settings = {f"tls_{name}_file": file for name, file in files.items()}
    server = local(tls_port=port, tls_auth_clients="yes", **settings)
    yield f"rediss://localhost:{port}?ssl_ca_certs={authority}/ca.pem"
    server.close()


def test_the_course_runs_with_a_client_certificate_of_an_authority_of_ones_own(strict, authority, monkeypatch):
    monkeypatch.delenv("REDISLAB_BACKEND", raising=False)
    monkeypatch.setattr(world, "_lab", None)
    lab = world.start(f"{strict}&ssl_certfile={authority}/client.crt&ssl_keyfile={authority}/client.key")
    try:
        # in this process, in the bench, and through a delay
        assert lab.redis.ping()
        assert labs.FirstContact(rtt=2.0).run(seconds=2).last["requests"] > 20
    finally:
        lab.close()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("", "wants a certificate of yours. Add ssl_certfile="),
        ("&ssl_certfile={0}/server.crt&ssl_keyfile={0}/client.key", "do not belong together"),
        ("&ssl_certfile=/nowhere/my.crt&ssl_keyfile={0}/client.key", "There is no file /nowhere/my.crt"),
    ],
)
def test_a_client_certificate_that_is_missing_or_wrong_is_said_in_a_sentence(strict, authority, options, says):
    with pytest.raises(StartError) as caught:
        Server(strict + options.format(authority))
    assert says in str(caught.value) and "\n" not in str(caught.value)
