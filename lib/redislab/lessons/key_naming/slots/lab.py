"""Section 3.5: which node of a cluster a key lies on, and which keys may be asked for together."""

import random

import redis

from redislab.bench import Experiment, bars, choice, dotted, number, on, text, time_chart, xy_chart
from redislab.keys import explain, hash_tag, slot

NONE, USER, ALL = "none", "by user: {42}", "one for all: {shop}"
PREFIXES = {NONE: "shop:user:{}", USER: "shop:user:{{{}}}", ALL: "{{shop}}:user:{}"}
ROLES = ("profile", "cart", "orders")
NODES = 3


class SlotsLab(Experiment):
    """Three keys of each user, on three nodes; requests ask the node of the first key for all three together."""

    title = "Slots of a cluster"

    tag = choice(NONE, [NONE, USER, ALL], label="Hash tag of the users’ keys")
    users = number(1000, 100, 10_000, label="Users", log=True, integer=True)
    rate = number(100.0, 10, 500, label="Requests", unit="/s", log=True, help="MGET of a user’s three keys")
    key = text("user:123:profile", label="Key", most=80, help="braces make a hash tag")

    charts = (
        time_chart("Requests for three keys", "/s", served="served", refused="CROSSSLOT"),
        bars("Keys on each node", "keys", **{f"keys{node}": f"node {node + 1}" for node in range(NODES)}),
        xy_chart("Slots of your key and of user 42’s", x="slot", x_unit="of 16,384", y_names=("your key", *ROLES), wide=True,
                 typed="your key", theirs="user 42’s", edges=dotted("a node’s first and last", shape="hv")),
    )  # fmt: skip
    presets = {
        "No tag": {},
        "A tag for each user": {"tag": USER, "key": "user:{123}:profile"},
        "A tag for all": {"tag": ALL, "key": "{shop}:user:123"},
    }
    workers = 8

    def setup(self, lab):
        self.cluster = lab.private_cluster(NODES)
        self.server = self.cluster.nodes[0]
        self.clients = [self.cluster.node_client(node) for node in range(NODES)]

    @on("tag", "users")
    def store(self):
        """Write all users' keys, each on its node."""
        pipelines = [client.pipeline(transaction=False) for client in self.clients]
        for pipeline in pipelines:
            pipeline.flushall()
        for user in range(self.users):
            for key in self.keys_of(user):
                pipelines[self.node_of(key)].set(key, "x")
        for pipeline in pipelines:
            pipeline.execute()

    def keys_of(self, user: int) -> list[str]:
        prefix = PREFIXES[self.tag].format(user)
        return [f"{prefix}:{role}" for role in ROLES]

    def node_of(self, key: str) -> int:
        return self.cluster.node_of(slot(key))

    def request(self):
        """One MGET; if that is refused, a GET of each key."""
        keys = self.keys_of(random.randrange(self.users))
        nodes = [self.node_of(key) for key in keys]
        try:
            self.clients[nodes[0]].mget(keys)
            return "request", "served", "message", f"node {nodes[0]}"
        except redis.exceptions.ClusterCrossSlotError:
            for node, key in zip(nodes, keys, strict=True):
                self.clients[node].get(key)
            return "request", "refused", *(tag for node in (nodes[0], *nodes) for tag in ("message", f"node {node}"))

    def ask(self) -> str:
        """What the node of the typed key answers when it is asked for user 42's profile as well."""
        other = self.keys_of(42)[0]
        try:
            self.clients[self.node_of(self.key)].mget(self.key, other)
            return f"MGET {self.key} {other} is answered."
        except redis.ResponseError as refusal:
            return f"MGET {self.key} {other} → CROSSSLOT {refusal}."

    def sample(self, window):
        edges = [edge for ends in self.cluster.ranges for edge in ends]
        return {
            "typed": [(self.clients[0].cluster("KEYSLOT", self.key), 0)],
            "theirs": [(slot(key), row) for row, key in enumerate(self.keys_of(42), 1)],
            "edges": [point for edge in edges for point in ((edge, 0), (edge, 3), (None, None))],
            "served": window.rate("served"),
            "refused": window.rate("refused"),
            "node": 1 + self.node_of(self.key),
            "answer": self.ask(),
            "together": window.share("served", of="request"),
            "messages": (window.share("message", of="request") or 0) / 100,
            **{f"keys{node}": client.dbsize() for node, client in enumerate(self.clients)},
            **{f"load{node}": window.rate(f"node {node}") for node in range(NODES)},
        }

    def sentence(self, values):
        tag, name = hash_tag(self.key), self.key or "the empty name"
        hashed = f"Of {name} only {tag!r} is hashed" if tag else f"All of {name} is hashed"
        lies = f"{hashed}: slot {values['typed'][0][0]:,}, on node {values['node']}."
        return f"{lies} {values['answer']} User 42: {explain(*self.keys_of(42))}"

    def verdict(self, values):
        load, keys = ([values[f"{what}{node}"] for node in range(NODES)] for what in ("load", "keys"))
        return (
            f"{values['together']:.0f} % of the requests for three keys are accepted, at {values['messages']:.1f} messages each; the "
            f"busiest node gets {largest(load):.0f} % of them, the fullest has {largest(keys):.0f} % of the keys"
        )


def largest(parts: list) -> float:
    """What the largest part is of all, in %."""
    return 100 * max(parts) / (sum(parts) or 1)
