"""Section 4.3: one counter, many clients, and five ways to add one."""

import functools
import secrets
import threading
import time
from types import SimpleNamespace

import redis
from traitlets import observe

from redislab.bench import Chart, Line, Networked, action, choice, number
from redislab.bench.worker_pool import WorkerPool
from redislab.keys import KeyNamespace
from redislab.tuning import IncrCounter, LockCounter, RacingCounter, ScriptCounter, WatchCounter
from redislab.world.servers import Server

METHODS = {
    "GET, SET": RacingCounter,
    "WATCH": WatchCounter,
    "lock": LockCounter,
    "INCR": IncrCounter,
    "Lua": ScriptCounter,
}
RACE, WATCH, LOCK, INCR, LUA = METHODS


class Increments:
    """Some clients, a thread and a connection each, that add one to the same counter until time is up."""

    def __init__(self, url: str):
        self.server, self.clients = Server(url), {}

    def __call__(self, method: str, key_prefix: str, route, seconds: float, clients: int) -> dict:
        if route not in self.clients:
            via = route and SimpleNamespace(host=route[0], port=route[1])
            self.clients = {route: self.server.client(via=via, max_connections=64, socket_timeout=5)}
        keys, counts = KeyNamespace(key_prefix), []
        counters = [METHODS[method](self.clients[route], keys) for _ in range(clients)]
        deadline = time.monotonic() + seconds
        threads = [threading.Thread(target=self.count, args=(each, deadline, counts)) for each in counters]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"done": sum(counts), "tries": sum(counter.tries for counter in counters)}

    @staticmethod
    def count(counter, deadline: float, counts: list) -> None:
        done = 0
        try:
            while time.monotonic() < deadline:
                counter.increment("visits")
                done += 1
        except redis.exceptions.LockError:
            pass  # it waited for its turn as long as it would
        counts.append(done)


class CountersLab(Networked):
    """Clients in as many processes as the machine has cores add one to a counter, without a pause (closed loop).

    Each round lasts some tenths of a second. What the clients were told was counted, less what the counter then holds,
    is lost. The bars keep the last round of each method with the present number of clients and round trip.
    """

    title = "Counter race"
    claim = "Another client can modify between GET and SET. A Lua script is atomic: no race conditions"

    method = choice(RACE, METHODS, label="Method")
    clients = number(8, 1, 32, label="Clients", log=True, integer=True, help="each adds one, over and over")

    charts = (
        Chart("Lost updates", (Line("lost", "lost"),), unit="%", low=0, high=100),
        Chart("Increments that were acknowledged", (Line("rate", "increments"),), unit="/s", log_y=True),
        Chart(
            "Increments a second, by method",
            tuple(Line(f"rate {name}", name) for name in METHODS),
            unit="/s",
            kind="bars",
            low=0,
        ),
        Chart(
            "Tries for one increment, by method",
            tuple(Line(f"tries {name}", name) for name in METHODS),
            unit="tries",
            kind="bars",
            low=0,
        ),
    )
    presets = {
        "The module's race": {"method": RACE, "clients": 8, "rtt": 0.0},
        "Across a network": {"method": RACE, "clients": 16, "rtt": 1.0},
        "Optimists": {"method": WATCH, "clients": 16, "rtt": 1.0},
        "One command": {"method": INCR, "clients": 16, "rtt": 1.0},
    }
    workers = 1
    ROUND = 0.4  # s
    crew = None

    def setup(self, lab):
        self.admin = lab.client()
        self.keys = KeyNamespace(f"{lab.prefix}:race_{secrets.token_hex(3)}")
        self.crew = self.crew or WorkerPool(functools.partial(Increments, lab.server.url))
        self.took, self.every = self.ROUND, []
        self.forget()
        self.connect(lab.server)

    def teardown(self):
        super().teardown()
        self.admin.unlink(self.keys.counter("visits"))
        if self.crew:
            self.crew.close()
        self.crew = None

    @observe("clients", "rtt")
    def forget(self, _=None):
        self.rounds, self.last = {}, None

    @action("Try every method")
    def try_all(self):
        """A round of each, one after the other; then on with the one that is chosen."""
        self.every = list(METHODS)

    def gap(self, random):
        return max(self.took, self.ROUND) + 0.1  # the next round begins when this one has ended

    def request(self):
        method = self.every.pop(0) if self.every else self.method
        clients, rtt = self.clients, self.rtt
        route = (self._delay.host, self._delay.port) if rtt else None
        share = [(clients + index) // len(self.crew) for index in range(len(self.crew))]
        self.admin.set(self.keys.counter("visits"), 0)
        round = self.crew.run(
            self.admin, method, self.keys.prefix, route, self.ROUND, each=lambda index: (share[index],)
        )
        held, self.took = int(self.admin.get(self.keys.counter("visits"))), round.seconds
        if (clients, rtt) == (self.clients, self.rtt):  # else it is no longer what the bars are about
            self.note(method, round, held)
        return "round"

    def note(self, method, round, held):
        done = round.counts["done"]
        self.rounds[method] = self.last = {
            "method": method,
            "lost": 100 * (done - held) / done if done else None,
            "rate": done / round.seconds,
            "tries": round.counts["tries"] / done if done else None,
            "bound": str(round),
        }

    def sample(self, window):
        bars = {f"{key} {name}": round[key] for name, round in self.rounds.items() for key in ("rate", "tries")}
        nothing = dict.fromkeys(("method", "lost", "rate", "tries", "bound"))
        return bars | (self.last or nothing)

    def sentence(self, values):
        if values["lost"] is None:
            return "Waiting for the first round."
        return (
            f"{values['method']}: {self.clients} clients are told of {values['rate']:,.0f} increments a second, of which "
            f"{values['lost']:.0f} % are lost; one takes {values['tries']:.1f} tries. "
            f"{values['bound']}"
        )

    def verdict(self, values):
        if values["lost"] is None:
            return None
        return f"{values['method']}: {values['lost']:.0f} % of the updates are lost, at {values['rate']:,.0f} a second"
