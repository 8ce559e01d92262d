"""The same items at the same time in three feeds."""

import json
import random
import threading
from collections import deque

from redislab.lessons.data_modeling.as_in_the_module import ModuleFeed
from redislab.modeling import Feed

POSITION, CURSOR, GROWING = (
    "position",
    "cursor",
    "growing",
)  # a trimmed list, a capped stream, a list that is not trimmed
BURST, RECENT, POINTS = 10, 100, 100  # items withdrawn together, and from the newest so many; points of a curve
MOST = 50_000  # items of the list that is not trimmed
TEXT = "Looks like rain again; the match is moved to Thursday, same place, same time."


class Feeds:
    """A trimmed list, a list that is not trimmed, up to 50,000 items, and a capped stream.

    Attributes:
        posted: items so far, which are numbered from 0.
        withdrawn: numbers of the items that were taken out again.
        memory: by feed, (items posted, KB).
    """

    def __init__(self, client, keys):
        self._client, self._keys = client, keys
        self.by_name = {
            POSITION: ModuleFeed(client, keys, ttl=600),
            GROWING: ModuleFeed(client, keys, cap=None, ttl=600),
            CURSOR: Feed(client, keys, ttl=600),
        }
        self.posted, self.withdrawn = 0, set()
        self._recent, self._posting = deque(maxlen=RECENT), threading.Lock()
        self.memory = {name: [] for name in self.by_name}

    def limit(self, cap: int) -> None:
        self.by_name[POSITION].cap = self.by_name[CURSOR].cap = cap

    def post(self) -> None:
        with self._posting:  # the same order in all of them
            item = {"number": self.posted, "user": f"user {self.posted % 97}", "text": TEXT}
            self.posted += 1
            ids = {name: feed.post(name, item) for name, feed in self.by_name.items() if self._kept(name)}
            self._recent.append((item, ids[CURSOR]))

    def withdraw(self) -> None:
        """Take out ten of the newest hundred."""
        with self._posting:
            for _ in range(min(BURST, len(self._recent))):
                place = random.randrange(len(self._recent))
                item, id = self._recent[place]
                del self._recent[place]
                self.withdrawn.add(item["number"])
                self.by_name[CURSOR].remove(CURSOR, id)
                for name in (POSITION, GROWING):  # a list has to be searched
                    self._client.lrem(self._keys.feed(name), 1, json.dumps(item))

    def weigh(self) -> None:
        """Add a point to each curve, if some were posted since the last; of more than 100, every other one goes."""
        last = self.memory[POSITION][-1][0] if self.memory[POSITION] else 0
        if self.posted <= 1.02 * last:
            return
        for name, points in self.memory.items():
            if self._kept(name):
                points.append((self.posted, (self._client.memory_usage(self._keys.feed(name)) or 0) / 1e3))
                if len(points) > POINTS:
                    del points[1::2]

    def _kept(self, name: str) -> bool:
        return name != GROWING or self.posted <= MOST
