import pytest

from redislab.bench import watch
from redislab.lua import script


@pytest.fixture
def key(lab):
    key = lab.keys.entity("watched", 1)
    yield key
    lab.redis.delete(key)


def test_commands_are_seen_as_they_are_sent_with_their_round_trips(lab, key):
    client = lab.client()
    with watch(client) as sent:
        client.set(key, "x" * 100, ex=60)
        client.get(key)
        client.get(key + ":none")
        client.pipeline(transaction=True).get(key).ttl(key).execute()
    texts = [command.text.split()[0] for command in sent.commands]
    assert texts == ["SET", "GET", "GET", "MULTI", "GET", "TTL", "EXEC"]
    assert [command.trip for command in sent.commands] == [1, 2, 3, 4, 4, 4, 4]
    assert sent.round_trips == 4
    assert [command.reply for command in sent.commands[:3]] == ["OK", "x" * 57 + "…", None]
    assert len(sent.commands[0].text) < 200
    assert list(sent.table.columns) == ["command", "reply", "round trip"]


def test_scripts_go_by_the_name_of_their_file(lab, key):
    client = lab.client()
    client.script_flush()
    fill = client.register_script(script("fill"))
    with watch(client) as sent:
        fill(keys=[key, key], args=["nobody", "", 1])
    texts = [command.text for command in sent.commands]
    assert texts[0].startswith("EVALSHA fill.lua 2") and texts[2] == texts[0]
    assert texts[1] == "SCRIPT LOAD fill.lua"
    assert sent.commands[0].reply.startswith("error: ") and sent.commands[2].reply == "0"


def test_outside_the_block_nothing_is_watched(lab, key):
    client = lab.client()
    with watch(client) as sent:
        client.get(key)
    client.get(key)
    assert len(sent.commands) == 1
    assert "Watched" not in client.connection_pool.connection_class.__name__


def test_a_client_that_has_connections_already_can_be_watched(lab, key):
    client = lab.client()
    client.get(key)
    with watch(client) as sent:
        client.get(key)
    assert [command.text for command in sent.commands] == [f"GET {key}"]
    assert client.get(key) is None


def test_the_time_in_the_socket_is_part_of_the_call(lab, key):
    client = lab.client()
    instrument = watch(client)
    client.ping()
    instrument.socket_seconds()
    client.execute_command("CLIENT", "PAUSE", 60)
    client.get(key)
    assert 0.05 < instrument.socket_seconds() < 5
    instrument.close()


def test_bytes_are_counted_at_the_socket(lab):
    client = lab.client()
    with watch(client) as instrument:
        client.ping()  # and the handshake before it
        instrument.socket_bytes()
        client.ping()
        assert instrument.socket_bytes() == (len("*1\r\n$4\r\nPING\r\n"), len("+PONG\r\n"))
        assert instrument.socket_bytes() == (0, 0)
