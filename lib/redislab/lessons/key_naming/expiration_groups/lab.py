"""Section 3.2: expiration groups, and how many keys live in each."""

import itertools
import threading
import time

from traitlets import observe

from redislab.bench import Chart, Experiment, Line, action, number
from redislab.keys import Group, TtlGroups, delete_expired
from redislab.keys.groups import survival

NAMES = ("short", "medium", "long", "permanent")
STEP = 0.1  # s; arrivals within it count as one cohort, in its middle


class Cohorts:
    """What has arrived in a group and when, each with the TTL of its time: how much of it should be alive?"""

    def __init__(self, timer=time.monotonic):
        self._timer, self._cohorts, self.settled, self.total = timer, [], 0, 0
        self._lock = threading.Lock()

    def arrive(self, count: int, ttl: float | None, jitter: float) -> None:
        with self._lock:
            self.total += count
            if ttl is None:
                self.settled += count
            elif self._cohorts and self._same(self._cohorts[-1], ttl, jitter):
                self._cohorts[-1][1] += count
            elif count:
                self._cohorts.append([self._timer() + STEP / 2, count, ttl, jitter])

    def alive(self) -> float:
        with self._lock:
            now, living = self._timer(), float(self.settled)
            kept = [cohort for cohort in self._cohorts if now - cohort[0] < cohort[2] * (1 + cohort[3])]
            self._cohorts = kept
            return living + sum(count * survival(now - born, ttl, jitter) for born, count, ttl, jitter in kept)

    def _same(self, cohort, ttl, jitter) -> bool:
        return self._timer() - cohort[0] < STEP / 2 and cohort[2:] == [ttl, jitter]


class ExpirationsLab(Experiment):
    """As many new keys arrive in each of four groups. A server of its own counts what lives in each.

    Each group has a database of its own, for no other reason than that the server counts by database, expired keys
    included that it has not found yet. It looks for those 100 times a second, ten times as often as usual.
    """

    title = "Expiration groups"
    claim = "Permanent (no TTL): never expires"

    short = number(2.0, 0.5, 20, label="TTL, short", unit="s", log=True)
    medium = number(8.0, 1, 60, label="TTL, medium", unit="s", log=True)
    long = number(30.0, 2, 120, label="TTL, long", unit="s", log=True)
    permanent = number(0.0, 0, 120, label="TTL, permanent", unit="s", step=5, help="0: none, as the name says")
    jitter = number(0.0, 0, 50, label="TTL jitter", unit="±%", step=5)
    rate = number(400.0, 40, 1200, label="New keys", unit="/s", log=True, help="a quarter for each group")

    charts = (
        Chart(
            "Living keys",
            tuple(
                line
                for name in NAMES[:3]
                for line in (
                    Line(f"{name}_alive", name),
                    Line(f"{name}_due", f"{name}, predicted", "dash", "predicted"),
                )
            ),
            unit="keys",
            low=0,
            wide=True,
        ),
        Chart(
            "The permanent ones",
            (Line("permanent_alive", "living"), Line("permanent_due", "predicted", "dash", "predicted")),
            unit="keys",
            low=0,
        ),
        Chart("Expirations", (Line("expired", "keys"), Line("arrived", "new keys", "dot", "limit")), unit="/s", low=0),
    )
    presets = {
        "As it begins": {"short": 2.0, "medium": 8.0, "long": 30.0, "permanent": 0.0, "jitter": 0.0, "rate": 400.0},
        "Jitter": {"jitter": 50.0},
        "Twice the arrivals": {"rate": 800.0},
        "A TTL for all": {"permanent": 20.0},
    }
    workers = 16
    span = 1.0
    BURST = 2000
    groups = None

    def setup(self, lab):
        self.server = lab.private_server(hz=100)
        self.clients = {name: self.server.client(db=db) for db, name in enumerate(NAMES)}
        self.cohorts, self.turns, self.serial = (
            {name: Cohorts() for name in NAMES},
            itertools.cycle(NAMES),
            itertools.count(),
        )
        self.deleted = {}
        self.regroup()

    def teardown(self):
        for client in self.clients.values():
            client.close()
        self.server.close()
        self.server = self.groups = None

    @observe(*NAMES, "jitter")
    def regroup(self, _=None):
        if self.server:
            groups = [Group(name, getattr(self, name) or None, "") for name in NAMES]
            self.groups = TtlGroups(groups, jitter=self.jitter / 100)

    def request(self):
        name = next(self.turns)
        self.arrive(self.clients[name], name, 1)
        return "set"

    def arrive(self, client, name, count):
        """So many new keys in a group, in chunks; the prediction hears of each as it is there."""
        groups = self.groups
        for chunk in [range(i, min(i + 500, count)) for i in range(0, count, 500)]:
            pipeline = client.pipeline(transaction=False)
            for _ in chunk:
                pipeline.set(f"temp:{name}:{next(self.serial)}", "x" * 20, **groups.life(name))
            pipeline.execute()
            self.cohorts[name].arrive(len(chunk), groups.groups[name].ttl, groups.jitter)

    @action("2,000 short ones at once")
    def burst(self):
        """As after a release, or a restart: what is stored together expires together, unless its TTLs differ."""
        self.arrive(self.clients["short"], "short", self.BURST)

    @action("Delete “expired” keys, as in the module")
    def sweep(self):
        """The module's loop, over each group."""
        self.deleted = {name: delete_expired(client, "temp:*") for name, client in self.clients.items()}

    def sample(self, window):
        info = self.clients["short"].info
        held, stats = info("keyspace"), info("stats")
        values = {"expired": window.growth("expired", stats["expired_keys"]), "deleted": self.deleted}
        values["arrived"] = window.growth("arrived", sum(cohorts.total for cohorts in self.cohorts.values()))
        for db, name in enumerate(NAMES):
            values[f"{name}_alive"] = held.get(f"db{db}", {}).get("keys", 0)
            values[f"{name}_due"] = self.cohorts[name].alive()
        return values

    def sentence(self, values):
        said = "; ".join(
            f"{values[f'{name}_alive']:,} {name} ({values[f'{name}_due']:,.0f} predicted)" for name in NAMES
        )
        said = f"Living: {said}."
        for name in NAMES:
            ttl, each = getattr(self, name), self.rate / 4
            if ttl and name != "long":
                said += f" {each:,.0f}/s × {ttl:g} s: the {name} ones level out at {each * ttl:,.0f}."
        if sum(values["deleted"].values()):
            gone = ", ".join(f"{count:,} {name}" for name, count in values["deleted"].items() if count)
            said += f" The module's loop for expired keys has deleted {gone} ones."
        return said

    def verdict(self, values):
        alive, due = (sum(values[f"{name}_{what}"] for name in NAMES[:3]) for what in ("alive", "due"))
        if due < 100:
            return None
        said = f"{alive:,} living keys with a TTL, {due:,.0f} predicted from arrivals × TTL ({100 * (alive / due - 1):+.0f} %)"
        if deleted := values["deleted"].get("permanent"):
            return f"False as the module cleans up: {deleted:,} keys that never expire were deleted as expired. {said}"
        return said
