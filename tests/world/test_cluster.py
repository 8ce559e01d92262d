import pytest
import redis
import redis.exceptions

from redislab.keys import slot
from redislab.world.cluster import SLOTS, Cluster


@pytest.fixture(scope="module")
def three():
    made = Cluster(3)
    yield made
    made.close()


def test_the_nodes_share_all_slots_and_know_which(three):
    assert [first for first, _ in three.ranges] == [0, *(last + 1 for _, last in three.ranges[:-1])]
    assert three.ranges[-1][1] == SLOTS - 1
    client = three.client()
    for key in ("a", "b", "shop:user:42", "{shop}:x"):
        client.set(key, "1")
        assert client.keyslot(key) == slot(key)
        node = redis.Redis(port=three.nodes[three.node_of(slot(key))].port, decode_responses=True)
        assert node.get(key) == "1"


def test_keys_of_several_slots_are_refused_by_the_node_itself(three):
    node = redis.Redis(port=three.nodes[0].port)
    with pytest.raises(redis.exceptions.ClusterCrossSlotError):
        node.execute_command("MGET", "a", "b")


def test_closed_it_is_gone_and_closing_it_twice_does_no_harm():
    made = Cluster(1)
    made.close()
    made.close()
    assert not any(node.alive for node in made.nodes)
