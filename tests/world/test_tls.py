"""A server that speaks TLS, checked as a client in production checks it."""

import time

import pytest
import redis

from redislab.errors import StartError
from redislab.tuning import connect
from redislab.world.network import Delay
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
