import pytest


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
