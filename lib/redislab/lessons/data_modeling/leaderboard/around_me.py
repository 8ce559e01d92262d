"""A page of the board around a player: rank and neighbours in one round trip, at both ends of the board too."""

from redislab.study.checks import CheckContext, Exercise, count, requirement

BOARD, PLAYERS = "global", 500
EQUAL = range(90, 110)
AROUND = 2


class BoardContext(CheckContext):
    """A board on which players 90 to 109 have the same score.

    Attributes:
        board: it, as (place, player, score).
    """

    def prepare(self) -> None:
        key = self.keys.leaderboard(BOARD)
        self.redis.zadd(key, {f"player:{number}": 100 if number in EQUAL else number for number in range(PLAYERS)})
        rows = self.redis.zrange(key, 0, -1, desc=True, withscores=True)
        self.board = [(place, player, float(score)) for place, (player, score) in enumerate(rows, 1)]

    def pages(self, *players: str) -> tuple[bool, str]:
        """Whether the page around each player is the right one; and what the first wrong one is, or the last one."""
        for player in players:
            place = next((place for place, name, _ in self.board if name == player), None)
            wanted = self.board[max(0, place - 1 - AROUND) : place + AROUND] if place else []
            rows = [(int(place), name, float(score)) for place, name, score in self.call(player, AROUND)]
            shown = ", ".join(f"{place}. {name}" for place, name, _ in rows) or "no player"
            meant = f"; wanted {wanted[0][0]} to {wanted[-1][0]}" if wanted and rows != wanted else ""
            if rows != wanted:
                break
        return rows == wanted, f"around {player}: {shown:.120}{meant}"


class AroundMe(Exercise):
    """A script finds the rank and the page, whose first place is not below 0."""

    name, context = "around-me", BoardContext

    @requirement("In the middle: the player, and two on either side, with their places from 1", hint=1)
    def middle(self, context):
        return context.pages("player:250")

    @requirement("Among equal scores as well: places as the board has them", hint=2)
    def ties(self, context):
        return context.pages("player:100")

    @requirement("For the first and the second player too", hint=3)
    def top(self, context):
        return context.pages("player:499", "player:498")

    @requirement("For the last one too; and for a stranger the page is empty", hint=4)
    def bottom(self, context):
        return context.pages("player:0", "stranger")

    @requirement("It reads a page, not the board", hint=5)
    def sparing(self, context):
        values = context.cost("player:250", AROUND).values
        return values <= 50, f"{count(values, 'value')} came back for 5 rows"

    @requirement("Rank and page are one round trip", hint=6)
    def one_trip(self, context):
        trips = context.cost("player:250", AROUND).trips
        return trips == 1, f"{count(trips, 'round trip')}; wanted 1"
