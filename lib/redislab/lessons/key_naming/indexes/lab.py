"""Section 3.2: secondary indexes, moved by three means while others look."""

import itertools
import random
import secrets
from collections import deque

from traitlets import observe

from redislab.bench import Chart, Line, Networked, action, choice, number
from redislab.errors import RedislabError
from redislab.keys import ModuleIndex, TransactionIndex, UniqueIndex

MODULE, MULTI, LUA = "As in the module", "MULTI", "Lua claim"
METHODS = {MODULE: ModuleIndex, MULTI: TransactionIndex, LUA: UniqueIndex}
MESSAGES = {MODULE: 3, MULTI: 1, LUA: 1}  # that a move sends


class KilledError(RedislabError):
    """The application died before it had sent everything."""


def mortal(client, lives: int):
    """`client`, whose owner dies when it wants to send one message more than `lives`."""
    left = itertools.count(lives, -1)

    def guard(send):
        def guarded(*arguments, **options):
            if next(left) <= 0:
                raise KilledError
            return send(*arguments, **options)

        return guarded

    client.execute_command, client.pipeline = guard(client.execute_command), guard(client.pipeline)
    return client


class Town:
    """Users with an address each, under keys of their own, in a state that is right to begin with."""

    USERS, SHARED = 40, 12

    def __init__(self, keys, inspector, client, method):
        self.keys, self.inspector, self.method = (
            keys.tenant(f"i{secrets.token_hex(3)}", together=True),
            inspector,
            method,
        )
        self.client, self.index = client, METHODS[method](client, self.keys, "user", "email")
        self.serial, self.has, self.idle = itertools.count(1), {}, deque()
        for _ in range(self.USERS):
            self.idle.append(self.settle())

    def settle(self) -> str:
        """One more user, at a new address."""
        id = str(next(self.serial))
        self.has[id] = address = f"new{next(self.serial)}@x.org"
        self.inspector.hset(self.keys.user(id), "email", address)
        self.inspector.set(self.entry(address), id)
        return id

    def entry(self, address: str) -> str:
        return self.keys.unique("user", "email", address)

    def rename(self, id: str, contested: float, index=None) -> bool:
        """To an address that others want too, or have, with a probability of `contested`; else to a new one."""
        shared = random.random() < contested
        new = f"team{random.randrange(self.SHARED)}@x.org" if shared else f"new{next(self.serial)}@x.org"
        if moved := new == self.has[id] or (index or self.index).move(id, self.has[id], new):
            self.has[id] = new
        return moved

    def look_up(self, id: str) -> tuple[str, ...]:
        """By the address that the user has at that very moment, which a transaction makes sure of."""
        address = self.client.hget(self.keys.user(id), "email")
        ((now, found),) = self.together(self.client, {id: address})
        if now != address or found == id:
            return ("lookup",)
        return ("lookup", "nobody" if found is None else "other")

    def together(self, client, addresses: dict) -> list[tuple]:
        """Each user's address and who is found by the one that is given, all at one moment."""
        pipeline = client.pipeline(transaction=True)
        for id, address in addresses.items():
            pipeline.hget(self.keys.user(id), "email")
            pipeline.get(self.entry(address))
        found = iter(pipeline.execute())
        return list(zip(found, found, strict=True))

    def faults(self) -> dict:
        """How many addresses have more than one owner, and how many users are not found by theirs."""
        ids = list(self.has)
        had = {id: self.has[id] for id in ids}
        looked = zip(had, had.values(), self.together(self.inspector, had), strict=True)
        held = [(id, now, found) for id, address, (now, found) in looked if now == address]
        owned = [now for _, now, _ in held]
        return {"twice": len(owned) - len(set(owned)), "lost": sum(found != id for id, _, found in held)}

    def clear(self) -> None:
        addresses = {*self.has.values(), *(f"team{i}@x.org" for i in range(self.SHARED))}
        self.inspector.unlink(*map(self.keys.user, self.has), *map(self.entry, addresses))


class IndexLab(Networked):
    """Some times a second some users change their addresses at once, while readers look users up by the address they have."""

    title = "Secondary indexes"
    claim = "Keep indexes in sync"

    method = choice(MODULE, [MODULE, MULTI, LUA], label="Method")
    writers = number(8, 1, 32, label="Writers at once", integer=True, help="each another user")
    contested = number(
        20.0, 0, 100, label="To a shared address", unit="%", step=5, help="one of 12 that others want, too"
    )
    bursts = number(5.0, 1, 10, label="Times a second", step=1)

    charts = (
        Chart(
            "Lookups by the address a user has",
            (Line("nobody", "find nobody"), Line("other", "find another")),
            unit="%",
            low=0,
        ),
        Chart("Left behind", (Line("twice", "owners too many"), Line("lost", "not found")), unit="users", low=0),
        Chart("Latency of a move", (Line("p50", "p50"), Line("p99", "p99")), unit="ms", log_y=True),
        Chart("Moves", (Line("moved", "done"), Line("refused", "refused"), Line("died", "died")), unit="/s", low=0),
    )
    presets = {
        "As in the module": {"method": MODULE, "contested": 20.0, "rtt": 0.0},
        "Over a network": {"method": MODULE, "contested": 0.0, "rtt": 2.0},
        "A transaction": {"method": MULTI, "contested": 20.0, "rtt": 0.0},
        "Ours": {"method": LUA, "contested": 20.0, "rtt": 0.0},
    }
    rate, workers = 300.0, 64  # lookups/s, and who sends them
    span = 3.0
    town = None

    def setup(self, lab):
        self.keys, self.inspector, self.towns = lab.keys, lab.client(), []
        self.tickets, self.next_burst, self.entering, self.crashes = deque(), 0.0, 0, 0
        self.connect(lab.server, max_connections=self.workers)

    def teardown(self):
        super().teardown()
        for town in self.towns:
            town.clear()
        self.town = None

    def connected(self):
        self.begin()

    @observe("method")
    def begin(self, _=None):
        if self.client:
            self.town = Town(self.keys, self.inspector, self.client, self.method)
            self.towns.append(self.town)

    @action("Crash between the commands")
    def crash(self):
        """A new user moves once, and the application dies before it has sent the last message."""
        town, self.crashes = self.town, self.crashes + 1
        client = mortal(self.server.client(), MESSAGES[town.method] - 1)
        index = METHODS[town.method](client, town.keys, "user", "email")
        try:
            town.rename(id := town.settle(), 0.0, index)
        except KilledError:
            town.has[id] = self.inspector.hget(town.keys.user(id), "email")

    def gap(self, random):
        """All writers at once, and readers at random moments between."""
        if self.entering:
            self.entering -= 1
            self.tickets.append("move")
            return 0.0
        wait = random.expovariate(self.rate)
        self.tickets.append("lookup")
        self.next_burst -= wait
        if self.next_burst <= 0:
            self.entering, self.next_burst = self.writers, 1 / self.bursts
        return wait

    def request(self):
        town, ticket = self.town, self.tickets.popleft() if self.tickets else "lookup"
        if ticket == "lookup" or not town.idle:
            return town.look_up(random.choice(list(town.has)))
        id = town.idle.popleft()
        try:
            return ("move", "moved" if town.rename(id, self.contested / 100) else "refused")
        finally:
            town.idle.append(id)

    def sample(self, window):
        window.count("crashed", self.crashes)
        self.crashes = 0
        return self.town.faults() | {
            "nobody": window.share("nobody", of="lookup"),
            "other": window.share("other", of="lookup"),
            "looked": window.recent.tags["lookup"],
            "p50": window.percentile("move", 50),
            "p99": window.percentile("move", 99),
            "moved": window.rate("moved"),
            "refused": window.rate("refused"),
            "died": window.rate("crashed"),
        }

    def sentence(self, values):
        if values["nobody"] is None:
            return "Waiting for the first lookups."
        said = (
            f"Of {values['looked']:,.0f} lookups by an address that a user has, {values['nobody']:.1f} % find nobody and "
            f"{values['other']:.1f} % somebody else. {counted(values['lost'], 'user')} not found by the address that the record "
            f"has; {counted(values['twice'], 'owner')} too many."
        )
        if values["refused"]:
            said += f" {values['refused']:.1f} moves a second are refused, because the address is taken."
        return said

    def verdict(self, values):
        if values["nobody"] is None:
            return None
        wrong = [f"{values[key]:.1f} % of the lookups find {who}" for key, who in WRONG.items() if values[key]]
        wrong += [f"{counted(values['twice'], 'owner')} too many"] if values["twice"] else []
        wrong += [f"{counted(values['lost'], 'user')} not found"] if values["lost"] else []
        if wrong:
            return f"Not in sync ({self.method}): {', '.join(wrong)}"
        return f"In sync ({self.method}): every one of {values['looked']:,.0f} lookups found its user"


WRONG = {"nobody": "nobody", "other": "another user"}


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
