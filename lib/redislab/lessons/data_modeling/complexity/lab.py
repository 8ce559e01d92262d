"""Section 2.1: what an operation costs as a structure grows; the module's table, cell by cell."""

import numpy as np
from traitlets import observe

from redislab.bench import Chart, Line, Sweep, action, choice, number
from redislab.lessons.data_modeling.items import Items
from redislab.modeling.complexity import ALL, GET, LIST, NONE, OPERATIONS, RANGE, SORTED_SET, STRING, STRUCTURES, cell

STEPS = [round(10 ** (power / 2)) for power in range(4, 13)]  # 100 to a million
LINEAR = 0.5  # an exponent above this is nearer to 1 than to 0


class ComplexityLab(Sweep):
    """One command on more and more items, on a server of its own; the structure is loaded further between the points.

    The server's time is its own count (INFO commandstats), the client's is what a caller waits. The exponent is the slope of the
    server's line, fitted by least squares where both axes are logarithmic: 0 is flat, 1 is in proportion to N.
    """

    title = "Complexity"
    claim = "Get a single item: List O(N), Sorted Set O(log N); get all items: String O(1)"

    operation = choice(GET, OPERATIONS, label="Operation")
    structure = choice(LIST, STRUCTURES, label="Structure")
    largest = number(100_000, 1000, 1_000_000, label="Largest N", unit="items", log=True, integer=True)
    calls = number(
        200, 20, 1000, label="Calls", log=True, integer=True, help="at each N, within 0.4 s; more are steadier"
    )

    charts = (
        Chart(
            "One call",
            (
                Line("server", "server"),
                Line("client", "client"),
                Line("fit", "fitted to the server's", "dash", "predicted"),
                Line("former", "server, before", "dot", "limit"),
            ),
            unit="µs",
            kind="xy",
            log_x=True,
            log_y=True,
            x_title="N",
            x_unit="items",
            wide=True,
        ),
        Chart(
            "The same operation, by structure: the server's work",
            tuple(Line(structure, structure) for structure in STRUCTURES),
            unit="µs",
            kind="xy",
            log_x=True,
            log_y=True,
            x_title="N",
            x_unit="items",
            wide=True,
        ),
    )
    presets = {
        "An item of a list": {"operation": GET, "structure": LIST, "largest": 100_000},
        "A score": {"operation": GET, "structure": SORTED_SET, "largest": 1_000_000},
        "All of a string": {"operation": ALL, "structure": STRING, "largest": 100_000},
        "Ten from the middle of a list": {"operation": RANGE, "structure": LIST, "largest": 1_000_000},
    }
    TABLE_STEPS = (100, 1000, 10_000, 100_000)
    whole = False

    def setup(self, lab):
        self.server = lab.private_server()
        self.items = Items(self.server.client(socket_timeout=60), lab.keys, watch=self.watch)
        self.measured, self.before = {}, []

    def teardown(self):
        self.server.close()
        self.server = None

    def watch(self, count):
        self.report(0.8 * count / self.n, f"loading, {count:,}")
        return self.stopping

    @action("The whole table")
    def whole_table(self):
        """Every cell, to 100,000 items; it takes about half a minute."""
        self.whole = True
        self.again()

    @observe("operation", "structure", "largest", "calls")
    def one_cell(self, _):
        self.whole = False

    def begin(self):
        self.items.drop()
        here = (self.operation, self.structure)
        self.before = self.measured.get(here, [])
        kept = {} if self.whole else self.measured
        self.measured = {key: points for key, points in kept.items() if key != here}

    def points(self):
        if not self.whole:
            steps = [n for n in STEPS if n < self.largest] + [self.largest]
            return [(self.structure, n, self.operation) for n in steps if self.command(self.operation, self.structure)]
        every = [
            (structure, n, operation) for structure in STRUCTURES for n in self.TABLE_STEPS for operation in OPERATIONS
        ]
        return [(structure, n, operation) for structure, n, operation in every if self.command(operation, structure)]

    def command(self, operation, structure):
        return cell(operation, structure).command

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
        self.report(0.8, what.command.split()[0])
        cost = self.items.measure(what.command, place, what.undo, most=self.calls, stopping=lambda: self.stopping)
        if not self.stopping:
            key, found = (operation, structure), (self.n, cost.server_us, cost.client_us)
            self.measured = {**self.measured, key: [*self.measured.get(key, []), found]}  # sample() reads it meanwhile
        return {"x": self.n, "operation": operation, "structure": structure} | cost._asdict()

    def sample(self, window):
        curve = self.measured.get((self.operation, self.structure), [])
        exponent, fitted = fit([(n, server) for n, server, _ in curve])
        return {
            "server": [(n, server) for n, server, _ in curve],
            "client": [(n, client) for n, _, client in curve],
            "fit": fitted,
            "former": [(n, server) for n, server, _ in self.before],
            "exponent": exponent,
            "times": curve[-1][1] / curve[0][1] if len(curve) > 1 and curve[0][1] else None,
            "exponents": {
                key: fit([(n, server) for n, server, _ in points])[0] for key, points in self.measured.items()
            },
            **{
                structure: [(n, server) for n, server, _ in self.measured.get((self.operation, structure), [])]
                for structure in STRUCTURES
            },
        }

    def sentence(self, values):
        what = cell(self.operation, self.structure)
        if not what.command:
            return what.remark
        if not values["server"]:
            return f"Loading, for {what.command.split()[0]}."
        (_, first), (n, server) = values["server"][0], values["server"][-1]
        said = f"{what.command.split()[0]} on a {self.structure} of {n:,} items: {server:,.1f} µs on the server"
        said += f" ({first:,.1f} with 100), {values['client'][-1][1]:,.0f} µs for the client."
        if values["exponent"] is not None:
            said += f" The server's work grows as {power(values['exponent'])}."
        return f"{said} {what.remark}".rstrip()

    def verdict(self, values):
        what, exponent = cell(self.operation, self.structure), values["exponent"]
        if not what.command:
            return f"The module says {what.module}, and it is right: there is no such command"
        if exponent is None:
            return None
        said = f"{what.module} in the module, " + ("which is right" if what.right else f"but it is {what.true}")
        seen = "it grows with N" if exponent > LINEAR else "nearly flat"
        hidden = what.linear and exponent <= LINEAR
        return f"{said}. Measured: {power(exponent)}, {seen}" + (": the growth is too cheap to be seen here" * hidden)

    def findings(self, values):
        rows = [[operation, *(told(operation, structure, values["exponents"]) for structure in STRUCTURES)]
                for operation in OPERATIONS]  # fmt: skip
        return [["The module’s table", *STRUCTURES], *rows]


def holder(operation: str, structure: str) -> str:
    """What has to be loaded for a cell: for the whole of a string, or a range of it, one string with all items."""
    return "bytes" if structure == STRING and operation in (ALL, RANGE) else structure


def told(operation: str, structure: str, exponents: dict) -> str:
    """One cell: what the module says, corrected, and the exponent. The mark stays away while it is not measured or not seen."""
    what, exponent = cell(operation, structure), exponents.get((operation, structure))
    said = what.module if what.right else f"{what.module} → {what.true}"
    if exponent is None:
        return unbroken(f"✓ {said}" if what.true == NONE else said)
    agrees = (exponent > LINEAR) == what.linear
    mark = "" if not agrees else "✓ " if what.right else "✗ "
    return unbroken(f"{mark}{said}\n{power(exponent)}")


def unbroken(text: str) -> str:
    return text.replace(" ", "\u00a0")


def power(exponent: float) -> str:
    return f"N^{round(exponent, 1) + 0:.1f}"  # + 0: there is no -0.0


def fit(points: list[tuple[float, float]]) -> tuple[float | None, list]:
    """The exponent k of the power law a·N^k nearest to the points, by least squares of the logarithms, and its line."""
    points = [(n, value) for n, value in points if value > 0]
    if len({n for n, _ in points}) < 3:
        return None, []
    ns, values = np.array(points, dtype=float).T
    exponent, log_a = np.polyfit(np.log(ns), np.log(values), 1)
    return float(exponent), [(n, float(np.exp(log_a) * n**exponent)) for n in (ns[0], ns[-1])]
