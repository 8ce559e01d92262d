"""A policy that takes what has no TTL is noticed, where it may be asked for; and a server that is away is not asked."""

import warnings

import pytest
import redis

from redislab.keys.eviction import warn_of_eviction
from redislab.keys.permits import need
from redislab.world.cluster import Cluster
from tests.clients import SHAPES


@pytest.mark.parametrize("shape", SHAPES)
def test_a_policy_that_takes_what_has_no_ttl_is_named_to_every_client(lab, shape):
    server = lab.private_server(maxmemory="50mb", maxmemory_policy="allkeys-lru")
    client = server.client(**SHAPES[shape])
    with pytest.warns(RuntimeWarning, match=r"allkeys-lru: .* evicts the index as well"):
        warn_of_eviction(client, "the index")
    server.close()


def test_other_policies_pipelines_and_servers_that_may_not_be_asked_are_no_reason_to_warn(lab, make_client):
    server = lab.private_server(maxmemory="50mb", maxmemory_policy="allkeys-lru")
    admin = server.client()
    admin.execute_command("ACL", "SETUSER", "restricted", "on", "nopass", "~*", "+@all", "-info")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_eviction(server.client(username="restricted", password="any"), "the index")
        warn_of_eviction(admin.pipeline(), "the index")
        admin.config_set("maxmemory-policy", "volatile-lru")
        warn_of_eviction(admin, "the index")
        server.kill()
        warn_of_eviction(admin, "the index")
    server.close()


def test_a_cluster_is_asked_too(cluster):
    client = cluster.client()
    node = redis.Redis(port=cluster.port)
    node.config_set("maxmemory-policy", "allkeys-lfu")
    try:
        with pytest.warns(RuntimeWarning, match="allkeys-lfu"):
            warn_of_eviction(client, "the index")
    finally:
        node.config_set("maxmemory-policy", "noeviction")


def test_a_cluster_whose_nodes_are_all_down_is_no_reason_to_fail():
    cluster = Cluster(1)
    client = cluster.client(socket_timeout=0.5)
    try:
        client.set("a", 1)
        cluster.nodes[0].kill()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for _ in range(3):  # the client knows fewer nodes each time, and raises something else
                need(client, str, "redis.call('TIME')")
                warn_of_eviction(client, "the index")
    finally:
        cluster.close()
