"""Section 2.2: a profile as a hash and as JSON, side by side on the same work."""

import itertools
import random
import secrets
import time

from redislab.bench import Load, Networked, Timings, action, bars, dashed, dotted, number, on, solid, time_chart
from redislab.bench.yours import YOURS, Yours, a_number
from redislab.lessons.data_modeling.profile.forms import ALL, FORMS, ONE, UPDATE, Scale, both, do, ratios
from redislab.lessons.data_modeling.profile.token import TTL, Token, told
from redislab.lessons.data_modeling.profile.writers import WAYS, Writers

RACE, WEIGH = 0.3, 1.0  # s from one race to the next, and between two weighings
NAMES = {UPDATE: "update a field", ONE: "read a field", ALL: "read all"}


class ProfileLab(Networked):
    """One client does the same to a profile in both forms, one after the other: update a field, read one, read all.

    It sends when it has rested for as long as it worked: what is measured is how the two compare, not a latency under
    load. In between the writers meet: each adds ten to what all of them count, in each of four ways in turn, and what
    they were told is held against what is stored.
    """

    title = "Profile"
    claim = "Bad: a single large JSON string. Good: a hash, atomic, no race conditions"

    writers = number(8, 1, 32, label="Simultaneous writers", integer=True, log=True)
    fields = number(153, 1, 1000, label="Fields", log=True, integer=True)
    read_all = number(
        20.0, 0, 100, label="Read all", unit="%", step=5, help="the rest: half updates, half read a field"
    )
    size = number(50, 1, 1000, label="Value size", unit="B", log=True, integer=True)

    yours = Yours("client, keys, id, city, points", moved="id, city, points", returns=a_number)
    charts = (
        bars(
            "Updates lost, of those acknowledged", "%", 0, 100,
            lost_json="JSON", lost_read="read, write", lost_own="own field", lost_add="HINCRBY", yours="lost_yours",
        ),
        time_chart(
            "Time by JSON, as a multiple of the hash's", "×", log=True, wide=True,
            **NAMES, mix=dashed("all requests"), equal=dotted("the same"),
        ),
        bars(
            "Bytes on the wire, there and back", "B",
            json_update="JSON: update", hash_update="hash: update", json_one="JSON: one", hash_one="hash: one",
            json_all="JSON: all", hash_all="hash: all",
        ),
        bars("Memory of a profile", "B", json_memory="JSON", hash_memory="hash"),
        bars("Memory of a token that expires", "B", field_bytes="a field", key_bytes="a key of its own"),
        time_chart(
            "Until a token of 3 s is gone", "s", 0, TTL,
            field_left="a field of the hash", key_left=solid("a key of its own", dash="dash"),
        ),
    )  # fmt: skip
    presets = {
        "Five fields": {"fields": 5},
        "The module's profile": {},
        "A thousand fields": {"fields": 1000},
        "A page shows all of it": {"read_all": 100.0},
    }
    waiting = "Waiting for the first answers."
    workers = 1
    span = 4.0

    def setup(self, lab):
        self.keys, inspector = lab.keys, lab.client()
        self.stored, self.scale = both(inspector, lab.keys), Scale(lab.client(), lab.keys)
        self.token, self.timings = Token(inspector, lab.keys), Timings(last=100)
        self.to_race = [*WAYS, *([YOURS] if self.mine else [])]
        self.ids, self.ways = itertools.count(1), itertools.cycle(self.to_race)
        self.race_writers = self.owned(Writers())
        self.busy = self.next_race = self.next_weighing = 0.0
        self.connect(lab.server)

    @on("client")
    def aim(self):
        self.forms = both(self.client, self.keys)
        if self.mine:
            self.forms[YOURS] = self.mine(self.client, self.keys)

    @on("fields", "size")
    def save(self):
        """Another profile, in both forms."""
        values = {f"field {number}": secrets.token_hex(self.size)[: self.size] for number in range(self.fields)}
        id = next(self.ids)
        for form in self.stored.values():
            form.save(id, values)
        self.profile, self.next_weighing, self.weights = (id, values), 0.0, {}

    @on("client", "fields", "size", "read_all")
    def forget(self):
        self.timings.clear()

    def gap(self, random):
        return max(0.004, 2 * self.busy)

    def request(self):
        began = time.perf_counter()
        if began > self.next_race:
            try:
                tags = self.race(next(way for way in self.ways if way != YOURS or not self.mine.out))
            finally:
                self.next_race = time.perf_counter() + RACE
        elif began > self.next_weighing:
            tags = self.weigh()
            self.next_weighing = time.perf_counter() + WEIGH
        else:
            tags = self.compare()
        self.busy = time.perf_counter() - began
        return tags

    def compare(self) -> str:
        """The same work by both, in an order that is drawn by lot."""
        id, values = self.profile
        work = ALL if random.random() < self.read_all / 100 else random.choice((UPDATE, ONE))
        field, value = random.choice(list(values)), random.choice(list(values.values()))
        for form in random.sample(FORMS, 2):
            with self.timings.of((form, work)):
                do(self.forms[form], work, id, field, value)
        return work

    def weigh(self) -> str:
        id, values = self.profile
        self.weights = self.scale.weigh(id, *next(iter(values.items())))
        return "weighing"

    def race(self, way: str) -> tuple[str, ...]:
        done, lost = self.race_writers.race(self.forms, way, self.writers, self.profile[1])
        return "race", *[f"done {way}"] * done, *[f"lost {way}"] * lost

    @action("Keep a token for 3 s")
    def keep(self):
        self.token.keep()

    @action("Overwrite the field by a plain HSET")
    def overwrite(self):
        self.token.overwrite()

    def at_work(self):
        write, rest = "HSET {p}:profile field:{n} {value}", (100 - self.read_all) / 2
        mix = {"HGETALL {p}:profile": self.read_all, write: rest, "HGET {p}:profile field:{n}": rest}
        note = "That is the hash; for JSON, GET and SET one value of all fields."
        return Load(mix, (write,), ("EXPIRE {p}:profile 600",), keys=self.fields, size=self.size, note=note)

    def sample(self, window):
        rest = (100 - self.read_all) / 2
        return {
            **ratios(self.timings, {ALL: self.read_all, UPDATE: rest, ONE: rest}),
            **self.weights,
            **self.token.figures(),
            **{f"lost_{way}": window.share(f"lost {way}", f"done {way}") for way in self.to_race},
            "equal": 1,
        }

    def sentence(self, values):
        return (
            "To change one field of {fields}, {json_update:,} bytes travel with JSON and {hash_update:,} with the hash; to read "
            "all, {json_all:,} and {hash_all:,}. In memory the hash, a {encoding}, takes {hash_share:.2f} times JSON's bytes.",
            *told(values),
        )

    def verdict(self, values):
        ratio, lost = values["mix"], values.get("lost_read")
        slow, fast = ("JSON", "the hash") if ratio > 1 else ("The hash", "JSON")
        slower = f"{slow} takes {max(ratio, 1 / ratio):.1f} times as long as {fast} for these requests"
        if lost is None:
            return slower
        return f"{slower}. Even in the hash, reading a field and writing it back lost {lost:.0f} % of the updates"
