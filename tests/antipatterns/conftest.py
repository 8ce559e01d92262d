import pytest


@pytest.fixture(scope="session")
def own(lab):
    """A server that nobody else uses."""
    server = lab.private_server()
    yield server
    server.close()


@pytest.fixture
def client(own):
    """A client of it, with no key in it yet."""
    client = own.client(socket_timeout=20)
    client.flushall()
    yield client
    client.close()
