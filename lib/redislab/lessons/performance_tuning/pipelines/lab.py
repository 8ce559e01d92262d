"""Section 4.2: how much faster many commands in one round trip are, and what they cost in memory."""

import functools
from contextlib import nullcontext

import redis

from redislab.bench import Load, Networked, Sweep, action, choice, number, round_trip, switch
from redislab.bench.charts import dashed, dotted, solid, xy_chart
from redislab.bench.worker_pool import WorkerPool
from redislab.bench.yours import YOURS, MineError, Yours, a_list
from redislab.lessons.performance_tuning.pipelines.batches import GET, SET, Batches, BufferPeak
from redislab.tuning import pipelined

SIZES = [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000]
MOST = 64_000_000  # bytes in one pipeline


class PipeliningLab(Sweep, Networked):
    """The same commands over and over, in larger and larger pipelines, by clients in processes of their own (closed loop).

    The model is t(B) = (RTT + c₀ − c)/B + c seconds a command, in pipelines of B: c₀ and c are measured beforehand without the
    added round trip, one by one and in thousands. So the speed-up ends at about RTT/c, and c is mostly Python. Memory is the
    peak while a pipeline was under way, above what there was before: the client's process (on Linux), and the server's buffers
    for clients.
    """

    title = "Pipelining"
    claim = "1,000 SETs in one pipeline: 1 network round trip, 1000x faster"

    rtt = round_trip(1.0)
    largest = number(10_000, 10, 10_000, label="Largest batch", log=True, integer=True)
    size = number(100, 10, 10_000, label="Value", unit="B", log=True, integer=True)
    command = choice(SET, [SET, GET], label="Command", yours=Yours("client, keys, ids", read="ids", returns=a_list))
    multi = switch(False, label="MULTI/EXEC")
    clients = number(1, 1, 4, label="Clients", integer=True, help="a process each")

    charts = (
        xy_chart("Speed-up against one by one", "×", x="batch", x_unit="commands", log=True, log_x=True, wide=True,
                 speedup="measured", **{"former speedup": dotted("before")}, model=dashed("the model"),
                 module=solid("the module’s ×B", dash="dot", role="added")),
        xy_chart("Memory of one pipeline", "MB", x="batch", x_unit="commands", log_x=True,
                 client_mb="client", server_mb="server"),
        xy_chart("Commands that are done", "/s", x="batch", x_unit="commands", log=True, log_x=True, rate="measured"),
    )  # fmt: skip
    presets = {
        "Same machine": {"rtt": 0.0},
        "Same data centre": {"rtt": 0.5},
        "1 ms away": {},
        "Another region": {"rtt": 10.0},
        "Large replies": {"size": 10_000, "command": GET},
    }
    point_seconds = 0.5
    pool = costs = stayed = None
    waiting = "Measuring what a command costs without the network."

    def setup(self, lab):
        server, self.keys = lab.private_server(), lab.keys
        self.admin, self.stayed = server.client(), None
        self.at_end(self.dismiss)
        self.connect(server)

    def dismiss(self):
        if self.pool:
            self.pool.close()
        self.pool = None

    @action("One failing command in MULTI")
    def fail(self):
        """SET, INCR of a text, LPUSH, in one transaction; and what is there afterwards."""
        self.admin.delete("first", "list")
        self.admin.set("text", "no number")
        error = "without an error"
        try:
            commands = [("SET", "first", "1"), ("INCR", "text"), ("LPUSH", "list", "1")]
            pipelined(self.admin, commands, transaction=True)
        except redis.ResponseError as failure:
            error = str(failure)
        stayed = [name for name, key in (("SET", "first"), ("LPUSH", "list")) if self.admin.exists(key)]
        self.stayed = f"INCR failed ({error}); {' and '.join(stayed) or 'nothing'} stayed done"

    def begin(self):
        """New processes, which have not used any memory yet, and c₀ and c on the direct way."""
        self.dismiss()
        self.costs, self.pool = None, WorkerPool(functools.partial(Batches, self.server.url), self.clients)
        for start in range(0, 1000, 100):
            some = range(start, start + 100)
            self.admin.mset({name: "x" * self.size for i in some for name in (f"key:{i}", self.keys.user(i))})
        batches = 1, 1000 if self.size < 2000 else 100
        # whatever else the machine does only makes it slower: the quickest of three
        plain = GET if self.command == YOURS else self.command
        self.costs = [min(self.measure(None, plain, batch, 0.2)["seconds"] for _ in range(3)) for batch in batches]

    def points(self):
        return [size for size in sorted({*SIZES, self.largest}) if size <= self.largest and size * self.size <= MOST]

    def name(self, x):
        return f"batches of {x:,}" if x > 1 else "one by one"

    def point(self, x):
        try:
            found = self.measure(self.via, self.command, x, self.point_seconds)
        except MineError:
            return {"speedup": 0.0}  # it is said beside the choice
        alone = next((point["seconds"] for point in self.curve if point["x"] == 1), found["seconds"])
        return found | {"speedup": alone / found["seconds"], "rate": 1 / found["seconds"]}

    def measure(self, via, command: str, batch: int, seconds: float) -> dict:
        """Seconds a command, and the memory of a pipeline on both sides in MB."""
        mine = self.mine if command == YOURS else None
        sends = (mine, self.keys.prefix) if mine else command
        with BufferPeak(self.admin) as buffers, mine.elsewhere(self.pool) if mine else nullcontext():
            round = self.pool.run(self.admin, via, sends, self.size, self.multi, seconds, batch)
        return {
            "seconds": round.seconds / round.counts["done"],
            "client_mb": round.counts["memory"] / self.clients / 1e6,
            "server_mb": buffers.growth / self.clients / 1e6,
            "bound": str(round),
        }

    def at_work(self):
        write = "SETEX {p}:key:{n} 600 {value}"
        load = {"keys": 1000, "size": self.size, "clients": self.clients, "pipeline": self.largest}
        note = "Neither tool puts MULTI around a pipeline." if self.multi else ""
        return Load({write if self.command == SET else "GET {p}:key:{n}": 1}, (write,), note=note, **load)

    def sample(self, window):
        values = super().sample(window) | {"stayed": self.stayed}
        values["of_a_thousand"] = dict(values["speedup"]).get(1000)
        if self.curve and "seconds" in self.curve[-1]:
            best = max(self.curve, key=lambda point: point["speedup"])
            values |= {"best": best["speedup"], "best_batch": best["x"], "bound": self.curve[-1]["bound"]}
        return values | (self.theory() if self.costs else {})

    def theory(self) -> dict:
        """The model's speed-up by batch, and where it ends."""
        sizes, (alone, together) = self.points(), self.costs
        trip = self.measured_ms / 1e3 if self.rtt and self.measured_ms else 0.0
        one_by_one = trip + alone
        return {
            "model": [(size, one_by_one / ((one_by_one - together) / size + together)) for size in sizes],
            "module": [(size, size) for size in sizes],
            "ceiling": one_by_one / together,
            "own_us": 1e6 * together,
        }

    sentence = (
        "At best ×{best:,.0f}, in batches of {best_batch:,}. A command costs {own_us:.0f} µs whatever the network, which puts the "
        "ceiling at ×{ceiling:,.0f}. {bound}",
        "In MULTI: {stayed}.",
    )

    def verdict(self, values):
        points = {point["x"]: point for point in values["curve"] if "seconds" in point}
        if not {1, 1000} <= points.keys():
            return None
        return (
            f"1,000 commands take {1e6 * points[1]['seconds']:,.0f} ms one by one and {1e6 * points[1000]['seconds']:,.1f} ms in "
            f"one pipeline: ×{points[1000]['speedup']:,.0f}"
        )
