"""Boards to play on: with all players on it from the beginning, or one for each season."""

import itertools
import random
import time

ME, MIDDLE, SPREAD = "me", 1500, 300
CHUNK = 5000  # players in one ZADD: a larger command makes other clients wait


class Boards:
    """Deals boards; the one before expires. `name` is the present one's."""

    def __init__(self, client, keys):
        self._client, self._keys, self._numbers = client, keys, itertools.count(1)
        self.name = None

    def deal(self, players: int, step: int) -> None:
        """A board with so many players, me among them, whose scores come in steps."""
        self._open(f"all time {next(self._numbers)}", 0.0)
        key = self._keys.leaderboard(self.name)
        for first in range(1, players, CHUNK):
            some = range(first, min(first + CHUNK, players))
            self._client.zadd(key, {f"player {number}": rating(step) for number in some})
        self._client.zadd(key, {ME: MIDDLE})

    def season(self, seconds: float) -> bool:
        """Go over to this season's board, which begins empty; whether it is another one than before."""
        name = f"season {int(time.time() / seconds)} of {seconds:g} s"
        other = name != self.name
        if other:
            self._open(name, seconds)
        return other

    def _open(self, name: str, season: float) -> None:
        if self.name is not None:
            self._client.expire(self._keys.leaderboard(self.name), 1 + int(season))
        self.name = name


def rating(step: int) -> int:
    return step * round(random.gauss(MIDDLE, SPREAD) / step)
