"""Section 2.1: how a small structure is stored, and what happens when it is not small any more."""

import itertools

from redislab.bench import Chart, Line, Sweep, choice, number
from redislab.lessons.data_modeling.cost import cost

HASH, SORTED_SET, NUMBERS = "hash", "sorted set", "set of numbers"
ENCODINGS = ("listpack", "intset", "hashtable", "skiplist")  # the two compact ones below
COMPACT = ENCODINGS[:2]
LIMITS = {  # directives: how many entries stay compact, and of how many bytes
    HASH: ("hash-max-listpack-entries", "hash-max-listpack-value"),
    SORTED_SET: ("zset-max-listpack-entries", "zset-max-listpack-value"),
    NUMBERS: ("set-max-intset-entries", None),
}
READS = {HASH: "HGET", SORTED_SET: "ZSCORE", NUMBERS: "SISMEMBER"}
POINTS = 24


class EncodingsLab(Sweep):
    """One key that grows field by field, on a server of its own, whose limits are knobs (CONFIG SET).

    While it is small Redis keeps it in one block of memory, which is compact, and is searched from its beginning. The first
    field past a limit turns it into a table, for good.
    """

    title = "Encodings"
    claim = "Object with multiple fields? Use: HASH"

    structure = choice(HASH, LIMITS, label="Structure")
    fields = number(1000, 50, 2000, label="Fields", step=50, integer=True)
    value = number(
        16, 1, 200, label="Value", unit="B", log=True, integer=True, help="a member's length; numbers have 4 B"
    )
    entries = number(512, 1, 2000, label="Limit: entries", log=True, integer=True, help="512 is Redis’s default")
    longest = number(64, 1, 200, label="Limit: value", unit="B", log=True, integer=True)

    charts = (
        Chart(
            "Memory of a field",
            (
                Line("each", "measured"),
                Line("former each", "before", "dot", "limit"),
                Line("alone", "as a key of its own", "dash", "added"),
            ),
            unit="B",
            kind="xy",
            x_title="fields",
            x_unit="in one key",
            wide=True,
        ),
        Chart(
            "Encoding",
            (Line("place", "OBJECT ENCODING", shape="hv"),),
            kind="xy",
            x_title="fields",
            x_unit="in one key",
            y_names=ENCODINGS,
        ),
        Chart(
            "Reading one field, on the server",
            (Line("read", "measured"), Line("former read", "before", "dot", "limit")),
            unit="µs",
            kind="xy",
            x_title="fields",
            x_unit="in one key",
        ),
    )
    presets = {
        "A user profile": {"structure": HASH, "fields": 100, "value": 16, "entries": 512, "longest": 64},
        "Past the limit": {"structure": HASH, "fields": 1000, "value": 16, "entries": 512, "longest": 64},
        "The limit moved": {"structure": HASH, "fields": 1000, "value": 16, "entries": 2000, "longest": 64},
        "One long value": {"structure": HASH, "fields": 1000, "value": 80, "entries": 512, "longest": 64},
    }

    def setup(self, lab):
        self.server, self.key = lab.private_server(), lab.keys.entity("profile", 1)
        self.client, self.single, self.alone = self.server.client(), lab.keys.entity("field", 1), None

    def teardown(self):
        self.server.close()
        self.server = None

    def begin(self):
        entries, longest = LIMITS[self.structure]
        self.client.config_set(entries, self.entries)
        if longest:
            self.client.config_set(longest, self.longest)
        self.client.set(self.single, "." * self.value)
        self.alone = self.client.memory_usage(self.single)
        self.client.delete(self.key)
        self.count = 0

    def points(self):
        even = {round(i * self.fields / POINTS) for i in range(1, POINTS + 1)}
        return sorted(n for n in even | {self.entries, self.entries + 1} if n <= self.fields)

    def name(self, x):
        return f"{x:,} fields"

    def point(self, x):
        add = {HASH: "HSET", SORTED_SET: "ZADD", NUMBERS: "SADD"}[self.structure]
        words = [word for i in range(self.count, x) for word in self.entry(i)]
        if words:
            self.client.execute_command(add, self.key, *words)
        self.count = x
        memory, encoding = self.client.memory_usage(self.key, samples=0), self.client.object("encoding", self.key)
        read = READS[self.structure]
        call = lambda i: self.client.execute_command(read, self.key, self.field(i * 7919 % x))  # noqa: E731
        found = cost(self.client, read.lower(), call, most=100, stopping=lambda: self.stopping)
        place = ENCODINGS.index(encoding) if encoding in ENCODINGS else None
        return {"each": memory / x, "bytes": memory, "encoding": encoding, "place": place, "read": found.server_us}

    def entry(self, i):
        """The words that add field `i`."""
        value = {HASH: (self.field(i), "." * self.value), SORTED_SET: (i, self.field(i)), NUMBERS: (self.field(i),)}
        return value[self.structure]

    def field(self, i):
        if self.structure == NUMBERS:
            return 1_000_000 + i
        return f"f{i:04}" if self.structure == HASH else f"m{i:04}".ljust(self.value, ".")

    def sample(self, window):
        alone = [(0, self.alone), (self.fields, self.alone)] if self.alone else []
        values = super().sample(window) | {"alone": alone}
        cliff = change(list(self.curve))
        return values | {"cliff": cliff and cliff[1]["each"] / cliff[0]["each"]}

    def sentence(self, values):
        curve = values["curve"]
        if not curve:
            return "Adding the first fields."
        last, cliff = curve[-1], change(curve)
        said = (
            f"{last['x']:,} fields in one {self.structure}: {last['each']:.0f} B each, as {article(last['encoding'])}"
        )
        if cliff:
            before, after = cliff
            said += f"; with {before['x']:,} it was {article(before['encoding'])}, {before['each']:.0f} B each"
            said += f", and with {after['x']:,} it took {after['bytes'] / before['bytes']:.1f} times as much"
        if values["alone"]:
            said += f". As keys of their own: {values['alone'][0][1]} B each"
        return f"{said}. Reading one takes the server {last['read']:.1f} µs."

    def verdict(self, values):
        curve = values["curve"]
        if values.get("progress") != 1 or not curve:
            return None
        cliff, last = change(curve), curve[-1]
        if cliff:
            before, _ = cliff
            return f"{before['each']:.0f} B a field up to {before['x']:,} fields, {values['cliff']:.1f} times as much with more"
        why = "within the limits" if last["encoding"] in COMPACT else "past a limit from the first field on"
        return f"{last['each']:.0f} B a field with {last['x']:,} fields, {why}: no cliff"


def article(encoding: str) -> str:
    return f"an {encoding}" if encoding[0] in "aeiou" else f"a {encoding}"


def change(curve: list[dict]) -> tuple[dict, dict] | None:
    """The last point in the first encoding, and the one after it; None if it never changes."""
    for before, after in itertools.pairwise(curve):
        if before["encoding"] != after["encoding"]:
            return before, after
    return None
