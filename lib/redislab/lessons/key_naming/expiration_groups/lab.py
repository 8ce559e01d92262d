"""Section 3.2: expiration groups, and how many keys live in each."""

import itertools

from redislab.bench import Experiment, action, dashed, dotted, number, on, time_chart
from redislab.keys import Group, TtlGroups
from redislab.lessons.key_naming.as_in_the_module import delete_expired
from redislab.lessons.key_naming.expiration_groups.cohorts import Cohorts

NAMES = ("short", "medium", "long", "permanent")
BURST, CHUNK = 2000, 500  # keys of the button, and of one pipeline


class ExpirationsLab(Experiment):
    """As many new keys arrive in each of four groups. A server of its own counts what lives in each.

    Each group has a database of its own, for no other reason than that the server counts by database, expired keys
    included that it has not found yet. It looks for those 100 times a second, ten times as often as usual.
    """

    title = "Expiration groups"

    medium = number(8.0, 1, 60, label="TTL, medium", unit="s", log=True)
    rate = number(400.0, 40, 1200, label="New keys", unit="/s", log=True, help="a quarter for each group")
    jitter = number(0.0, 0, 50, label="TTL jitter", unit="±%", step=5)
    short = number(2.0, 0.5, 20, label="TTL, short", unit="s", log=True)
    long = number(30.0, 2, 120, label="TTL, long", unit="s", log=True)
    permanent = number(0.0, 0, 120, label="TTL, permanent", unit="s", step=5, help="0: none, as the name says")

    charts = (
        time_chart(
            "Living keys", "keys", wide=True,
            short_alive="short", short_due=dashed("short, predicted"),
            medium_alive="medium", medium_due=dashed("medium, predicted"),
            long_alive="long", long_due=dashed("long, predicted"),
        ),
        time_chart("Expirations", "/s", expired="keys", arrived=dotted("new keys")),
        time_chart("The permanent ones", "keys", permanent_alive="living", permanent_due=dashed("predicted")),
    )  # fmt: skip
    presets = {
        "As it begins": {},
        "Jitter": {"jitter": 50.0},
        "Twice the arrivals": {"rate": 800.0},
        "A TTL for all": {"permanent": 20.0},
    }
    workers = 16
    span = 1.0

    def setup(self, lab):
        self.server = lab.private_server(hz=100)
        self.clients = {name: self.server.client(db=db) for db, name in enumerate(NAMES)}
        self.cohorts = {name: Cohorts() for name in NAMES}
        self.turns, self.serial, self.deleted = itertools.cycle(NAMES), itertools.count(), {}

    @on(*NAMES, "jitter")
    def regroup(self):
        groups = [Group(name, getattr(self, name) or None, "") for name in NAMES]
        self.groups = TtlGroups(groups, jitter=self.jitter / 100)

    def request(self):
        self.add(next(self.turns), 1)
        return "set"

    def add(self, name, count):
        """Write so many new keys of a group; the prediction hears of them when they are there."""
        groups = self.groups
        pipeline = self.clients[name].pipeline(transaction=False)
        for _ in range(count):
            pipeline.set(f"temp:{name}:{next(self.serial)}", "x" * 20, **groups.life(name))
        pipeline.execute()
        self.cohorts[name].arrive(count, groups.groups[name].ttl, groups.jitter)

    @action("2,000 short ones together")
    def burst(self):
        """As after a release, or a restart: what is stored together expires together, unless its TTLs differ."""
        for _ in range(0, BURST, CHUNK):
            self.add("short", CHUNK)

    @action("Delete “expired” keys, as in the module")
    def sweep(self):
        """The module's loop, over each group."""
        self.deleted = {name: delete_expired(client, "temp:*") for name, client in self.clients.items()}

    def sample(self, window):
        info = self.clients["short"].info
        held, stats = info("keyspace"), info("stats")
        values = {f"{name}_alive": held.get(f"db{db}", {}).get("keys", 0) for db, name in enumerate(NAMES)}
        values |= {f"{name}_due": cohorts.alive() for name, cohorts in self.cohorts.items()}
        return values | {
            "expired": window.growth("expired", stats["expired_keys"]),
            "arrived": window.growth("arrived", sum(cohorts.total for cohorts in self.cohorts.values())),
            "deleted": self.deleted,
        }

    def sentence(self, values):
        living = (f"{values[f'{name}_alive']:,} {name} ({values[f'{name}_due']:,.0f} predicted)" for name in NAMES)
        each = self.rate / 4
        ttls = [(name, ttl) for name in ("short", "medium", "permanent") if (ttl := getattr(self, name))]
        said = [f"Living: {'; '.join(living)}."]
        said += [f"{each:,.0f}/s × {ttl:g} s: the {name} ones level out at {each * ttl:,.0f}." for name, ttl in ttls]
        if any(values["deleted"].values()):
            gone = ", ".join(f"{count:,} {name}" for name, count in values["deleted"].items() if count)
            said.append(f"The module's loop for expired keys has deleted {gone} ones.")
        return " ".join(said)

    def verdict(self, values):
        alive, due = (sum(values[f"{name}_{what}"] for name in NAMES[:3]) for what in ("alive", "due"))
        if due < 100:
            return None
        said = f"{alive:,} living keys with a TTL, {due:,.0f} predicted from arrivals × TTL ({100 * (alive / due - 1):+.0f} %)"
        if deleted := values["deleted"].get("permanent"):
            return f"{said}. The module’s clean-up deleted {deleted:,} keys that never expire"
        return said
