"""Section 5.2: what large values do to other clients, from 1 KB to 10 MB."""

import functools
import time
import zlib
from collections import deque

from redislab.bench import Experiment, Load, action, choice, dashed, dotted, number, on, switch, time_chart, xy_chart
from redislab.bench.worker_pool import WorkerPool
from redislab.lessons.anti_patterns.large_values.transfers import GET, SET, Transfers, document
from redislab.lessons.anti_patterns.neighbour import CLOSED, DUE, Neighbour

SIZES = (1000, 10_000, 100_000, 1_000_000, 10_000_000)
RULE = 100_000  # B, the module's limit
ROUND = 0.6  # s


class LargeValuesLab(Experiment):
    """Clients in other processes read or write one value without a pause (closed loop), a round after the other.

    Beside them a neighbour sends PING by two clocks, see `Pinger`. The time on a wire is arithmetic, the bytes that are sent by
    the speed that is chosen; everything else is measured, and there is no wire here.
    """

    title = "Large values"
    claim = "A 10 MB object blocks the server; keep values under 100 KB"

    size = number(1_000_000, 1000, 10_000_000, label="Value", unit="B", log=True, integer=True)
    how = choice(GET, [GET, SET], label="Command")
    clients = number(
        1, 0, 8, label="Clients", integer=True, help="each reads or writes over and over; 0: there is none"
    )
    packed = switch(False, label="Compressed (zlib, level 1)", help="by the clients, whose time it takes")
    line = number(1.0, 0.1, 25, label="Line", unit="Gb/s", log=True, help="for the arithmetic alone")

    charts = (
        time_chart("The neighbour’s PING", "ms", log=True,
                   p50="p50, due time", p99="p99, due time", closed_p99="p99, closed loop"),
        xy_chart("The neighbour, by the size of the value", "ms", x="value", x_unit="B", log=True, log_x=True,
                 p50s="p50", p99s="p99", rule=dotted("the module’s rule")),
        time_chart("One transfer", "ms", log=True, transfer="measured, loopback", wire=dashed("on the line, computed")),
        time_chart("All transfers", "MB/s", moved="value bytes"),
    )  # fmt: skip
    presets = {
        "100 KB": {"size": 100_000},
        "10 MB, written": {"size": 10_000_000, "how": SET},
        "10 MB, read": {"size": 10_000_000},
        "10 MB, four readers": {"size": 10_000_000, "clients": 4},
    }
    waiting = "Waiting for the first round."
    workers = 1
    patience = 60.0  # s: what is asked takes as long as it takes

    def setup(self, lab):
        self.client, self.key = lab.client(socket_timeout=30, decode_responses=False), lab.keys.entity("document", 1)
        self.pool = self.owned(WorkerPool(functools.partial(Transfers, lab.server.url)))
        self.neighbour = self.owned(Neighbour(lab.server))
        self.trials, self.took = deque(), ROUND

    @on("clients", "how", "packed")
    def forget_sizes(self):
        self.by_size = {}

    @on("clients", "how", "packed", "size")
    def forget(self):
        self.last = dict.fromkeys(("stored", "transfer", "moved", "bound", "measured"))
        self.neighbour.forget()

    @action("Every size")
    def try_all(self):
        """A round of each, one after the other; then on with the size that is chosen."""
        self.trials = deque(SIZES)

    def gap(self, random):
        return max(self.took, ROUND) + 0.02  # the next round begins when this one has ended

    def request(self):
        # read before the knobs: when these change, the figures of the former ones go where they are no longer shown
        last, by_size = self.last, self.by_size
        size = self.trials.popleft() if self.trials else self.size
        stored = self.store(size)
        began = time.monotonic()
        done = self.transfer(size)
        ended = time.monotonic()
        self.took = ended - began
        self.neighbour.look()
        by_size[size] = self.neighbour.percentiles(DUE, began, ended)
        last.update(done, stored=stored, measured=size)
        return "round"

    def store(self, size: int) -> int:
        """Write the value; how many bytes it has as stored."""
        value = zlib.compress(document(size), 1) if self.packed else document(size)
        self.client.set(self.key, value, ex=600)
        return len(value)

    def transfer(self, size: int) -> dict:
        """A round of all clients, or as long a rest."""
        clients = self.clients
        if not clients:
            time.sleep(ROUND)
            return {"transfer": None, "moved": 0.0, "bound": None}
        shares = [(clients + place) // len(self.pool) for place in range(len(self.pool))]
        job = (self.key, self.how, size, self.packed, ROUND)
        round = self.pool.run(self.client, *job, each=lambda place: (shares[place],))
        done = round.counts["done"]
        return {
            "transfer": 1e3 * round.counts["seconds"] / done,
            "moved": done * size / 1e6 / round.seconds,
            "bound": round.bound,
        }

    def at_work(self):
        if not self.clients:
            return "Without clients there is nothing to send."
        write, note = "SETEX {p}:document 600 {value}", "Their values are not compressed." if self.packed else ""
        command = write if self.how == SET else "GET {p}:document"
        return Load({command: 1}, (write,), size=self.size, clients=self.clients, note=note)

    def sample(self, window):
        self.neighbour.look()
        sizes, stored = sorted(self.by_size.items()), self.last["stored"]
        curves = {f"{name}s": [(size, found[name]) for size, found in sizes] for name in ("p50", "p99")}
        heights = [height for _, height in curves["p50s"] + curves["p99s"] if height]
        return {
            **self.last,
            **self.neighbour.percentiles(DUE),
            **curves,
            "closed_p99": self.neighbour.percentile(CLOSED, 99),
            "wire": stored and stored * 8 / (self.line * 1e6),
            "rule": [(RULE, min(heights)), (RULE, max(heights))] if len(sizes) > 1 else [],
        }

    def sentence(self, values):
        stored, size = values["stored"], values["measured"]
        said = f"The neighbour waits for {values['p50']:.2f} ms at the median and {values['p99']:.1f} ms at the 99th percentile"
        if values.get("transfer") is None:
            return f"{said}, with nothing beside it."
        verb = {GET: "read", SET: "write"}[self.how]
        who = f"{self.clients} clients that {verb}" if self.clients > 1 else f"a client that {verb}s"
        return (
            f"{said}, beside {who} {size:,} B ({stored:,} B as stored) in {values['transfer']:,.1f} ms each time, "
            f"{values['moved']:,.0f} MB/s. A line of {self.line:g} Gb/s alone would take {values['wire']:,.2f} ms (computed)."
        )

    def verdict(self, values):
        many = f"{self.clients} client{'s' * (self.clients > 1)}"
        who = f"{self.how} of {values['measured']:,} B by {many}" if self.clients else "No transfers"
        said = f"{who}: a neighbour’s PING takes {values['p50']:.2f} ms at the median, {values['p99']:.1f} ms at p99"
        return f"{said}. Press “Every size” to look for a cliff at 100 KB" if len(values["p50s"]) < 3 else said
