"""Section 3.2, extra: which node of a cluster a key lies on, and which keys may be asked for together."""

import random

import redis
from traitlets import observe

from redislab.bench import Chart, Experiment, Line, choice, number, text
from redislab.keys import explain, hash_tag, slot

NONE, USER, ALL = "none", "by user: {42}", "one for all: {shop}"
ROLES = ("profile", "cart", "orders")
NODES = 3


def companions(tag: str, user) -> list[str]:
    """The three keys of a user."""
    name = {NONE: "shop:user:{}", USER: "shop:user:{{{}}}", ALL: "{{shop}}:user:{}"}[tag].format(user)
    return [f"{name}:{role}" for role in ROLES]


class SlotsLab(Experiment):
    """Three keys of each user, on three nodes; requests ask the node of the first key for all three at once."""

    title = "Slots of a cluster"

    key = text("user:123:profile", label="Key", most=80, help="braces make a hash tag")
    tag = choice(NONE, [NONE, USER, ALL], label="Hash tag of the users’ keys")
    users = number(1000, 100, 10_000, label="Users", log=True, integer=True)
    rate = number(100.0, 10, 500, label="Requests", unit="/s", log=True, help="MGET of a user’s three keys")

    charts = (
        Chart(
            "Slots of your key and of user 42’s",
            (
                Line("typed", "your key"),
                Line("theirs", "user 42’s"),
                Line("edges", "a node’s first and last", "dot", "limit", shape="hv"),
            ),
            kind="xy",
            x_title="slot",
            x_unit="of 16,384",
            y_names=("your key", *ROLES),
            wide=True,
        ),
        Chart(
            "Keys on each node",
            tuple(Line(f"keys{n}", f"node {n + 1}") for n in range(NODES)),
            unit="keys",
            kind="bars",
        ),
        Chart("Requests for three keys", (Line("served", "served"), Line("refused", "CROSSSLOT")), unit="/s", low=0),
    )
    presets = {
        "No tag": {"tag": NONE, "key": "user:123:profile"},
        "A tag for each user": {"tag": USER, "key": "user:{123}:profile"},
        "A tag for all": {"tag": ALL, "key": "{shop}:user:123"},
    }
    workers = 8
    cluster = None

    def setup(self, lab):
        self.cluster = lab.private_cluster(NODES)
        self.server = self.cluster.nodes[0]
        self.clients = [self.cluster.node_client(place) for place in range(NODES)]
        self.store()

    def teardown(self):
        if self.cluster:
            self.cluster.close()
        self.cluster = None

    @observe("tag", "users")
    def store(self, _=None):
        """All users' keys anew, each on its node."""
        if not self.cluster:
            return
        pipelines = [client.pipeline(transaction=False) for client in self.clients]
        for pipeline in pipelines:
            pipeline.flushall()
        for user in range(self.users):
            for key in companions(self.tag, user):
                pipelines[self.place(key)].set(key, "x")
        for pipeline in pipelines:
            pipeline.execute()

    def place(self, key) -> int:
        return self.cluster.node_of(slot(key))

    def request(self):
        """One MGET; if that is refused, a GET of each key."""
        keys = companions(self.tag, random.randrange(self.users))
        first = self.place(keys[0])
        try:
            self.clients[first].mget(keys)
            return "request", "served", "message", f"node {first}"
        except redis.exceptions.ClusterCrossSlotError:
            places = [self.place(key) for key in keys]
            for place, key in zip(places, keys, strict=True):
                self.clients[place].get(key)
            return "request", "refused", *(tag for place in (first, *places) for tag in ("message", f"node {place}"))

    def ask(self) -> str:
        """What the node of the typed key answers when it is asked for user 42's profile as well."""
        other = companions(self.tag, 42)[0]
        try:
            self.clients[self.place(self.key)].mget(self.key, other)
            return f"MGET {self.key} {other} is answered."
        except redis.ResponseError as refusal:
            return f"MGET {self.key} {other} → CROSSSLOT {refusal}."

    def sample(self, window):
        values = {
            "typed": [(self.clients[0].cluster("KEYSLOT", self.key), 0)],
            "theirs": [(slot(key), row) for row, key in enumerate(companions(self.tag, 42), 1)],
            "edges": [
                point
                for edges in self.cluster.ranges
                for edge in edges
                for point in ((edge, 0), (edge, 3), (None, None))
            ],
            "served": window.rate("served"),
            "refused": window.rate("refused"),
            "node": 1 + self.place(self.key),
            "answer": self.ask(),
            "together": window.share("served", of="request"),
            "messages": (window.share("message", of="request") or 0) / 100,
        }
        for place, client in enumerate(self.clients):
            values |= {f"keys{place}": client.dbsize(), f"load{place}": window.rate(f"node {place}")}
        return values

    def sentence(self, values):
        tag, name = hash_tag(self.key), self.key or "the empty name"
        hashed = f"Of {name} only {tag!r} is hashed" if tag else f"All of {name} is hashed"
        lies = f"{hashed}: slot {values['typed'][0][0]:,}, on node {values['node']}."
        return f"{lies} {values['answer']} User 42: {explain(*companions(self.tag, 42))}"

    def verdict(self, values):
        if values["together"] is None:
            return None
        load, keys = ([values[f"{what}{place}"] for place in range(NODES)] for what in ("load", "keys"))
        return (
            f"{values['together']:.0f} % of the requests for three keys are accepted, at {values['messages']:.1f} messages each; the "
            f"busiest node gets {share(load):.0f} % of them, the fullest has {share(keys):.0f} % of the keys"
        )


def share(of: list) -> float:
    """What the largest is of all, in %."""
    return 100 * max(of) / (sum(of) or 1)
