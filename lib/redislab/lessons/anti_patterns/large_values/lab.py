"""Section 5.2: what large values do to everybody else, from 1 KB to 10 MB."""

import functools
import json
import random
import threading
import time
import zlib

from traitlets import observe

from redislab.bench import Chart, Experiment, Line, action, choice, number, switch
from redislab.bench.worker_pool import WorkerPool
from redislab.lessons.anti_patterns.neighbour import CLOSED, DUE, Neighbour
from redislab.world.servers import Server

GET, SET = "GET", "SET"
SIZES = (1000, 10_000, 100_000, 1_000_000, 10_000_000)
RULE = 100_000  # B, the module's limit


@functools.cache
def orders() -> bytes:
    """JSON of made-up orders."""
    made = random.Random(7)
    names = ("kettle", "lamp", "chair", "notebook", "umbrella", "headphones")
    rows = [
        {"order": made.randrange(10**6), "product": made.choice(names), "price": made.randrange(100, 99_999) / 100}
        for _ in range(2000)
    ]
    return json.dumps(rows).encode()


def document(size: int) -> bytes:
    """Orders, one behind the other, cut to `size` bytes."""
    return (orders() * (size // len(orders()) + 1))[:size]


class Transfers:
    """Some readers or writers of one value, a thread and a connection each, until time is up."""

    def __init__(self, url: str):
        self.client = Server(url).client(max_connections=64, socket_timeout=30, decode_responses=False)

    def __call__(self, key: str, how: str, value: bytes, packed: bool, seconds: float, clients: int) -> dict:
        taken, deadline = [], time.monotonic() + seconds
        each = functools.partial(self.transfer, key, how, value, packed, deadline, taken)
        threads = [threading.Thread(target=each) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"done": len(taken), "seconds": sum(taken)}

    def transfer(self, key, how, value, packed, deadline, taken) -> None:
        while time.monotonic() < deadline:
            began = time.monotonic()
            if how == SET:
                self.client.set(key, zlib.compress(value, 1) if packed else value, ex=600)
            else:
                held = self.client.get(key)
                zlib.decompress(held) if packed else held
            taken.append(time.monotonic() - began)


class LargeValuesLab(Experiment):
    """Clients in other processes read or write one value without a pause (closed loop), a round after the other.

    Beside them a neighbour sends PING by two clocks, see `Pinger`. The time on a wire is arithmetic, the bytes that are sent by
    the speed that is chosen; everything else is measured, and there is no wire here.
    """

    title = "Large values"
    claim = "A 10 MB object blocks the server; keep values under 100 KB"

    size = number(1_000_000, 1000, 10_000_000, label="Value", unit="B", log=True, integer=True)
    clients = number(1, 0, 8, label="Clients", integer=True, help="each reads or writes over and over; 0: nobody does")
    how = choice(GET, [GET, SET], label="Command")
    packed = switch(False, label="Compressed (zlib, level 1)", help="by the clients, whose time it takes")
    line = number(1.0, 0.1, 25, label="Line", unit="Gb/s", log=True, help="for the arithmetic alone")

    charts = (
        Chart(
            "The neighbour’s PING",
            (Line("p50", "p50, due time"), Line("p99", "p99, due time"), Line("closed_p99", "p99, closed loop")),
            unit="ms",
            log_y=True,
        ),
        Chart(
            "One transfer",
            (Line("transfer", "measured, loopback"), Line("wire", "on the line, computed", "dash", "predicted")),
            unit="ms",
            log_y=True,
        ),
        Chart("All transfers", (Line("moved", "value bytes"),), unit="MB/s", low=0),
        Chart(
            "The neighbour, by the size of the value",
            (Line("p50s", "p50"), Line("p99s", "p99"), Line("rule", "the module’s rule", "dot", "limit")),
            unit="ms",
            kind="xy",
            log_x=True,
            log_y=True,
            x_title="value",
            x_unit="B",
        ),
    )
    presets = {
        "100 KB": {"size": 100_000, "how": GET, "clients": 1, "packed": False},
        "10 MB, written": {"size": 10_000_000, "how": SET, "clients": 1, "packed": False},
        "10 MB, read": {"size": 10_000_000, "how": GET, "clients": 1, "packed": False},
        "10 MB, four readers": {"size": 10_000_000, "how": GET, "clients": 4, "packed": False},
    }
    workers = 1
    patience = 60.0  # s: what is asked takes as long as it takes
    ROUND = 0.6  # s
    crew = neighbour = None

    def setup(self, lab):
        self.client, self.key = lab.client(socket_timeout=30, decode_responses=False), lab.keys.entity("document", 1)
        self.crew = WorkerPool(functools.partial(Transfers, lab.server.url))
        self.neighbour, self.sizes, self.took = Neighbour(lab.server), [], self.ROUND
        self.forget()

    def teardown(self):
        self.client.unlink(self.key)
        for each in (self.crew, self.neighbour):
            if each:
                each.close()
        self.crew = self.neighbour = None

    @observe("clients", "how", "packed")
    def forget(self, _=None):
        self.by_size = {}
        self.store()

    @observe("size")
    def store(self, _=None):
        self.last, self.value = None, None
        if self.neighbour:
            self.neighbour.forget()

    @action("Every size")
    def try_all(self):
        """A round of each, one after the other; then on with the size that is chosen."""
        self.sizes = list(SIZES)

    def gap(self, random):
        return max(self.took, self.ROUND) + 0.02  # the next round begins when this one has ended

    def request(self):
        size, asked = self.sizes.pop(0) if self.sizes else self.size, self.asked
        value = document(size)
        stored = zlib.compress(value, 1) if self.packed else value
        self.client.set(self.key, stored, ex=600)
        share = [(self.clients + index) // len(self.crew) for index in range(len(self.crew))]
        began = time.monotonic()
        job = (self.key, self.how, value if self.how == SET else b"", self.packed, self.ROUND)
        round = self.crew.run(self.client, *job, each=lambda index: (share[index],))
        if not self.clients:
            time.sleep(self.ROUND)
        ended = time.monotonic()
        self.took = ended - began
        if asked == self.asked:
            self.note(size, len(stored), round, began, ended)
        return "round"

    @property
    def asked(self):
        return self.clients, self.how, self.packed, self.size

    def note(self, size, stored, round, began, ended):
        done = round.counts["done"]
        self.neighbour.look()
        self.by_size = self.by_size | {
            size: [self.neighbour.percentile(DUE, percentile, began, ended) for percentile in (50, 99)]
        }
        self.last = {
            "stored": stored,
            "transfer": 1e3 * round.counts["seconds"] / done if done else None,
            "moved": done * size / 1e6 / round.seconds,
            "bound": round.bound if done else None,
            "measured": size,
        }

    def sample(self, window):
        self.neighbour.look()
        nothing = dict.fromkeys(("stored", "transfer", "moved", "bound", "measured"))
        values, sizes = self.last or nothing, sorted(self.by_size.items())
        edges = [value for _, (p50, p99) in sizes for value in (p50, p99) if value]
        return values | {
            "p50": self.neighbour.percentile(DUE, 50),
            "p99": self.neighbour.percentile(DUE, 99),
            "closed_p99": self.neighbour.percentile(CLOSED, 99),
            "wire": values["stored"] and values["stored"] * 8 / (self.line * 1e6),
            "p50s": [(size, p50) for size, (p50, _) in sizes],
            "p99s": [(size, p99) for size, (_, p99) in sizes],
            "rule": [(RULE, min(edges)), (RULE, max(edges))] if len(sizes) > 1 else [],
        }

    def sentence(self, values):
        if values["stored"] is None or values["p50"] is None:
            return "Waiting for the first round."
        said = f"The neighbour waits for {values['p50']:.2f} ms at the median and {values['p99']:.1f} ms at the 99th percentile"
        if values["transfer"] is None:
            return f"{said}: nobody disturbs it."
        verb = {GET: "read", SET: "write"}[self.how]
        who = f"{self.clients} clients that {verb}" if self.clients > 1 else f"a client that {verb}s"
        return (
            f"{said}, beside {who} {values['measured']:,} B ({values['stored']:,} B as stored) in "
            f"{values['transfer']:,.1f} ms at a time, {values['moved']:,.0f} MB/s. A line of {self.line:g} Gb/s alone would take "
            f"{values['wire']:,.2f} ms (computed)."
        )

    def verdict(self, values):
        if values["stored"] is None or values["p50"] is None:
            return None
        many = f"{self.clients} client{'s' * (self.clients > 1)}"
        who = f"{self.how} of {values['measured']:,} B by {many}" if self.clients else "No transfers"
        said = f"{who}: a neighbour’s PING takes {values['p50']:.2f} ms at the median, {values['p99']:.1f} ms at p99"
        return f"{said}. Press “Every size” to look for a cliff at 100 KB" if len(values["p50s"]) < 3 else said
