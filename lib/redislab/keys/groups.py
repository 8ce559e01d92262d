"""Expiration groups: how long what kind of thing is kept, decided once, as data."""

import math
import random
from dataclasses import dataclass

from redislab.keys.numbers import milliseconds, within


@dataclass(frozen=True)
class Group:
    """Things that are kept equally long.

    ttl: seconds; None has no end.
    reason: what decides it.
    """

    name: str
    ttl: float | None
    reason: str
    examples: tuple[str, ...] = ()


MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
GROUPS = (
    Group("short", 5 * MINUTE, "worthless once it has been used", ("codes to type in", "carts of guests")),
    Group("medium", HOUR, "can be had again from the database", ("cached rows", "answers of an API", "sessions")),
    Group("long", 7 * DAY, "worth keeping while its owner comes back", ("preferences", "daily figures")),
    Group("permanent", None, "Redis is its only home", ("what is counted, paid or promised",)),
)


class TtlGroups:
    """Hands out TTLs by group, varied a little, so that what was stored together does not expire together.

        groups = TtlGroups()
        client.set(key, value, **groups.life("short"))

    What has a TTL levels out by itself at `rate × TTL` keys. What has none grows for as long as it is written.

    Args:
        jitter: the fraction by which a TTL varies, evenly to both sides, so that the mean stays.

    Raises:
        ValueError: a TTL that Redis could not keep, or a jitter that is not a fraction.
    """

    def __init__(self, groups=GROUPS, *, jitter: float = 0.1, random=random.random):
        self.groups, self._random = {group.name: group for group in groups}, random
        self.jitter = within("jitter", jitter, "a fraction", 0, 0.99)
        for group in groups:
            if group.ttl is not None:
                milliseconds(f"The ttl of {group.name!r}", group.ttl)

    def ttl(self, group: str) -> float | None:
        """Seconds for one more key of the group; None: no end.

        Raises:
            ValueError: there is no such group; says which there are.
        """
        if group not in self.groups:
            raise ValueError(f"There is no group {group!r}. Choose one of {', '.join(self.groups)}.")
        ttl = self.groups[group].ttl
        return ttl if ttl is None else ttl * (1 + self.jitter * (2 * self._random() - 1))

    def life(self, group: str) -> dict:
        """The same as an option of `client.set`: {"px": milliseconds}, or nothing."""
        ttl = self.ttl(group)
        return {} if ttl is None else {"px": max(1, round(1000 * ttl))}

    def living(self, group: str, rate: float, seconds: float = math.inf) -> float:
        """How many keys are alive after so many seconds of `rate` new ones each."""
        ttl = self.groups[group].ttl
        return rate * (seconds if ttl is None else lived(seconds, ttl, self.jitter))


def survival(age: float, ttl: float | None, jitter: float = 0.0) -> float:
    """The share of keys that are alive at an age in seconds, when TTLs lie evenly in `ttl` ± `jitter`."""
    if ttl is None:
        return 1.0
    first, last = ttl * (1 - jitter), ttl * (1 + jitter)
    if age < first:
        return 1.0
    return (last - age) / (last - first) if age < last else 0.0


def lived(seconds: float, ttl: float, jitter: float = 0.0) -> float:
    """The integral of `survival` from 0: the mean of how long a key is alive within its first `seconds`."""
    first, last = ttl * (1 - jitter), ttl * (1 + jitter)
    if seconds <= first:
        return seconds
    if seconds >= last:
        return ttl
    return first + ((last - first) ** 2 - (last - seconds) ** 2) / (2 * (last - first))
