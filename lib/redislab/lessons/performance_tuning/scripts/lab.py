"""Section 4.3: what a script costs, whom it keeps waiting, and a TTL that it may end."""

import itertools
import random
import time
from collections import deque
from statistics import median

from traitlets import observe

from redislab.bench import Chart, Experiment, Line, action, choice, number
from redislab.tuning import CompareAndSet, LoadedScript, ModuleCompareAndSet

EVAL, EVALSHA, TURNS = "EVAL", "EVALSHA", "both in turns"
MODULES, OURS, NATIVE = "Lua, as in the module", "Lua, TTL kept", "SET IFEQ"
LOOP = "for i = 1, tonumber(ARGV[1]) do end return 1\n--"


class LuaLab(Experiment):
    """Calls of a script that loops, a neighbour who sends PING 100 times a second, and updates of keys that expire.

    The script is padded with a comment to its size. The neighbour's latency counts from when its PING was due. Every update is
    of a key of its own, stored with a TTL of some seconds and then changed by compare-and-set; what lives after its TTL has
    lost it. Both servers are private ones: the updates have one of their own, whose scripts are not counted.
    """

    title = "Lua"
    claim = "Atomic execution, fewer round trips, better performance for complex operations"

    steps = number(1, 1, 10_000_000, label="Loop", unit="steps", log=True, integer=True)
    rate = number(20.0, 1, 200, label="Calls", unit="/s", log=True)
    size = number(100, 100, 100_000, label="Script", unit="B", log=True, integer=True)
    way = choice(TURNS, [EVAL, EVALSHA, TURNS], label="Sent by", help="EVAL sends the text each time, EVALSHA its hash")
    swap = choice(MODULES, [MODULES, OURS, NATIVE], label="Compare and set")

    charts = (
        Chart("The neighbour's PING", (Line("p50", "p50"), Line("worst", "worst")), unit="ms", log_y=True),
        Chart("A call of the script", (Line("call", "client"), Line("server_ms", "server")), unit="ms", log_y=True),
        Chart(
            "EVAL and EVALSHA, client",
            tuple(Line(name, name) for name in (EVAL, EVALSHA)),
            unit="ms",
            kind="bars",
            low=0,
        ),
        Chart(
            "Keys that are left",
            (Line("keys", "measured"), Line("expected", "updates × TTL", "dash", "predicted")),
            unit="keys",
            low=0,
        ),
    )
    presets = {
        "A good script": {"steps": 1, "size": 100, "way": TURNS, "swap": OURS},
        "A long loop": {"steps": 10_000_000, "rate": 4.0},
        "A long text": {"steps": 1, "size": 100_000, "way": TURNS, "rate": 100.0},
        "The module's update": {"steps": 1, "swap": MODULES},
    }
    workers = 24
    PINGS, UPDATES, TTL = 100.0, 20.0, 2.0  # /s, /s, s

    def setup(self, lab):
        self.server, self.other = lab.private_server(), lab.private_server()
        self.client, self.store, self.keys = self.server.client(socket_timeout=5), self.other.client(), lab.keys
        self.numbers, self.updates, self.turns = itertools.count(), deque(), itertools.cycle([EVAL, EVALSHA])
        self.write()
        self.choose()

    def teardown(self):
        self.server.close()
        self.other.close()
        self.server = None

    @observe("size")
    def write(self, _=None):
        if self.server:
            self.script = LoadedScript(self.client, LOOP.ljust(self.size, "."))
            self.forget()

    @observe("steps")
    def forget(self, _=None):
        self.calls = {EVAL: deque(maxlen=30), EVALSHA: deque(maxlen=30)}

    @observe("swap")
    def choose(self, _=None):
        if self.server:
            native = self.swap == NATIVE and "compare_and_set" in self.server.capabilities
            ours = self.swap != MODULES
            self.update = CompareAndSet(self.store, native=native) if ours else ModuleCompareAndSet(self.store)
            self.native = native

    @action("Forget all scripts")
    def flush(self):
        """As after a restart or a failover: the next EVALSHA is told NOSCRIPT, unless an EVAL has come before it."""
        self.client.script_flush()

    def gap(self, random):
        return random.expovariate(self.rate + self.PINGS + self.UPDATES)

    def request(self):
        kinds, shares = (self.ping, self.store_and_swap, self.call), (self.PINGS, self.UPDATES, self.rate)
        return random.choices(kinds, shares)[0]()

    def ping(self):
        self.client.ping()
        return "ping"

    def store_and_swap(self):
        key = self.keys.entity("config", next(self.numbers))
        self.store.set(key, "1.2.3", px=round(1000 * self.TTL))
        self.updates.append(time.monotonic())
        self.update(key, "1.2.3", "1.2.4")
        return "update"

    def call(self):
        way = next(self.turns) if self.way == TURNS else self.way
        calls, script, began = self.calls, self.script, time.perf_counter()
        if way == EVAL:
            self.client.eval(script.source, 0, self.steps)
        else:
            script(args=[self.steps])
        calls[way].append(1e3 * (time.perf_counter() - began))
        return "call"

    def sample(self, window):
        stats, mine = self.client.info("commandstats"), [way for way in self.calls if self.way in (way, TURNS)]
        scripts = [stats.get(f"cmdstat_{way.lower()}", {}) for way in self.calls]
        called, busy = (window.growth(part, sum(each.get(part, 0) for each in scripts)) for part in ("calls", "usec"))
        while self.updates and time.monotonic() - self.updates[0] > self.TTL:
            self.updates.popleft()
        middles = {way: median(calls) if calls else None for way, calls in self.calls.items()}
        return middles | {
            "p50": window.percentile("ping", 50),
            "worst": window.percentile("ping", 100),
            "call": max((middles[way] for way in mine if middles[way]), default=None),
            "server_ms": busy / called / 1e3 if called else None,
            "keys": self.store.dbsize(),
            "expected": len(self.updates),
            "loads": stats.get("cmdstat_script|load", {}).get("calls", 0),
            "native": self.native,
        }

    def sentence(self, values):
        if values["call"] is None or values["worst"] is None:
            return "Waiting for the first calls."
        said = (
            f"A call takes {values['call']:,.2f} ms; the neighbour waits for up to {values['worst']:,.1f} ms. "
            f"Scripts loaded: {values['loads']}. Keys that are left: {values['keys']}; with their TTLs kept there would be "
            f"{values['expected']}."
        )
        if self.swap == NATIVE and not values["native"]:
            said += " This server has no SET IFEQ: a script stands in for it."
        return said

    def verdict(self, values):
        if values["call"] is None or values["worst"] is None:
            return None
        lost = values["keys"] - values["expected"]
        said = (
            f"While a script runs nobody else is served: a call takes {values['call']:,.1f} ms, and the neighbour waits for up to "
            f"{values['worst']:,.1f} ms"
        )
        return f"{said}; {lost} keys outlive their TTL" if lost > 2 + values["expected"] / 10 else said
