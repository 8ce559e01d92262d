"""Keys and bytes by prefix and TTL: what a map of a keyspace is drawn from."""

import math
import threading
from collections import Counter

from redislab.keys.naming import ID, split

HOUR = 3600
TILES = 60  # of a map; smaller ones are added up


class Tally:
    """Keys and bytes by (prefix, lifetime), of as many keys as were looked at."""

    def __init__(self):
        self.keys, self.bytes, self.seen, self._lock = Counter(), Counter(), 0, threading.Lock()

    def add(self, facts) -> None:
        """Add what a walk (redislab.antipatterns.walk) found out about some keys."""
        with self._lock:
            for fact in facts:
                place = prefix(fact.key), lifetime(fact.ttl)
                self.keys[place] += 1
                self.bytes[place] += fact.size or 0
            self.seen += len(facts)

    def tiles(self, depth: int, whole: int, *, in_bytes=False, by_lifetime=False) -> list[tuple[str, int]]:
        """(path, number) for each tile and each tile around it, scaled up to a keyspace of `whole` keys."""
        with self._lock:
            scale, leaves = whole / max(self.seen, 1), Counter()
            for (words, lives), amount in (self.bytes if in_bytes else self.keys).items():
                leaves[words[:depth] + ((lives,) if by_lifetime else ())] += amount
        totals = Counter()
        for rank, (path, amount) in enumerate(leaves.most_common()):
            path = path if rank < TILES else (*path[:1], "…")
            for end in range(1, len(path) + 1):
                totals[":".join(path[:end])] += round(amount * scale)  # rounded first: a tile holds its parts exactly
        return [tile for tile in totals.items() if tile[1]]

    def share(self, wanted) -> float:
        """The percentage of the keys for which `wanted(prefix, lifetime)`."""
        with self._lock:
            return 100 * sum(n for place, n in self.keys.items() if wanted(*place)) / max(self.seen, 1)


def prefix(key: bytes) -> tuple[str, ...]:
    """The words of a name: ids and dates left out, six at most."""
    parts = split(key.decode(errors="replace"))
    return tuple(part for part in parts if not ID.fullmatch(part))[:6] or ("(no word)",)


def lifetime(ttl_ms: int) -> str:
    if ttl_ms < 0:
        return "no TTL"
    hours = ttl_ms / 1000 / HOUR
    return "under an hour" if hours < 1 else "under a day" if hours < 24 else "a day or more"


def margin(seen: int, whole: int) -> float:
    """By how many points a share may be off, 19 times in 20, at the worst: that is at 50 %."""
    return 98 * math.sqrt(max(0.0, 1 - seen / whole) / seen) if seen and whole else 100.0
