import pytest

from redislab.keys import KeyNamespace
from tests.caching.test_caching import runs


@pytest.fixture(scope="module")
def private(lab):
    """A server that may be killed, paused and filled."""
    server = lab.private_server()
    yield server
    server.close()


@pytest.fixture
def database(lab):
    database = lab.open_database()
    yield database
    database.close()


@pytest.fixture
def keys(lab):
    """A namespace of the test's own."""
    return KeyNamespace(f"{lab.prefix}:{next(runs)}")
