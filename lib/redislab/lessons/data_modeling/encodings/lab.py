"""Section 2.1: how a small structure is stored, and what happens when it is no longer small."""

import itertools
from typing import NamedTuple

from redislab.bench import Sweep, choice, dotted, number, solid, xy_chart
from redislab.lessons.data_modeling.cost import cost

HASH, SORTED_SET, NUMBERS = "hash", "sorted set", "set of numbers"
COMPACT = ("listpack", "intset")
ENCODINGS = (*COMPACT, "hashtable", "skiplist")
AXIS = {"x": "fields", "x_unit": "in one key"}
FIRST, POINTS = (1, 2, 5, 10, 20), 24  # the key's own bytes show in the first ones


class Kind(NamedTuple):
    """How a structure is filled and read, and the directives that say how many entries, of how many bytes, stay compact."""

    add: str
    read: str
    entries: str
    longest: str | None = None


KINDS = {
    HASH: Kind("HSET", "HGET", "hash-max-listpack-entries", "hash-max-listpack-value"),
    SORTED_SET: Kind("ZADD", "ZSCORE", "zset-max-listpack-entries", "zset-max-listpack-value"),
    NUMBERS: Kind("SADD", "SISMEMBER", "set-max-intset-entries"),
}


class EncodingsLab(Sweep):
    """One key that grows field by field, on a server of its own, whose limits are knobs (CONFIG SET).

    While it is small Redis keeps it in one block of memory, which is compact, and is searched from its beginning. The first
    field past a limit turns it into a table, which it stays when fields are deleted.
    """

    title = "Encodings"

    structure = choice(HASH, KINDS, label="Structure")
    fields = number(1000, 1, 2000, label="Fields", log=True, integer=True)
    value = number(
        16, 1, 200, label="Value", unit="B", log=True, integer=True, help="a member's length; numbers have 4 B"
    )
    entries = number(512, 1, 2000, label="Limit: entries", log=True, integer=True, help="512 is Redis’s default")
    longest = number(64, 1, 200, label="Limit: value", unit="B", log=True, integer=True)

    charts = (
        xy_chart(
            "Memory of a field", "B", **AXIS, wide=True,
            each="measured", alone=solid("as a key of its own", dash="dash", role="added"),
            **{"former each": dotted("before")},
        ),
        xy_chart(
            "Reading one field, on the server", "µs", **AXIS, read="measured", **{"former read": dotted("before")}
        ),
        xy_chart("Encoding", **AXIS, low=None, y_names=ENCODINGS, place=solid("OBJECT ENCODING", shape="hv")),
    )  # fmt: skip
    presets = {
        "A user profile": {"fields": 100},
        "Past the limit": {},
        "The limit moved": {"entries": 2000},
        "One long value": {"value": 80},
    }

    def setup(self, lab):
        self.server, self.key, self.single = lab.private_server(), lab.keys.profile(1), lab.keys.entity("field", 1)
        self.client, self.alone = self.server.client(), None

    def begin(self):
        kind = KINDS[self.structure]
        self.client.config_set(kind.entries, self.entries)
        if kind.longest:
            self.client.config_set(kind.longest, self.longest)
        self.client.set(self.single, "." * self.value)
        self.alone = self.client.memory_usage(self.single)
        self.client.delete(self.key)
        self.count = 0

    def points(self):
        even = {round(i * self.fields / POINTS) for i in range(1, POINTS + 1)}
        return sorted(n for n in even | {*FIRST, self.entries, self.entries + 1} if 1 <= n <= self.fields)

    def name(self, x):
        return f"{x:,} fields"

    def point(self, x):
        kind = KINDS[self.structure]
        if added := [word for i in range(self.count, x) for word in self.entry(i)]:
            self.client.execute_command(kind.add, self.key, *added)
        self.count = x
        memory, encoding = self.client.memory_usage(self.key, samples=0), self.client.object("encoding", self.key)
        read = lambda i: self.client.execute_command(kind.read, self.key, self.field(i * 7919 % x))  # noqa: E731
        found = cost(self.client, kind.read, read, most=100, stopping=lambda: self.stopping)
        place = ENCODINGS.index(encoding) if encoding in ENCODINGS else None
        return {"each": memory / x, "bytes": memory, "encoding": encoding, "place": place, "read": found.server_us}

    def entry(self, i):
        """The words that add field `i`."""
        if self.structure == HASH:
            return self.field(i), "." * self.value
        return (i, self.field(i)) if self.structure == SORTED_SET else (self.field(i),)

    def field(self, i):
        if self.structure == NUMBERS:
            return 1_000_000 + i
        return f"f{i:04}" if self.structure == HASH else f"m{i:04}".ljust(self.value, ".")

    def sample(self, window):
        cliff = change(self.curve)
        return super().sample(window) | {
            "alone": [(0, self.alone), (self.fields, self.alone)] if self.alone else [],
            "cliff": cliff and cliff[1]["each"] / cliff[0]["each"],
        }

    def sentence(self, values):
        curve = values["curve"]
        if not curve:
            return "Adding the first fields."
        last = curve[-1]
        said = (
            f"{last['x']:,} fields in one {self.structure}: {last['each']:.0f} B each, as {article(last['encoding'])}"
        )
        if found := change(curve):
            before, after = found
            said += f"; with {before['x']:,} it was {article(before['encoding'])}, {before['each']:.0f} B each"
            said += f", and with {after['x']:,} it took {after['bytes'] / before['bytes']:.1f} times as much"
        if values["alone"]:
            said += f". As keys of their own: {values['alone'][0][1]} B each"
        return f"{said}. Reading one takes the server {last['read']:.1f} µs."

    def verdict(self, values):
        curve = values["curve"]
        if values["progress"] != 1 or not curve:
            return None
        if found := change(curve):
            before, _ = found
            return f"{before['each']:.0f} B a field up to {before['x']:,} fields, {values['cliff']:.1f} times as much with more"
        last = curve[-1]
        why = "within the limits" if last["encoding"] in COMPACT else "past a limit from the first field on"
        return f"{last['each']:.0f} B a field with {last['x']:,} fields, {why}: no cliff"


def article(encoding: str) -> str:
    return f"an {encoding}" if encoding[0] in "aeiou" else f"a {encoding}"


def change(curve) -> tuple[dict, dict] | None:
    """The last point in the first encoding, and the one after it; None if it never changes."""
    return next(((a, b) for a, b in itertools.pairwise(curve) if a["encoding"] != b["encoding"]), None)
