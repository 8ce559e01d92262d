"""Many keys, written in the background on a server that nobody else uses."""

import contextlib

import pytest

from redislab.lessons.anti_patterns.filler import Filler

USERS, TEAMS = [(100, "user:#", 10, 0)], [(25, "team:#", 10, 60), (75, "user:#", 10, 0)]


@pytest.fixture
def client(lab):
    server = lab.private_server()
    yield server.client()
    server.close()


def test_it_is_at_what_was_asked_for_last(client):
    with contextlib.closing(Filler(client)) as filler:
        for count, kinds in ((5000, USERS), (12_001, USERS), (300, USERS), (2000, TEAMS)):
            filler.want(count, kinds)
            assert filler.wait(20)
            assert filler.share == 1 and client.dbsize() == filler.made == count
        assert sum(1 for _ in client.scan_iter("team:*", count=500)) == 500
        # Given that some of them have been deleted
        client.unlink(*client.scan(count=500)[1])
        filler.again()
        assert filler.wait(20)
        assert client.dbsize() == 2000
    filler.want(50, USERS)
    assert not filler.wait(20)  # it is over
