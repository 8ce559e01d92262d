import contextlib
import itertools

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


def filled(client, name: str, count: int, value=1, ttl: int | None = 1000) -> None:
    """So many keys, `name` with a number behind it."""
    pipeline = client.pipeline(transaction=False)
    for number in range(count):
        pipeline.set(f"{name}{number}", value, ex=ttl)
    pipeline.execute()


@contextlib.contextmanager
def configured(client, settings: dict):
    """The server has another configuration for a while."""
    former = client.config_get(*settings)
    client.config_set(*itertools.chain(*settings.items()))
    try:
        yield
    finally:
        client.config_set(*itertools.chain(*former.items()))
