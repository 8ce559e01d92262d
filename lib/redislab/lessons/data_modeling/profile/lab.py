"""Section 2.2: a profile as a hash and as JSON, side by side on the same work."""

import itertools
import random
import secrets
import time
from collections import deque
from statistics import median

from traitlets import observe

from redislab.bench import Chart, Line, Networked, Watch, action, number
from redislab.keys import KeyNamespace
from redislab.lessons.data_modeling.profile.writers import RACERS, WAYS, Writers
from redislab.modeling import JsonProfile, Profile
from redislab.modeling.profile import KEYS

WORK = ("update", "one", "all")
RACE, WEIGH = 0.3, 1.0  # s from one race to the next, and between two weighings
TTL = 3.0  # s
TOKEN, NATIVE, APART = "token", "in the hash", "apart"  # the field, and whose it is


class ProfileLab(Networked):
    """One client does the same to a profile in both forms, one after the other: update a field, read one, read all.

    It sends when it has rested for as long as it worked: what is measured is how the two compare, not a latency under
    load. In between the writers meet: each adds ten to what all of them count, in each of four ways in turn, and what
    they were told is held against what is stored.
    """

    title = "Profile"
    claim = "Bad: a single large JSON string. Good: a hash, atomic, no race conditions"

    fields = number(153, 1, 1000, label="Fields", log=True, integer=True)
    size = number(50, 1, 1000, label="Value size", unit="B", log=True, integer=True)
    read_all = number(
        20.0, 0, 100, label="Read all", unit="%", step=5, help="the rest: half updates, half read a field"
    )
    writers = number(8, 1, 32, label="Writers at once", integer=True, log=True)

    charts = (
        Chart(
            "Time by JSON, as a multiple of the hash's",
            (
                Line("update", "update a field"),
                Line("one", "read a field"),
                Line("all", "read all"),
                Line("mix", "all requests", "dash", "predicted"),
                Line("equal", "the same", "dot", "limit"),
            ),
            unit="×",
            log_y=True,
            wide=True,
        ),
        Chart(
            "Bytes on the wire, there and back",
            tuple(
                Line(f"{form}_{work}", f"{name}: {what}")
                for work, what in zip(WORK, ("update", "one", "all"), strict=True)
                for form, name in (("json", "JSON"), ("hash", "hash"))
            ),
            unit="B",
            kind="bars",
            low=0,
        ),
        Chart(
            "Updates lost, of those acknowledged",
            (
                Line("lost_json", "JSON"),
                Line("lost_read", "read, write"),
                Line("lost_own", "own field"),
                Line("lost_add", "HINCRBY"),
            ),
            unit="%",
            kind="bars",
            low=0,
            high=100,
        ),
        Chart(
            "Memory of a profile",
            (Line("json_memory", "JSON"), Line("hash_memory", "hash")),
            unit="B",
            kind="bars",
            low=0,
        ),
        Chart(
            "Until a token of 3 s is gone",
            (Line("field_left", "a field of the hash"), Line("key_left", "a key of its own", "dash")),
            unit="s",
            low=0,
            high=TTL,
        ),
    )
    presets = {
        "Five fields": {"fields": 5, "size": 50, "read_all": 20.0, "rtt": 0.0},
        "The module's profile": {"fields": 153, "size": 50, "read_all": 20.0, "rtt": 0.0},
        "A thousand fields": {"fields": 1000, "size": 50, "read_all": 20.0, "rtt": 0.0},
        "A page shows all of it": {"fields": 153, "size": 50, "read_all": 100.0, "rtt": 0.0},
    }
    workers = 1
    span = 4.0
    forms = scene = None

    def setup(self, lab):
        self.keys, self.inspector = KeyNamespace(f"{lab.prefix}:profile_{secrets.token_hex(3)}"), lab.client()
        self.native, self.apart = Profile(self.inspector, self.keys), Profile(self.inspector, self.keys, field_ttl=KEYS)
        weighed = lab.client()
        self.scale, self.weighed = Watch(weighed), self.both(weighed)
        self.ids, self.turns, self.raced = itertools.count(1), itertools.cycle(WAYS), deque()
        self.worked, self.next_race, self.next_weighing, self.weights = 0.0, 0.0, 0.0, {}
        self.crew = Writers()
        self.connect(lab.server)

    def teardown(self):
        super().teardown()
        self.crew.close()
        for id in [*range(1, next(self.ids)), RACERS, NATIVE, APART]:
            self.inspector.unlink(self.keys.profile(id))
            self.inspector.unlink(self.keys.user(id))

    def both(self, client) -> dict:
        return {"json": JsonProfile(client, self.keys), "hash": Profile(client, self.keys)}

    def connected(self):
        self.forms = self.both(self.client)
        self.fill()

    @observe("fields", "size")
    def fill(self, _=None):
        """Another profile, in both forms, and one for the race."""
        if self.client:
            values = {f"field {number}": secrets.token_hex(self.size)[: self.size] for number in range(self.fields)}
            id = next(self.ids)
            for form in self.both(self.inspector).values():
                form.save(id, values)
            self.scene, self.next_weighing = (id, values), 0.0
            self.forget()

    @observe("read_all")
    def forget(self, _=None):
        self.spent = {(form, work): deque(maxlen=100) for form in ("json", "hash") for work in WORK}

    def gap(self, random):
        return max(0.004, 2 * self.worked)

    def request(self):
        began = time.perf_counter()
        if began > self.next_race:
            kind = self.race(next(self.turns))
            self.next_race = time.perf_counter() + RACE
        elif began > self.next_weighing:
            kind = self.weigh()
            self.next_weighing = time.perf_counter() + WEIGH
        else:
            kind = self.compare()
        self.worked = time.perf_counter() - began
        return kind

    def compare(self) -> str:
        """The same work by both, in an order that is drawn by lot."""
        (id, values), spent = self.scene, self.spent
        work = "all" if random.random() < self.read_all / 100 else random.choice(("update", "one"))
        field, value = random.choice(list(values)), random.choice(list(values.values()))
        for form in random.sample(("json", "hash"), 2):
            began = time.perf_counter()
            self.do(self.forms[form], work, id, field, value)
            spent[form, work].append(time.perf_counter() - began)
        return work

    def do(self, form, work, id, field, value) -> None:
        if work == "update":
            form.update(id, **{field: value})
        elif work == "one":
            form.fields(id, field)
        else:
            form.get(id)

    def weigh(self) -> str:
        """Bytes at the socket for each kind of work, and the server's memory for each form."""
        id, values = self.scene
        field, value = next(iter(values.items()))
        found = {}
        for name, form in self.weighed.items():
            for work in WORK:
                form.client.ping()  # a connection's handshake is not what is weighed
                self.scale.socket_bytes()
                self.do(form, work, id, field, value)
                found[f"{name}_{work}"] = sum(self.scale.socket_bytes())
        self.scale.take()
        for name, key in (("json", self.keys.user(id)), ("hash", self.keys.profile(id))):
            found[f"{name}_memory"] = self.inspector.memory_usage(key, samples=0)
        found["encoding"] = self.inspector.object("encoding", self.keys.profile(id))
        self.weights = found
        return "weighing"

    def race(self, way: str) -> str:
        self.raced.append((way, *self.crew.race(self.forms, way, self.writers, self.scene[1])))
        return "race"

    @action("Keep a token for 3 s")
    def keep(self):
        self.apart.put_for(APART, TOKEN, "9F3A", TTL)
        if self.native.field_ttl != KEYS:
            self.native.update(NATIVE, name="Ann")
            self.native.put_for(NATIVE, TOKEN, "9F3A", TTL)

    @action("Overwrite the field by a plain HSET")
    def overwrite(self):
        if self.native.field_ttl != KEYS:
            self.native.update(NATIVE, **{TOKEN: "77B1"})

    def sample(self, window):
        while self.raced:
            way, done, lost = self.raced.popleft()
            window.count(f"done {way}", done)
            window.count(f"lost {way}", lost)
        able = self.native.field_ttl != KEYS
        left = self.native.left(NATIVE, TOKEN) if able else None
        return {
            **self.ratios(),
            **self.weights,
            **{f"lost_{way}": window.share(f"lost {way}", f"done {way}") for way in WAYS},
            "equal": 1,
            "field_left": left,
            "key_left": self.apart.left(APART, TOKEN),
            "able": able,
            "stays": able and left is None and self.native.fields(NATIVE, TOKEN)[TOKEN] is not None,
        }

    def ratios(self) -> dict:
        """Median times, JSON's through the hash's; and those of the mix, by what is asked how often."""
        times = {key: median(spent) for key, spent in self.spent.items() if len(spent) >= 3}
        share = {"all": self.read_all, "update": (100 - self.read_all) / 2, "one": (100 - self.read_all) / 2}
        known = [work for work in WORK if ("json", work) in times and ("hash", work) in times]
        found = {work: times["json", work] / times["hash", work] for work in known}
        if all(work in known for work in WORK if share[work]):
            json, hash = (sum(share[work] * times[form, work] for work in known) for form in ("json", "hash"))
            found["mix"] = json / hash
        return found

    def sentence(self, values):
        if not values.get("mix") or not values.get("json_update"):
            return "Waiting for the first answers."
        return (
            f"To change one field of {self.fields}, {values['json_update']:,} bytes travel with JSON and "
            f"{values['hash_update']:,} with the hash; to read all, {values['json_all']:,} and {values['hash_all']:,}. In memory "
            f"the hash, a {values['encoding']}, takes {values['hash_memory'] / values['json_memory']:.2f} times JSON's bytes. "
            + self.token(values)
        )

    def token(self, values) -> str:
        if not values["able"]:
            return "This server has no TTL for fields (Redis 7.4 and Valkey 9 have): the token is a key of its own."
        if values["stays"]:
            return "The token's field has no TTL any more: the plain HSET took it away, and the token stays for good."
        if values["field_left"] is not None:
            return f"The token's field is gone in {values['field_left']:.1f} s, and the rest of the hash stays."
        return ""

    def verdict(self, values):
        if not values.get("mix"):
            return None
        ratio, lost = values["mix"], values["lost_read"]
        slow, fast = ("JSON", "the hash") if ratio > 1 else ("The hash", "JSON")
        told = f"{slow} takes {max(ratio, 1 / ratio):.1f} times as long as {fast} for these requests"
        if lost is None:
            return told
        return f"{told}. Even in the hash, reading a field and writing it back lost {lost:.0f} % of the updates"
