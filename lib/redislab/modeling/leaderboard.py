"""A leaderboard: players by score, the best first."""

from typing import NamedTuple

from redislab.keys.numbers import whole, within
from redislab.keys.replies import pairs, suited, text
from redislab.lua import script

IN_TURN, SHARED = "in turn", "shared"
WIDEST = 1000  # places on either side of a page; a script blocks every other client


class Place(NamedTuple):
    """One line of a leaderboard; rank 1 is the best."""

    rank: int
    player: str
    score: float


class Leaderboard:
    """Scores in a sorted set: every question is one command or one script, one round trip, and O(log players).

        board = Leaderboard(client, keys, "season 7")
        board.add("ann", 100)
        board.rank("ann"), board.top(10), board.around("ann", 5)

    Redis orders by score and, where scores are the same, by the bytes of the names; from the best on that is the later
    name first. With ties "in turn" each has a rank of its own in that order: 1, 2, 3, 4. With "shared" the same score is
    the same rank, and the next rank is left out: 1, 2, 2, 4; it is 1 and the number of those who have more.

    A score is a float: whole numbers are exact up to 2⁵³, and larger ones are refused; a sum that grows past it is
    rounded. A server with an allkeys-… policy
    may evict a board. A board never forgets a player by itself; for a week's board
    take a name for each week, and let its key expire. About 100 bytes a player, once there are more than 128.

    Args:
        name: which board, "all time" or "2030-W07".
        ties: "in turn" or "shared".
    """

    def __init__(self, client, keys, name: str, *, ties: str = IN_TURN):
        if ties not in (IN_TURN, SHARED):
            raise ValueError(f"ties = {ties!r} does not work: choose {IN_TURN!r} or {SHARED!r}.")
        self.client, self.key, self.ties = suited(client, pipeline=True), keys.leaderboard(name), ties
        self._around = client.register_script(script("around"))

    def set(self, player: str, score: float) -> None:
        """Give a score, whatever it was before. Of two at once the later one stays: to count, use `add`."""
        self.client.zadd(self.key, {player: within("score", score, "a score")})

    def add(self, player: str, by: float = 1) -> float:
        """Add to a score, atomically, and return the sum; a new player begins at 0."""
        return self.client.zincrby(self.key, within("by", by, "points"), player)

    def remove(self, player: str) -> None:
        self.client.zrem(self.key, player)

    def score(self, player: str) -> float | None:
        """O(1): a sorted set keeps a hash table beside its order."""
        return self.client.zscore(self.key, player)

    def rank(self, player: str) -> int | None:
        """1 for the best; None for a player who is not on it."""
        if self.ties == SHARED:
            page = self.around(player, 0)
            return page[0].rank if page else None
        place = self.client.zrevrank(self.key, player)
        return None if place is None else place + 1

    def top(self, n: int = 10) -> list[Place]:
        """The best n, O(log players + n)."""
        n = whole("n", n, least=0)
        found = self.client.zrange(self.key, 0, n - 1, desc=True, withscores=True) if n > 0 else []
        return self._places(pairs(found))

    def around(self, player: str, n: int = 5) -> list[Place]:
        """The player, with up to n places on either side, fewer at an end; empty if they are not on it.

        One script and one round trip. Asked in two, for the rank and then for its neighbours, the answer may be a page
        on which the player no longer stands.
        """
        page = self._around([self.key], [player, whole("n", n, 0, WIDEST)])
        if not page:
            return []
        first, higher, *rest = page
        return self._places(pairs(rest), first, higher)

    def count(self, above: float) -> int:
        """How many have a higher score than that. O(log players), however many they are: no member is read."""
        return self.client.zcount(self.key, f"({within('above', above, 'a score')}", "+inf")

    def above(self, score: float, n: int = 100) -> list[Place]:
        """Who has a higher score than that, the best first, n at most."""
        low, n = f"({within('score', score, 'a score')}", whole("n", n)
        found = self.client.zrange(self.key, "+inf", low, desc=True, byscore=True, offset=0, num=n, withscores=True)
        return self._places(pairs(found))

    def __len__(self) -> int:
        return self.client.zcard(self.key)

    def _places(self, found, first: int = 0, higher: int = 0) -> list[Place]:
        """Ranks for a part of the board that begins at place `first` from 0, below `higher` better scores."""
        places, before = [], None
        for place, (player, score) in enumerate(found, first):
            score = float(score)
            if before is not None and score != before:
                higher = place
            places.append(Place(1 + (higher if self.ties == SHARED else place), text(player), score))
            before = score
        return places
