"""A cluster of ours: some nodes on this machine, without replicas, which share the slots evenly."""

import itertools

import redis

from redislab.errors import StartError
from redislab.world.backends import first
from redislab.world.processes import free_port
from redislab.world.servers import Server
from redislab.world.waiting import eventually

SLOTS = 16384
PATIENCE = 20.0  # s for the nodes to agree
TIMEOUT = 2000  # ms until a node that is silent is given up; the usual 15 s would slow down the meeting


class Cluster:
    """Nodes of one cluster, each a Server of ours, made ready for commands.

        cluster = Cluster(3)
        cluster.client().set("{shop}:a", 1)
        cluster.close()

    The nodes are processes, `redis-server` from PATH or else the bundled one, whatever the lab's own server is: a
    cluster's nodes tell clients their addresses, and those inside a container lead nowhere.

    Attributes:
        nodes: the servers, in the order of their slots.
        ranges: the first and the last slot of each.

    Raises:
        StartError: there is no server to start here, or the nodes did not agree in time.
    """

    def __init__(self, nodes: int = 3):
        self.nodes: list[Server] = []
        edges = [round(i * SLOTS / nodes) for i in range(nodes + 1)]
        self.ranges = [(first, after - 1) for first, after in itertools.pairwise(edges)]
        try:
            for _ in range(nodes):
                self.nodes.append(_node())
            self._join()
        except Exception:
            self.close()
            raise

    def client(self, **options) -> redis.RedisCluster:
        """A client that knows which node has which slot; see Server.client."""
        return self.nodes[0].client(**options)

    def node_client(self, place: int) -> redis.Redis:
        """A client of one node alone, which goes nowhere else when the node says MOVED, but raises."""
        node = self.nodes[place]
        return redis.Redis(host=node.host, port=node.port, decode_responses=True, socket_timeout=5)

    def node_of(self, slot: int) -> int:
        """The place in `nodes` of the one that has the slot."""
        return next(place for place, (first, last) in enumerate(self.ranges) if first <= slot <= last)

    def close(self) -> None:
        for node in self.nodes:
            node.close()

    def _join(self) -> None:
        admins = [self.node_client(place) for place in range(len(self.nodes))]
        for epoch, (admin, slots) in enumerate(zip(admins, self.ranges, strict=True), 1):
            admin.execute_command("CLUSTER", "ADDSLOTSRANGE", *slots)
            admin.execute_command("CLUSTER", "SET-CONFIG-EPOCH", epoch)
        bus = admins[0].config_get("cluster-port")["cluster-port"]
        for admin in admins[1:]:
            admin.execute_command("CLUSTER", "MEET", "127.0.0.1", self.nodes[0].port, bus)
        if not eventually(lambda: all(map(self._agrees, admins)), PATIENCE):
            raise StartError(
                f"The {len(admins)} nodes of the cluster did not agree within {PATIENCE:.0f} s. Try again."
            )
        for admin in admins:
            admin.close()

    def _agrees(self, admin: redis.Redis) -> bool:
        said = admin.execute_command("CLUSTER INFO")
        ok = said["cluster_state"] == "ok" and int(said["cluster_known_nodes"]) == len(self.nodes)
        return ok and int(said["cluster_size"]) == len(self.nodes)


def _node() -> Server:
    config = {"cluster_enabled": "yes", "cluster_node_timeout": TIMEOUT, "cluster_require_full_coverage": "yes"}
    server, _ = first(("local", "bundled"), config={"cluster_port": free_port(), **config})
    return server
