"""Clients of every kind: with each, a class gives the same results, or refuses it when it is constructed.

    def test_what_was_put_is_read_back(any_client, any_keys):
        ...

`any_client` runs a test with RESP 2 and 3, text and bytes, on Redis 7.0, Valkey, Redis 8, a cluster, and as a user who
may do little. The servers are started when first asked for, once in a session. `-k resp3-bytes` picks one kind.
"""

import itertools
from dataclasses import dataclass

import pytest

from redislab.keys import KeyNamespace
from redislab.world.lab import first
from tests.conftest import have

SHAPES = {
    "resp2-text": {"protocol": 2, "decode_responses": True},
    "resp2-bytes": {"protocol": 2, "decode_responses": False},
    "resp3-text": {"protocol": 3, "decode_responses": True},
    "resp3-bytes": {"protocol": 3, "decode_responses": False},
    "default-bytes": {"decode_responses": False},  # the protocol that redis-py itself chooses
}
FOUR = list(SHAPES)[:4]
# It may use the keys of the tests below, and ask nothing about the server: no INFO, CONFIG, COMMAND or KEYS.
RULES = "on nopass ~app:* ~{app}:* &* +@all -@admin -@dangerous -command"
namespaces = itertools.count(1)


@dataclass(frozen=True)
class Kind:
    """Where a client goes, and what its replies look like."""

    server: str
    shape: str

    def __str__(self) -> str:
        return f"{self.server}-{self.shape}"


def kinds() -> list:
    """Each time every shape on one server, and every server with both protocols, both decodings; all pairs by `make tour`."""
    each_time = {
        "local": list(SHAPES),
        "bundled": FOUR[1:3],
        "docker": FOUR[::3],
        "cluster": FOUR[1:3],
        "restricted": FOUR[1:3],
    }
    params = []
    for server, shapes in each_time.items():
        for shape in shapes if server in ("local", "restricted") else FOUR:
            marks = [pytest.mark.docker] * (server == "docker") + [pytest.mark.tour] * (shape not in shapes)
            params.append(pytest.param(kind := Kind(server, shape), id=str(kind), marks=marks))
    return params


@pytest.fixture(scope="session")
def servers(request):
    """`servers(name)`: "local", "bundled", "docker" or "cluster"; each is started once."""
    started = {}

    def get(name: str):
        if name == "cluster":
            return request.getfixturevalue("cluster")
        if name not in started:
            have(name)
            started[name], _ = first((name,), report=print)
        return started[name]

    yield get
    for server in started.values():
        server.close()


@pytest.fixture
def make_client(servers):
    """`make_client(kind, **options)`: a client of that kind; closed when the test ends."""
    made = []

    def make(kind: Kind, **options):
        if kind.server == "restricted":
            server = servers("local")
            server.client().execute_command("ACL", "SETUSER", "restricted", "reset", *RULES.split())
            options = {"username": "restricted", "password": "any", **options}
        else:
            server = servers(kind.server)
        made.append(server.client(**SHAPES[kind.shape], **options))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture(params=kinds())
def client_kind(request) -> Kind:
    return request.param


@pytest.fixture
def any_client(client_kind, make_client):
    """A client of each kind in turn."""
    return make_client(client_kind)


@pytest.fixture
def any_keys() -> KeyNamespace:
    """A namespace of the test's own, which spreads over a cluster."""
    return KeyNamespace(f"app:{next(namespaces)}")


@pytest.fixture
def one_slot_keys() -> KeyNamespace:
    """The same in one slot of a cluster."""
    return KeyNamespace(f"{{app}}:{next(namespaces)}")
