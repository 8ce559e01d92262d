"""Section 3.4: secondary indexes, moved by three means while others look."""

import functools
import itertools
import random
from collections import deque

from redislab.bench import YOURS, Networked, Yours, action, choice, number, on, time_chart, truth
from redislab.keys import UniqueIndex
from redislab.lessons.key_naming.as_in_the_module import ModuleIndex, TransactionIndex
from redislab.lessons.key_naming.indexes.address_book import AddressBook

MODULE, MULTI, LUA = "As in the module", "MULTI", "Lua claim"
INDEXES = {MODULE: ModuleIndex, MULTI: TransactionIndex, LUA: UniqueIndex}
MESSAGES = {MODULE: 3, MULTI: 1, LUA: 1, YOURS: 1}  # that a move sends


class YourIndex:
    """A learner's, with the interface of the others; it is not told the old address."""

    def __init__(self, mine, client, keys, *_):
        self._index = mine(client, keys)

    def move(self, id, old, new) -> bool:
        return bool(self._index.move(id, new))


class IndexLab(Networked):
    """Some times a second some users change their addresses together, while readers look users up by the address they have."""

    title = "Secondary indexes"
    claim = "Keep indexes in sync"

    method = choice(MODULE, [MODULE, MULTI, LUA], label="Method",
                    yours=Yours("client, keys, id, email", move="id, email", returns=truth))  # fmt: skip
    writers = number(8, 1, 32, label="Simultaneous writers", integer=True, help="each another user")
    contested = number(20.0, 0, 100, label="To a shared address", unit="%", step=5, help="one of 12 that others want")
    bursts = number(5.0, 1, 10, label="Times a second", step=1)

    charts = (
        time_chart("Lookups by the address a user has", "%", nobody="find no user", other="find another"),
        time_chart("Left behind", "users", twice="owners too many", lost="not found"),
        time_chart("Latency of a move", "ms", log=True, p50="p50", p99="p99"),
        time_chart("Moves", "/s", moved="done", refused="refused", died="died"),
    )
    presets = {
        "As in the module": {},
        "Over a network": {"contested": 0.0, "rtt": 2.0},
        "A transaction": {"method": MULTI},
        "Ours": {"method": LUA},
    }
    waiting = "Waiting for the first lookups."
    rate, workers = 300.0, 64  # lookups/s, and who sends them
    span = 3.0

    def setup(self, lab):
        self.keys, self.inspector, self.books = lab.keys, lab.client(), itertools.count(1)
        self.due, self.next_burst, self.moves_left, self.crashes = deque(), 0.0, 0, 0
        self.connect(lab.server, max_connections=self.workers)

    @on("client", "method")
    def open_book(self):
        keys = self.keys.tenant(f"book{next(self.books)}", together=True)
        index = functools.partial(YourIndex, self.mine) if self.method == YOURS else INDEXES[self.method]
        self.book = AddressBook(keys, self.inspector, self.client, index)
        self.last_message = MESSAGES[self.method] - 1

    @action("Crash between the commands")
    def crash(self):
        """A new user moves, and the application dies before it has sent the last message."""
        self.crashes += 1
        self.book.crash(self.server.client(), self.last_message)

    def gap(self, random):
        """All writers at the same moment, and readers at random moments between."""
        if self.moves_left:
            self.moves_left -= 1
            self.due.append("move")
            return 0.0
        wait = random.expovariate(self.rate)
        self.due.append("lookup")
        self.next_burst -= wait
        if self.next_burst <= 0:
            self.moves_left, self.next_burst = self.writers, 1 / self.bursts
        return wait

    def request(self):
        book, what = self.book, self.due.popleft() if self.due else "lookup"
        if what == "lookup" or not book.idle:
            return book.look_up(random.choice(list(book.addresses)))
        id = book.idle.popleft()
        try:
            return "move", "moved" if book.move(id, self.contested / 100) else "refused"
        finally:
            book.idle.append(id)

    def sample(self, window):
        window.count("crashed", self.crashes)
        self.crashes = 0
        return {
            **self.book.faults(),
            **window.percentiles("move"),
            "nobody": window.share("nobody", of="lookup"),
            "other": window.share("other", of="lookup"),
            "looked": window.recent.tags["lookup"],
            "moved": window.rate("moved"),
            "refused": window.rate("refused"),
            "died": window.rate("crashed"),
        }

    sentence = (
        "Of {looked:,} lookups by an address that a user has, {nobody:.1f} % find no user and {other:.1f} % another user. "
        "Addresses with an owner too many: {twice}; users not found by the address in their record: {lost}.",
        "{refused:.1f} moves a second are refused, because the address is taken.",
    )

    def verdict(self, values):
        found = {"nobody": "find no user", "other": "find another user"}
        wrong = [f"{values[key]:.1f} % of the lookups {what}" for key, what in found.items() if values[key]]
        left = {"twice": "owners too many", "lost": "users not found"}
        wrong += [f"{what}: {values[key]}" for key, what in left.items() if values[key]]
        if wrong:
            return f"Not in sync ({self.method}): {'; '.join(wrong)}"
        return f"In sync ({self.method}): each of {values['looked']:,} lookups found its user"
