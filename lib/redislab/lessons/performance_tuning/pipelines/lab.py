"""Section 4.2: how much faster many commands in one round trip are, and what they cost in memory."""

import functools
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import redis

from redislab.bench import Chart, Line, Networked, Sweep, action, choice, number, switch
from redislab.bench.worker_pool import WorkerPool
from redislab.tuning import pipelined
from redislab.world.servers import Server

SET, GET = "SET", "GET"
STEPS = [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000]
MOST = 64_000_000  # bytes in one pipeline


class Batches:
    """Sends commands in batches until time is up: 1 is one by one, as without a pipeline."""

    def __init__(self, url: str):
        self.server, self.clients, self.at_first = Server(url), {}, None

    def __call__(self, route, command: str, size: int, multi: bool, seconds: float, batch: int) -> dict:
        if route not in self.clients:
            via = route and SimpleNamespace(host=route[0], port=route[1])
            self.clients[route] = self.server.client(via=via, max_connections=2, socket_timeout=30)
        client, value, done = self.clients[route], "x" * size, 0
        client.ping()
        self.at_first = self.at_first or resident("VmRSS")
        forget_peak()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            commands = (
                (SET, f"key:{i % 1000}", value) if command == SET else (GET, f"key:{i % 1000}") for i in range(batch)
            )
            if batch == 1:
                client.execute_command(*next(commands))
            else:
                for _ in pipelined(client, commands, chunk=batch, transaction=multi):
                    pass
            done += batch
        return {"done": done, "memory": max(0, resident("VmHWM") - self.at_first)}


class PipeliningLab(Sweep, Networked):
    """The same commands over and over, in larger and larger pipelines, by clients in processes of their own (closed loop).

    The model is t(B) = (RTT + c₀ − c)/B + c seconds a command, in pipelines of B: c₀ and c are measured beforehand without the added
    round trip, one by one and in thousands. So the speed-up ends at about RTT/c, and c is mostly Python. Memory is the peak while a
    pipeline was under way, above what there was before: the client's process (on Linux), and the server's buffers for clients.
    """

    title = "Pipelining"
    claim = "1,000 SETs in one pipeline: 1 network round trip, 1000x faster"

    rtt = number(
        1.0, 0, 10, label="Added round trip", unit="ms", step=0.1, help="added by a proxy; 0 goes straight to Redis"
    )
    largest = number(10_000, 10, 10_000, label="Largest batch", log=True, integer=True)
    size = number(100, 10, 10_000, label="Value", unit="B", log=True, integer=True)
    command = choice(SET, [SET, GET], label="Command")
    multi = switch(False, label="MULTI/EXEC")
    clients = number(1, 1, 4, label="Clients", integer=True, help="a process each")

    charts = (
        Chart(
            "Speed-up against one by one",
            (
                Line("speedup", "measured"),
                Line("former speedup", "before", "dot", "limit"),
                Line("model", "the model", "dash", "predicted"),
                Line("module", "the module’s ×B", "dot", "added"),
            ),
            unit="×",
            kind="xy",
            log_x=True,
            log_y=True,
            x_title="batch",
            x_unit="commands",
            wide=True,
        ),
        Chart(
            "Commands that are done",
            (Line("rate", "measured"),),
            unit="/s",
            kind="xy",
            log_x=True,
            log_y=True,
            x_title="batch",
            x_unit="commands",
        ),
        Chart(
            "Memory of one pipeline",
            (Line("client mb", "client"), Line("server mb", "server")),
            unit="MB",
            kind="xy",
            log_x=True,
            low=0,
            x_title="batch",
            x_unit="commands",
        ),
    )
    presets = {
        "Same machine": {"rtt": 0.0, "size": 100, "command": SET},
        "Same data centre": {"rtt": 0.5, "size": 100, "command": SET},
        "1 ms away": {"rtt": 1.0, "size": 100, "command": SET},
        "Another region": {"rtt": 10.0, "size": 100, "command": SET},
        "Large replies": {"rtt": 1.0, "size": 10_000, "command": GET},
    }
    POINT = 0.5  # s
    crew = stayed = own = None

    def setup(self, lab):
        server = lab.private_server()
        self.admin = server.client()
        self.connect(server)

    def teardown(self):
        super().teardown()
        self.dismiss()
        self.server.close()
        self.server = None

    def dismiss(self):
        if self.crew:
            self.crew.close()
        self.crew = None

    @action("One failing command in MULTI")
    def fail(self):
        """SET, INCR of a text, LPUSH, in one transaction; and what is there afterwards."""
        self.admin.delete("first", "list")
        self.admin.set("text", "no number")
        try:
            commands = [("SET", "first", "1"), ("INCR", "text"), ("LPUSH", "list", "1")]
            list(pipelined(self.admin, commands, transaction=True))
        except redis.ResponseError as failure:
            error = str(failure)
        stayed = [name for name, key in (("SET", "first"), ("LPUSH", "list")) if self.admin.exists(key)]
        self.stayed = f"INCR failed ({error}); {' and '.join(stayed) or 'nothing'} stayed done"

    def begin(self):
        """New processes, whose memory is as at first, and c₀ and c on the direct way."""
        self.dismiss()
        self.own, self.crew = None, WorkerPool(functools.partial(Batches, self.server.url), self.clients)
        for start in range(0, 1000, 100):
            self.admin.mset({f"key:{i}": "x" * self.size for i in range(start, start + 100)})
        batches = 1, 1000 if self.size < 2000 else 100
        # whatever else the machine does only makes it slower: the quickest of three
        self.own = tuple(min(self.measure(None, batch, 0.2)["seconds"] for _ in range(3)) for batch in batches)

    def points(self):
        steps = {*STEPS, self.largest}
        return sorted(step for step in steps if step == 1 or (step <= self.largest and step * self.size <= MOST))

    def name(self, x):
        return f"batches of {x:,}" if x > 1 else "one by one"

    def point(self, x):
        found = self.measure((self._delay.host, self._delay.port) if self.rtt else None, x, self.POINT)
        alone = next((point["seconds"] for point in self.curve if point["x"] == 1), found["seconds"])
        return found | {"speedup": alone / found["seconds"], "rate": 1 / found["seconds"]}

    def measure(self, route, batch: int, seconds: float) -> dict:
        """Seconds a command, and the memory of a pipeline on both sides in MB."""
        before, peak, over = buffers(self.admin), [0], threading.Event()
        looking = threading.Thread(target=self.look, args=(peak, over))
        looking.start()
        try:
            round = self.crew.run(self.admin, route, self.command, self.size, self.multi, seconds, batch)
        finally:
            over.set()
            looking.join()
        return {
            "seconds": round.seconds / round.counts["done"],
            "client mb": round.counts["memory"] / len(self.crew) / 1e6,
            "server mb": max(0, peak[0] - before) / len(self.crew) / 1e6,
            "bound": str(round),
        }

    def look(self, peak, over):
        while not over.wait(0.005):
            peak[0] = max(peak[0], buffers(self.admin))

    def sample(self, window):
        values = super().sample(window) | {"stayed": self.stayed}
        values["of a thousand"] = dict(values["speedup"]).get(1000)
        if not self.own:
            return values
        sizes, (alone, together) = self.points(), self.own
        trip = self.measured_ms / 1e3 if self.rtt and self.measured_ms else 0.0
        each = {batch: (trip + alone - together) / batch + together for batch in sizes}
        return values | {
            "model": [(batch, each[1] / each[batch]) for batch in sizes],
            "module": [(batch, batch) for batch in sizes],
            "ceiling": each[1] / together,
            "own_us": 1e6 * together,
        }

    def sentence(self, values):
        if not values["speedup"] or "ceiling" not in values:
            return f"Measuring what a command costs without the network. {self.answer(values)}".strip()
        batch, speedup = max(values["speedup"], key=lambda point: point[1])
        return (
            f"At best ×{speedup:,.0f}, in batches of {batch:,}. A command costs {values['own_us']:.0f} µs whatever the network, "
            f"which puts the ceiling at ×{values['ceiling']:,.0f}. {values['curve'][-1]['bound']} {self.answer(values)}"
        ).strip()

    @staticmethod
    def answer(values) -> str:
        return f"In MULTI: {values['stayed']}." if values["stayed"] else ""

    def verdict(self, values):
        point = next((point for point in values["curve"] if point["x"] == 1000), None)
        alone = next((point for point in values["curve"] if point["x"] == 1), None)
        if not point or not alone:
            return None
        return (
            f"1,000 commands take {1e6 * alone['seconds']:,.0f} ms one by one and {1e6 * point['seconds']:,.1f} ms in one "
            f"pipeline: ×{point['speedup']:,.0f}"
        )


def buffers(client) -> int:
    """Bytes that the server holds for its clients: what they sent, and what they have not yet taken."""
    return client.info("memory").get("mem_clients_normal", 0)


def resident(line: str) -> int:
    """Bytes of this process in memory now (VmRSS), or at most (VmHWM); 0 where there is no /proc."""
    try:
        text = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return 1024 * int(text.partition(f"{line}:")[2].split()[0])


def forget_peak() -> None:
    """Let the peak begin anew; where that cannot be, it stays that of all batches so far, which were smaller."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass
