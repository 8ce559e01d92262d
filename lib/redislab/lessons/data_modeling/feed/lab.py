"""Section 2.2: a feed that is read while it grows."""

import json
import random
import threading
from collections import deque
from statistics import median

from redislab.bench import Experiment, number, on, time_chart, xy_chart
from redislab.lessons.data_modeling.feed.reader import Reader
from redislab.modeling import Feed, ModuleFeed

POSITION, CURSOR, GROWING = (
    "position",
    "cursor",
    "growing",
)  # a trimmed list, a capped stream, a list that is not trimmed
BY = {POSITION: "by position", CURSOR: "by cursor"}
READERS, FIRST, BURST, POINTS = 4, 200, 10, 100  # FIRST: items there at the beginning; BURST: withdrawn together
MOST = 50_000  # items of the list that is not trimmed
TEXT = "Looks like rain again; the match is moved to Thursday, same place, same time."


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
        xy_chart(
            "Memory of the feed", "KB", x="posted", x_unit="items",
            position="list, trimmed", growing="list, never trimmed", cursor="stream, capped",
        ),
        time_chart("Items shown twice", "%", twice_position="by position", twice_cursor="by cursor"),
        time_chart("Items never shown", "%", skipped_position="by position", skipped_cursor="by cursor"),
        time_chart("Time of a page", "µs", us_position="by position", us_cursor="by cursor"),
    )  # fmt: skip
    presets = {
        "A quiet feed": {"rate": 2.0},
        "A busy feed": {"rate": 100.0},
        "A moderated feed": {"rate": 10.0, "withdrawn": 80.0},
        "A short one": {"cap": 50},
    }
    waiting = "Waiting for the first pages."
    workers = 16
    span = 8.0

    def setup(self, lab):
        self.client, self.keys = lab.client(), lab.keys
        self.feeds = {
            POSITION: ModuleFeed(self.client, self.keys, ttl=600),
            GROWING: ModuleFeed(self.client, self.keys, cap=None, ttl=600),
            CURSOR: Feed(self.client, self.keys, ttl=600),
        }
        self.posted, self.recent, self.gone, self.posting = 0, deque(maxlen=100), set(), threading.Lock()
        self.idle = deque({name: Reader(self.feeds[name], name) for name in BY} for _ in range(READERS))
        self.times = [(name, reader.times) for readers in self.idle for name, reader in readers.items()]
        self.memory = {POSITION: [], GROWING: [], CURSOR: []}

    @on("cap")
    def trim(self):
        self.feeds[POSITION].cap = self.feeds[CURSOR].cap = self.cap
        while self.posted < FIRST:  # what is there at the beginning, trimmed as well
            self.post()

    def gap(self, random):
        return random.expovariate(self.rate + READERS / self.pause)

    def request(self):
        if random.random() * (self.rate + READERS / self.pause) < self.rate:
            return self.post()
        try:
            readers = self.idle.popleft()
        except IndexError:
            return "all reading"
        try:
            return self.read(readers)
        finally:
            self.idle.append(readers)

    def post(self):
        with self.posting:  # the same order in all of them
            item = {"number": self.posted, "user": f"user {self.posted % 97}", "text": TEXT}
            self.posted += 1
            ids = {name: feed.post(name, item) for name, feed in self.feeds.items() if self.kept(name)}
            self.recent.append((item, ids[CURSOR]))
            if random.random() < self.withdrawn / 100 / BURST:
                for _ in range(min(BURST, len(self.recent))):
                    self.withdraw(random.randrange(len(self.recent)))
        return "post"

    def kept(self, name) -> bool:
        return name != GROWING or self.posted <= MOST

    def withdraw(self, place) -> None:
        item, id = self.recent[place]
        del self.recent[place]
        self.gone.add(item["number"])
        self.feeds[CURSOR].remove(CURSOR, id)
        for name in (POSITION, GROWING):  # a list has to be searched
            self.client.lrem(self.keys.feed(name), 1, json.dumps(item))
        if len(self.gone) > 2 * MOST:
            self.gone = {number for number in self.gone if number > self.posted - MOST}

    def read(self, readers):
        tags = ["page"]
        for name, reader in readers.items():
            if not reader.done:
                shown, twice = reader.turn(self.page_size)
                tags += [f"shown_{name}"] * shown + [f"twice_{name}"] * twice
        if all(reader.done for reader in readers.values()):
            for name, reader in readers.items():
                tags += [f"skipped_{name}"] * reader.skipped(self.gone)
                reader.begin()
        return tuple(tags)

    def sample(self, window):
        if not self.memory[POSITION] or self.posted > max(20, 1.02 * self.memory[POSITION][-1][0]):
            self.weigh()
        values = {name: list(points) for name, points in self.memory.items()} | {"posted": self.posted}
        for name in BY:
            times = [us for by, times in self.times if by == name for us in list(times)]  # others append to it
            values[f"us_{name}"] = median(times) if times else None
            for what in ("twice", "skipped"):
                values[f"{what}_{name}"] = window.share(f"{what}_{name}", of=f"shown_{name}")
        return values

    def weigh(self) -> None:
        """Add a point to each curve; of more than 100, every other one goes."""
        for name, points in self.memory.items():
            if self.kept(name) and (size := self.client.memory_usage(self.keys.feed(name))):
                points.append((self.posted, size / 1e3))
                if len(points) > POINTS:
                    del points[1::2]

    def sentence(self, values):
        said = " ".join(
            f"{by.capitalize()}, {values[f'twice_{name}']:.0f} % of the items are shown twice, and "
            f"{values[f'skipped_{name}']:.1f} % never."
            for name, by in BY.items()
        )
        if values[CURSOR] and values[GROWING]:
            trimmed, growing, stream = (values[name][-1][1] for name in (POSITION, GROWING, CURSOR))
            said += (
                f" After {values['posted']:,} items the trimmed list takes {trimmed:,.0f} KB, the untrimmed one {growing:,.0f} KB, "
                f"and the capped stream {stream:,.0f} KB."
            )
        return said

    def verdict(self, values):
        position, cursor = (
            f"{values[f'twice_{name}']:.0f} % shown twice, {values[f'skipped_{name}']:.1f} % never shown" for name in BY
        )
        if values["twice_position"] + values["skipped_position"] >= 0.5:
            return f"False by position while items come and go: {position}. By cursor: {cursor}"
        return "True of a feed in which little happens. Add items, or withdraw some, and look again"
