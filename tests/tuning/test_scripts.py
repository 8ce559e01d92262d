import contextlib

from redislab.bench import watch
from redislab.lua import script
from redislab.tuning import LoadedScript


def test_a_script_travels_once_and_again_after_the_server_has_forgotten_it(lab):
    with contextlib.closing(lab.private_server()) as server:
        client = server.client()
        increment = LoadedScript(client, script("increment"))
        for expected in (1, 3):  # before and after it is forgotten
            with watch(client) as sent:
                assert increment(keys=["counter"], args=[1, 60_000]) == expected
                assert increment(keys=["counter"], args=[1, 60_000]) == expected + 1
            assert [command.text.split()[0] for command in sent.commands] == ["EVALSHA", "SCRIPT", "EVALSHA", "EVALSHA"]
            client.script_flush()
        # Expect that redis-py's own does the same
        theirs = client.register_script(script("increment"))
        assert theirs(keys=["counter"], args=[1, 60_000]) == 5
