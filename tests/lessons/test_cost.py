"""What a command costs, on a real server that nobody else uses."""

import time

import pytest

from redislab.lessons.data_modeling.cost import cost


@pytest.fixture(scope="module")
def client(lab):
    server = lab.private_server()
    yield server.client()
    server.close()


def test_the_servers_own_time_is_a_part_of_what_the_client_waits(client):
    client.set("small", "x")
    found = cost(client, "get", lambda i: client.get("small"))
    assert 0 < found.server_us < found.client_us
    assert 9 <= found.calls < 220


def test_only_the_named_command_counts_and_undo_keeps_things_as_they_are(client):
    client.rpush("list", *range(3000))
    # Given an undo that is far dearer than the call
    dear = cost(client, "lrange", lambda i: client.lrange("list", 0, -1))
    found = cost(client, "rpush", lambda i: client.rpush("list", "new"), lambda i: client.lrem("list", -1, "new"))
    assert client.llen("list") == 3000
    assert found.server_us < dear.server_us


def test_a_slow_command_is_called_at_least_once_and_not_for_long(client):
    client.set("large", "x" * 10_000_000)
    began = time.monotonic()
    found = cost(client, "get", lambda i: client.get("large"), most=10_000, seconds=0.2)
    assert 1 <= found.calls < 10_000
    assert time.monotonic() - began < 10
    assert cost(client, "get", lambda i: client.get("large"), seconds=0.0).calls == 1


def test_it_stops_when_it_is_told_to(client):
    found = cost(client, "get", lambda i: client.get("small"), most=10_000, seconds=30, stopping=lambda: True)
    assert found.calls == 1
