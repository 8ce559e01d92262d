"""Section 4.3: one counter, many clients, and five ways to add one."""

import functools
from contextlib import nullcontext

from redislab.bench import YOURS, Load, Networked, Yours, a_number, action, bars, choice, number, on, time_chart
from redislab.bench.worker_pool import WorkerPool
from redislab.lessons.performance_tuning.counters.increments import METHODS, NAME, Increments

RACE, WATCH, LOCK, INCR, LUA = METHODS


class CountersLab(Networked):
    """Clients in as many processes as the machine has cores add one to a counter, without a pause (closed loop).

    Each round lasts some tenths of a second. An increment is lost if a client was told that it was done, and the counter does
    not hold it. The bars keep the last round of each method with the present number of clients and round trip.
    """

    title = "Counter race"
    claim = "Another client can modify between GET and SET"

    method = choice(RACE, METHODS, label="Method",
                    yours=Yours("client, keys, name, by", count="name, by", returns=a_number))  # fmt: skip
    clients = number(8, 1, 32, label="Clients", log=True, integer=True, help="each adds one, over and over")

    charts = (
        time_chart("Lost updates", "%", 0, 100, lost="lost"),
        bars(
            "Increments a second, by method", "/s", yours=f"rate {YOURS}", **{f"rate {name}": name for name in METHODS}
        ),
        bars("Tries for one increment, by method", "tries", **{f"tries {name}": name for name in METHODS}),
        time_chart("Increments that were acknowledged", "/s", log=True, rate="increments"),
    )
    presets = {
        "The module's race": {},
        "Across a network": {"clients": 16, "rtt": 1.0},
        "Optimists": {"method": WATCH, "clients": 16, "rtt": 1.0},
        "One command": {"method": INCR, "clients": 16, "rtt": 1.0},
    }
    workers = 1
    round_seconds = 0.4
    waiting = "Waiting for the first round."

    def setup(self, lab):
        self.admin, self.prefix, self.counter = lab.client(), lab.prefix, lab.keys.counter(NAME)
        self.pool = self.owned(WorkerPool(functools.partial(Increments, lab.server.url)))
        self.took, self.to_try = 0.0, []
        self.connect(lab.server)

    @on("clients", "rtt")
    def forget(self):
        self.rounds = {}  # by method, the newest last

    @action("Try every method")
    def try_all(self):
        """A round of each, one after the other; then on with the one that is chosen."""
        self.to_try = [*METHODS, *([YOURS] if self.mine else [])]

    def gap(self, random):
        return max(self.took, self.round_seconds) + 0.1  # the next round begins when this one has ended

    def request(self):
        method, rounds = self.to_try.pop(0) if self.to_try else self.method, self.rounds
        workers = len(self.pool)
        share = [(self.clients + index) // workers for index in range(workers)]
        self.admin.set(self.counter, 0)
        mine, each = self.mine if method == YOURS else None, lambda index: (mine, share[index])
        with mine.elsewhere(self.pool) if mine else nullcontext():
            round = self.pool.run(self.admin, method, self.prefix, self.via, self.round_seconds, each=each)
            held = int(self.admin.get(self.counter) or 0)
        self.took = round.seconds
        if rounds is self.rounds:  # else it was measured with other knobs
            others = {name: told for name, told in rounds.items() if name != method}
            self.rounds = others | {method: self.told(method, round, held)}
        return "round"

    @staticmethod
    def told(method, round, held: int) -> dict:
        done = round.counts["done"]
        return {
            "method": method,
            "lost": 100 * (done - held) / done if done else None,
            "rate": done / round.seconds,
            "tries": round.counts["tries"] / done if done and method != YOURS else None,
            "bound": str(round),
        }

    def at_work(self):
        script = 'return redis.call("INCR", KEYS[1])'
        command = {INCR: "INCR {p}:visits", LUA: f"EVAL '{script}' 1 {{p}}:visits"}.get(self.method)
        if command is None:
            return f"{self.method} uses an answer in its next command, and neither tool can: choose INCR or Lua."
        return Load({command: 1}, after=("EXPIRE {p}:visits 600",), clients=self.clients)

    def sample(self, window):
        rounds = list(self.rounds.values())
        values = {f"{key} {each['method']}": each[key] for each in rounds for key in ("rate", "tries")}
        return values | (rounds[-1] if rounds else {"lost": None, "rate": None})

    sentence = (
        "{method}: {clients} clients are told of {rate:,.0f} increments a second, of which {lost:.0f} % are lost.",
        "{tries:.1f} tries for one.",
        "{bound}",
    )
    verdict = "{method}: {lost:.0f} % of the updates are lost, at {rate:,.0f} a second"
