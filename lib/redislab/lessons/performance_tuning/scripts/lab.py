"""Section 4.3: what a script costs, how long it keeps others waiting, and a TTL that it may end."""

import functools
import itertools
import time
from collections import deque

from redislab.bench import Experiment, Load, Timings, action, bars, choice, commandstats, dashed, number, on, time_chart
from redislab.bench.yours import YOURS, Yours, truth
from redislab.lessons.performance_tuning.as_in_the_module import ModuleCompareAndSet
from redislab.tuning import CompareAndSet, LoadedScript

EVAL, EVALSHA, TURNS = "EVAL", "EVALSHA", "both in turns"
MODULES, OURS, NATIVE = "Lua, as in the module", "Lua, TTL kept", "SET IFEQ"
LOOP = "for i = 1, tonumber(ARGV[1]) do end return 1\n--"
PINGS, UPDATES = 100.0, 20.0  # /s
TTL = 2.0  # s, of a key that is updated


class LuaLab(Experiment):
    """Calls of a script that loops, a neighbour that sends PING 100 times a second, and updates of keys that expire.

    The script is padded with a comment to its size. The neighbour's latency counts from when its PING was due. Every update is
    of a key of its own, stored with a TTL of some seconds and then changed by compare-and-set; a key that outlives its TTL has
    lost it. Both servers are private ones: the updates have one of their own, whose scripts are not counted.
    """

    title = "Lua"
    claim = "Atomic execution"

    steps = number(1, 1, 10_000_000, label="Loop", unit="steps", log=True, integer=True)
    way = choice(TURNS, [EVAL, EVALSHA, TURNS], label="Sent by", help="EVAL sends the text each time, EVALSHA its hash")
    swap = choice(MODULES, [MODULES, OURS, NATIVE], label="Compare and set",
                  yours=Yours("client, keys, name, old, new", swap="name, old, new", returns=truth))  # fmt: skip
    rate = number(20.0, 1, 200, label="Calls", unit="/s", log=True)
    size = number(100, 100, 100_000, label="Script", unit="B", log=True, integer=True)

    charts = (
        time_chart("The neighbour's PING", "ms", log=True, p50="p50", worst="worst"),
        bars("EVAL and EVALSHA, client", "ms", EVAL=EVAL, EVALSHA=EVALSHA),
        time_chart("Keys that are left", "keys", keys="measured", expected=dashed("updates × TTL")),
        time_chart("A call of the script", "ms", log=True, call="client", server_ms="server"),
    )
    presets = {
        "A good script": {"swap": OURS},
        "A long loop": {"steps": 10_000_000, "rate": 4.0},
        "A long text": {"size": 100_000, "rate": 100.0},
        "The module's update": {},
    }
    workers = 24
    waiting = "Waiting for the first calls."

    def setup(self, lab):
        self.server, store = lab.private_server(), lab.private_server()
        self.client, self.store, self.keys = self.server.client(socket_timeout=5), store.client(), lab.keys
        self.timings, self.turns = Timings(last=30), itertools.cycle([EVAL, EVALSHA])
        self.numbers, self.updates = itertools.count(), deque()

    @on("size")
    def write_script(self):
        self.script = LoadedScript(self.client, LOOP.ljust(self.size, "."))

    @on("size", "steps")
    def forget(self):
        self.timings.clear()

    @on("swap")
    def choose_update(self):
        native = "compare_and_set" in self.server.capabilities
        self.store.flushall()  # what another update has left is none of this one's
        self.updates.clear()
        self.stand_in = "a script" if self.swap == NATIVE and not native else None
        if self.swap == YOURS:
            self.update = self.mine(self.store, self.keys).swap
            return
        ours = functools.partial(CompareAndSet, native=native and self.swap == NATIVE)
        swap = (ModuleCompareAndSet if self.swap == MODULES else ours)(self.store)
        self.update = lambda name, old, new: swap(self.key(name), old, new)

    @action("Forget all scripts")
    def flush(self):
        """As after a restart or a failover: the next EVALSHA is told NOSCRIPT, unless an EVAL has come before it."""
        self.client.script_flush()

    def mix(self):
        return {self.ping: PINGS, self.store_and_swap: UPDATES, self.call: self.rate}

    def ping(self):
        self.client.ping()
        return "ping"

    def store_and_swap(self):
        name = next(self.numbers)
        self.store.set(self.key(name), "1.2.3", px=round(1000 * TTL))
        self.updates.append(time.monotonic())
        return "update", "swapped" if self.update(name, "1.2.3", "1.2.4") else "refused"

    def key(self, name) -> str:
        return self.keys.entity("config", name)

    def call(self):
        way = next(self.turns) if self.way == TURNS else self.way
        with self.timings.of(way):
            if way == EVAL:
                self.client.eval(self.script.source, 0, self.steps)
            else:
                self.script(args=[self.steps])
        return "call"

    def at_work(self):
        call = f"EVAL 'for i = 1, tonumber(ARGV[1]) do end return 1' 0 {self.steps}"
        note = "The script’s text goes along each time; watch the others with redis-cli --latency."
        return Load({call: 1}, requests=max(20, 200_000_000 // self.steps), note=note)

    def sample(self, window):
        while self.updates and time.monotonic() - self.updates[0] > TTL:
            self.updates.popleft()
        calls = {way: self.timings.median(way) for way in (EVAL, EVALSHA)}
        chosen = [ms for way, ms in calls.items() if ms and self.way in (way, TURNS)]
        server_us = window.per_call("script", commandstats(self.client, EVAL, EVALSHA))
        return calls | {
            "p50": window.percentile("ping", 50),
            "worst": window.percentile("ping", 100),
            "call": max(chosen, default=None),
            "server_ms": server_us and server_us / 1e3,
            "keys": self.store.dbsize(),
            "expected": len(self.updates),
            "loads": commandstats(self.client, "script|load").calls,
            "stand_in": self.stand_in,
            "refused": window.rate("refused"),
        }

    sentence = (
        "A call takes {call:,.2f} ms; the neighbour waits for up to {worst:,.1f} ms. Scripts loaded: {loads}. "
        "Keys that are left: {keys}; if all kept their TTL, {expected}.",
        "This server has no SET IFEQ: {stand_in} stands in for it.",
        "{refused:.0f} updates a second are refused, although nothing else changes the value.",
    )

    def verdict(self, values):
        lost = values["keys"] - values["expected"]
        said = (
            f"While a script runs, no other client is served: a call takes {values['call']:,.1f} ms, and the neighbour waits for "
            f"up to {values['worst']:,.1f} ms"
        )
        return f"{said}; {lost} keys outlive their TTL" if lost > 2 + values["expected"] / 10 else said
