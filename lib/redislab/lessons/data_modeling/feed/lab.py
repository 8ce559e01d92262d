"""Section 2.2: a feed that is read while it grows."""

import json
import random
import threading
import time
from collections import Counter, deque
from statistics import median

from traitlets import observe

from redislab.bench import Chart, Experiment, Line, number
from redislab.keys import KeyNamespace
from redislab.modeling import Feed, ModuleFeed

POSITION, CURSOR, GROWING = "by position", "by cursor", "never trimmed"


class Walk:
    """One reader's way from the newest item down, a page at a time."""

    PAGES = 10  # then the reader begins anew

    def __init__(self, feed, owner):
        self.feed, self.owner, self.taken = feed, owner, deque(maxlen=100)
        self.begin()

    def begin(self) -> None:
        self.after, self.pages, self.shown = None, 0, []

    def step(self, size: int) -> int:
        """Read the next page; returns how many of its items were shown before."""
        began = time.perf_counter()
        items, self.after = self.feed.page(self.owner, size, after=self.after)
        self.taken.append(1e6 * (time.perf_counter() - began))
        numbers, known = [item["number"] for item in items], set(self.shown)
        self.shown += numbers
        self.pages += 1
        return sum(number in known for number in numbers)

    @property
    def done(self) -> bool:
        return self.pages > 0 and (self.after is None or self.pages >= self.PAGES)

    def skipped(self, withdrawn) -> int:
        """Items between the first and the last that were shown, which have not been withdrawn, and were never shown."""
        between = range(min(self.shown), self.shown[0]) if self.shown else ()
        return len(set(between) - withdrawn - set(self.shown))


class FeedLab(Experiment):
    """One feed twice, as a list and as a stream: the same items at the same time; readers page through both, in step.

    A third list is never trimmed, up to 50,000 items. Withdrawn is what was among the newest hundred, ten at a time.
    """

    title = "Feed"
    claim = "Get recent activities (pagination)"

    rate = number(50.0, 1, 200, label="Items", unit="/s", log=True)
    cap = number(500, 20, 2000, label="Cap", unit="items", log=True, integer=True)
    page_size = number(20, 5, 100, label="Page size", unit="items", integer=True, step=5)
    pause = number(
        0.2, 0.05, 2, label="Time for a page", unit="s", log=True, help="that a reader takes before asking for the next"
    )
    withdrawn = number(
        0.0, 0, 100, label="Items withdrawn", unit="%", step=5, help="ten at a time, as a moderator does"
    )

    charts = (
        Chart(
            "Memory of the feed",
            (Line(POSITION, "list, trimmed"), Line(GROWING, "list, never trimmed"), Line(CURSOR, "stream, capped")),
            unit="KB",
            kind="xy",
            x_title="posted",
            x_unit="items",
            low=0,
        ),
        Chart(
            "Items shown twice", (Line("twice by position", POSITION), Line("twice by cursor", CURSOR)), unit="%", low=0
        ),
        Chart(
            "Items never shown",
            (Line("skipped by position", POSITION), Line("skipped by cursor", CURSOR)),
            unit="%",
            low=0,
        ),
        Chart("Time of a page", (Line("us by position", POSITION), Line("us by cursor", CURSOR)), unit="µs", low=0),
    )
    presets = {
        "A quiet feed": {"rate": 2.0, "withdrawn": 0.0, "cap": 500},
        "A busy feed": {"rate": 100.0, "withdrawn": 0.0, "cap": 500},
        "A moderated feed": {"rate": 10.0, "withdrawn": 80.0, "cap": 500},
        "A short one": {"rate": 50.0, "withdrawn": 0.0, "cap": 50},
    }
    workers = 16
    span = 8.0
    READERS, FIRST, BURST, MOST = 4, 200, 10, 50_000  # MOST: of the list that is never trimmed
    TEXT = "Looks like rain again; the match is moved to Thursday, same place, same time."

    def setup(self, lab):
        self.client, self.keys = lab.client(), KeyNamespace(f"{lab.prefix}:feeds_{random.getrandbits(32):x}")
        self.feeds = {
            POSITION: ModuleFeed(self.client, self.keys, ttl=600),
            GROWING: ModuleFeed(self.client, self.keys, cap=None, ttl=600),
            CURSOR: Feed(self.client, self.keys, ttl=600),
        }
        self.posted, self.recent, self.gone, self.posting = 0, deque(maxlen=100), set(), threading.Lock()
        self.walks = [{name: Walk(self.feeds[name], name) for name in (POSITION, CURSOR)} for _ in range(self.READERS)]
        self.idle, self.totals = deque(self.walks), Counter()
        self.memory = {POSITION: [], GROWING: [], CURSOR: []}
        self.cut()
        for _ in range(self.FIRST):
            self.post()

    def teardown(self):
        self.client.unlink(*map(self.keys.feed, self.feeds))

    @observe("cap")
    def cut(self, _=None):
        if self.server:
            self.feeds[POSITION].cap = self.feeds[CURSOR].cap = self.cap

    def gap(self, random):
        return random.expovariate(self.rate + self.READERS / self.pause)

    def request(self):
        if random.random() * (self.rate + self.READERS / self.pause) < self.rate:
            return self.post()
        try:
            reader = self.idle.popleft()
        except IndexError:
            return "all reading"
        try:
            return self.read(reader)
        finally:
            self.idle.append(reader)

    def post(self):
        with self.posting:  # the same order in all of them
            item = {"number": self.posted, "user": f"user {self.posted % 97}", "text": self.TEXT}
            self.posted += 1
            ids = {name: feed.post(name, item) for name, feed in self.feeds.items() if self.kept(name)}
            self.recent.append((item, ids[CURSOR]))
            if random.random() < self.withdrawn / 100 / self.BURST:
                for _ in range(min(self.BURST, len(self.recent))):
                    self.withdraw(random.randrange(len(self.recent)))
        return "post"

    def kept(self, name) -> bool:
        return name != GROWING or self.posted <= self.MOST

    def withdraw(self, place) -> None:
        item, id = self.recent[place]
        del self.recent[place]
        self.gone.add(item["number"])
        self.feeds[CURSOR].remove(CURSOR, id)
        for name in (POSITION, GROWING):  # a list has to be searched
            self.client.lrem(self.keys.feed(name), 1, json.dumps(item))
        if len(self.gone) > 2 * self.MOST:
            self.gone = {number for number in self.gone if number > self.posted - self.MOST}

    def read(self, reader):
        for name, walk in reader.items():
            if not walk.done:
                before = len(walk.shown)
                self.totals[f"twice {name}"] += walk.step(self.page_size)
                self.totals[f"shown {name}"] += len(walk.shown) - before
        if all(walk.done for walk in reader.values()):
            for name, walk in reader.items():
                self.totals[f"skipped {name}"] += walk.skipped(self.gone)
                walk.begin()
        return "page"

    def sample(self, window):
        if not self.memory[POSITION] or self.posted > max(20, 1.02 * self.memory[POSITION][-1][0]):
            self.weigh()
        values = {name: list(points) for name, points in self.memory.items()}
        for name in (POSITION, CURSOR):
            grown = {
                what: window.growth(f"{what} {name}", self.totals[f"{what} {name}"])
                for what in ("shown", "twice", "skipped")
            }
            for what in ("twice", "skipped"):
                values[f"{what} {name}"] = 100 * grown[what] / grown["shown"] if grown["shown"] else None
            taken = [us for walks in self.walks for us in list(walks[name].taken)]  # others append to it
            values[f"us {name}"] = median(taken) if taken else None
        return values | {"posted": self.posted}

    def weigh(self) -> None:
        """Add a point to each curve; of more than 100, every other one goes."""
        for name, points in self.memory.items():
            if self.kept(name) and (size := self.client.memory_usage(self.keys.feed(name))):
                points.append((self.posted, size / 1e3))
                if len(points) > 100:
                    del points[1::2]

    def sentence(self, values):
        if values["twice by position"] is None or values["twice by cursor"] is None:
            return "Waiting for the first pages."
        said = " ".join(
            f"{name.capitalize()}, {values[f'twice {name}']:.0f} % of the items are shown twice, and "
            f"{values[f'skipped {name}']:.1f} % never."
            for name in (POSITION, CURSOR)
        )
        if values[CURSOR] and values[GROWING]:
            trimmed, growing, stream = (values[name][-1][1] for name in (POSITION, GROWING, CURSOR))
            said += (
                f" After {values['posted']:,} items the trimmed list takes {trimmed:,.0f} KB, the untrimmed one {growing:,.0f} KB, "
                f"and the capped stream {stream:,.0f} KB."
            )
        return said

    def verdict(self, values):
        if values["twice by position"] is None or values["twice by cursor"] is None:
            return None
        position, cursor = (
            f"{values[f'twice {name}']:.0f} % shown twice, {values[f'skipped {name}']:.1f} % never shown"
            for name in (POSITION, CURSOR)
        )
        if values["twice by position"] + values["skipped by position"] >= 0.5:
            return f"False by position while items come and go: {position}. By cursor: {cursor}"
        return "True of a feed in which little happens. Add items, or withdraw some, and look again"
