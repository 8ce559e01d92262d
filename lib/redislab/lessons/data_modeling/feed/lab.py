"""Section 2.2: a feed that is read while it grows."""

import random
from collections import deque

from redislab.bench import Experiment, Timings, number, on, time_chart, xy_chart
from redislab.lessons.data_modeling.feed.feeds import BURST, CURSOR, POSITION, Feeds
from redislab.lessons.data_modeling.feed.reader import Reader

READERS, FIRST = 4, 200  # FIRST: items there at the beginning


class FeedLab(Experiment):
    """One feed twice, as a list and as a stream: the same items at the same time; readers page through both, in step.

    A third list is never trimmed, up to 50,000 items. Withdrawn is what was among the newest hundred, ten at a time.
    """

    title = "Feed"
    claim = "Get recent activities (pagination)"

    rate = number(50.0, 1, 200, label="Items", unit="/s", log=True)
    page_size = number(20, 5, 100, label="Page size", unit="items", integer=True, step=5)
    pause = number(
        0.2, 0.05, 2, label="Time for a page", unit="s", log=True, help="that a reader takes before asking for the next"
    )
    cap = number(500, 20, 2000, label="Cap", unit="items", log=True, integer=True)
    withdrawn = number(
        0.0, 0, 100, label="Items withdrawn", unit="%", step=5, help="ten at a time, as a moderator does"
    )

    charts = (
        time_chart("Items shown twice", "%", twice_position="by position", twice_cursor="by cursor"),
        time_chart("Items never shown", "%", skipped_position="by position", skipped_cursor="by cursor"),
        xy_chart(
            "Memory of the feed", "KB", x="posted", x_unit="items",
            position="list, trimmed", growing="list, never trimmed", cursor="stream, capped",
        ),
        time_chart("Time of a page", "ms", ms_position="by position", ms_cursor="by cursor"),
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
        self.feeds, self.timings = Feeds(lab.client(), lab.keys), Timings(last=400)
        self.idle = deque(
            {name: Reader(self.feeds.by_name[name], name) for name in (POSITION, CURSOR)} for _ in range(READERS)
        )

    @on("cap")
    def trim(self):
        self.feeds.limit(self.cap)
        while self.feeds.posted < FIRST:  # what is there at the beginning, trimmed as well
            self.feeds.post()

    def mix(self):
        return {self.post: self.rate, self.page: READERS / self.pause}

    def page(self):
        try:
            readers = self.idle.popleft()
        except IndexError:
            return "all reading"
        try:
            return self.read(readers)
        finally:
            self.idle.append(readers)

    def post(self):
        self.feeds.post()
        if random.random() < self.withdrawn / 100 / BURST:
            self.feeds.withdraw()
        return "post"

    def read(self, readers):
        tags = ["page"]
        for name, reader in readers.items():
            if not reader.done:
                with self.timings.of(name):
                    shown, twice = reader.turn(self.page_size)
                tags += [f"shown_{name}"] * shown + [f"twice_{name}"] * twice
        if all(reader.done for reader in readers.values()):
            for name, reader in readers.items():
                tags += [f"skipped_{name}"] * reader.skipped(self.feeds.withdrawn)
                reader.begin()
        return tuple(tags)

    def sample(self, window):
        self.feeds.weigh()
        values = {"posted": self.feeds.posted}
        for name, points in self.feeds.memory.items():
            values |= {name: list(points), f"kb_{name}": points[-1][1]}
        for name in (POSITION, CURSOR):
            values[f"ms_{name}"] = self.timings.median(name)
            for what in ("twice", "skipped"):
                values[f"{what}_{name}"] = window.share(f"{what}_{name}", of=f"shown_{name}")
        return values

    sentence = (
        "By position, {twice_position:.0f} % of the items are shown twice, and {skipped_position:.1f} % never. "
        "By cursor, {twice_cursor:.0f} % of the items are shown twice, and {skipped_cursor:.1f} % never.",
        "After {posted:,} items the trimmed list takes {kb_position:,.0f} KB, the untrimmed one {kb_growing:,.0f} KB, "
        "and the capped stream {kb_cursor:,.0f} KB.",
    )

    def verdict(self, values):
        if values["twice_position"] + values["skipped_position"] < 0.5:
            return "True of a feed in which little happens. Add items, or withdraw some, and look again"
        return (
            "False by position while items come and go: {twice_position:.0f} % shown twice, {skipped_position:.1f} % never "
            "shown. By cursor: {twice_cursor:.0f} % shown twice, {skipped_cursor:.1f} % never shown",
        )
