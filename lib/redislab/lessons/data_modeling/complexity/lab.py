"""Section 2.1: what an operation costs as a structure grows; the module's table, cell by cell."""

from redislab.bench import Sweep, action, choice, dashed, dotted, number, on, xy_chart
from redislab.lessons.data_modeling.complexity.exponents import LINEAR, fit, power, told
from redislab.lessons.data_modeling.complexity.table import (
    ALL,
    GET,
    LIST,
    OPERATIONS,
    RANGE,
    SORTED_SET,
    STRING,
    STRUCTURES,
    cell,
)
from redislab.lessons.data_modeling.items import Items

STEPS = [round(10 ** (power / 2)) for power in range(4, 13)]  # 100 to a million
AXES = {"x": "N", "x_unit": "items", "log": True, "log_x": True, "wide": True}
READ_WHOLE = 100_000  # items, at most, in the table: their replies take seconds, and much memory
LOADING = 0.8  # of a point's progress


class ComplexityLab(Sweep):
    """One command on more and more items, on a server of its own; the structure is loaded further between the points.

    The server's time is its own count (INFO commandstats), the client's is what a caller waits. The exponent is the slope of the
    server's line, fitted by least squares where both axes are logarithmic: 0 is flat, 1 is in proportion to N.
    """

    title = "Complexity"
    claim = "Get a single item: Sorted Set O(log N)"

    operation = choice(GET, OPERATIONS, label="Operation")
    structure = choice(LIST, STRUCTURES, label="Structure")
    largest = number(100_000, 1000, 1_000_000, label="Largest N", unit="items", log=True, integer=True)
    calls = number(
        200, 20, 1000, label="Calls", log=True, integer=True, help="at each N, within 0.4 s; more are steadier"
    )

    charts = (
        xy_chart(
            "One call", "µs", **AXES,
            server="server", client="client", fit=dashed("fitted to the server's"), former=dotted("server, before"),
        ),
        xy_chart(
            "The same operation, by structure: the server's work", "µs", **AXES,
            **{structure: structure for structure in STRUCTURES},
        ),
    )  # fmt: skip
    presets = {
        "An item of a list": {},
        "A score": {"structure": SORTED_SET, "largest": 1_000_000},
        "All of a string": {"operation": ALL, "structure": STRING},
        "Ten from the middle of a list": {"operation": RANGE, "largest": 1_000_000},
    }
    TABLE_STEPS = (100, 1000, 10_000, 100_000, 1_000_000)
    whole, command = False, None  # a command in the place of the table's

    def setup(self, lab):
        self.server = lab.private_server()
        self.items = Items(self.server.client(socket_timeout=60), lab.keys, stopped=self.loaded)
        self.measured, self.before = {}, []  # points by operation and structure

    def loaded(self, count):
        self.report(LOADING * count / self.n, f"loading, {count:,}")
        return self.stopping

    @action("The whole table")
    def whole_table(self):
        """Every cell, to a million items, or 100,000 if all of them are read; it takes about a minute."""
        self.whole = True
        self.again()

    @on("operation", "structure", "largest", "calls")
    def one_cell(self):
        self.whole = False

    def begin(self):
        self.items.drop()
        here = self.operation, self.structure
        self.before = self.measured.get(here, [])
        kept = {} if self.whole else self.measured
        self.measured = {key: points for key, points in kept.items() if key != here}

    def points(self):
        steps, structures, operations = self.TABLE_STEPS, STRUCTURES, OPERATIONS
        if not self.whole:
            steps = [n for n in STEPS if n < self.largest] + [self.largest]
            structures, operations = [self.structure], [self.operation]
        every = ((structure, n, operation) for structure in structures for n in steps for operation in operations)
        return [
            (structure, n, operation)
            for structure, n, operation in every
            if cell(operation, structure).command and (not self.whole or operation != ALL or n <= READ_WHOLE)
        ]

    def name(self, x):
        structure, n, operation = x
        return f"{operation}, {structure} of {n:,}"

    def point(self, x):
        structure, self.n, operation = x
        what, place = cell(operation, structure), holder(operation, structure)
        if place not in self.items.counts and not {place, structure} & {STRING, "bytes"}:
            self.items.drop()  # one structure at a time
        self.items.grow(place, self.n)
        if self.stopping:
            return {}
        self.report(LOADING, what.command.split()[0])
        cost = self.items.measure(
            self.command or what.command, place, what.undo, most=self.calls, stopping=lambda: self.stopping
        )
        point = {"x": self.n, "operation": operation, "structure": structure} | cost._asdict()
        if not self.stopping:
            points = [*self.measured.get((operation, structure), []), point]
            self.measured = {**self.measured, (operation, structure): points}  # sample() reads it meanwhile
        return point

    def sample(self, window):
        measured = self.measured
        here = measured.get((self.operation, self.structure), [])
        server = line(here)
        exponent, fitted = fit(server)
        return {
            "server": server,
            "client": line(here, "client_us"),
            "fit": fitted,
            "former": line(self.before),
            "exponent": exponent,
            "times": server[-1][1] / server[0][1] if len(server) > 1 and server[0][1] else None,
            "exponents": {key: fit(line(points))[0] for key, points in measured.items()},
            **{structure: line(measured.get((self.operation, structure), [])) for structure in STRUCTURES},
        }

    def sentence(self, values):
        what = cell(self.operation, self.structure)
        if not what.command:
            return what.remark
        command = what.command.split()[0]
        if not values["server"]:
            return f"Loading, for {command}."
        (_, first), (n, server) = values["server"][0], values["server"][-1]
        said = (
            f"{command} on a {self.structure} of {n:,} items: {server:,.1f} µs on the server ({first:,.1f} with 100), "
            f"{values['client'][-1][1]:,.0f} µs for the client."
        )
        if values.get("exponent") is not None:
            said += f" The server's work grows as {power(values['exponent'])}."
        return f"{said} {what.remark}".rstrip()

    def verdict(self, values):
        what = cell(self.operation, self.structure)
        if not what.command:
            return f"The module says {what.module}, and it is right: there is no such command"
        exponent = values["exponent"]
        said = f"{what.module} in the module, " + ("which is right" if what.right else f"but it is {what.true}")
        seen = "it grows with N" if exponent > LINEAR else "nearly flat"
        hidden = ": the growth is too cheap to be seen here" if what.linear and exponent <= LINEAR else ""
        return f"{said}. Measured: {power(exponent)}, {seen}{hidden}"

    def findings(self, values):
        rows = [[operation, *(told(operation, structure, values["exponents"]) for structure in STRUCTURES)]
                for operation in OPERATIONS]  # fmt: skip
        return [["The module’s table", *STRUCTURES], *rows]


def holder(operation: str, structure: str) -> str:
    """What has to be loaded for a cell: for the whole of a string, or a range of it, one string with all items."""
    return "bytes" if structure == STRING and operation in (ALL, RANGE) else structure


def line(points: list[dict], side: str = "server_us") -> list[tuple[int, float]]:
    return [(point["x"], point[side]) for point in points]
