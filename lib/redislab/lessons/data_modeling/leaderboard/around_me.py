"""A page of the board around a player: rank and neighbours in one round trip, at the edges too."""

from redislab.study.checks import Exercise, Scene, count, requirement

BOARD, PLAYERS = "global", 500
AROUND = 2


class AroundMe(Exercise):
    """A script finds the rank and the page; its first place is not below 0."""

    name = "around-me"

    @requirement("In the middle: the player, and two on either side, with their places from 1", hint=1)
    def middle(self, scene: Scene):
        return self.page(scene, "player:250")

    @requirement("Among equal scores as well: places as the board has them", hint=1)
    def ties(self, scene: Scene):
        return self.page(scene, "player:100")

    @requirement("For the first and the second player too", hint=2)
    def top(self, scene: Scene):
        first, seen = self.page(scene, "player:499")
        return self.page(scene, "player:498") if first else (first, seen)

    @requirement("For the last one, and for nobody: a stranger's page is empty", hint=2)
    def bottom(self, scene: Scene):
        last, seen = self.page(scene, "player:0")
        return self.page(scene, "stranger") if last else (last, seen)

    @requirement("It reads a page, not the board", hint=1)
    def sparing(self, scene: Scene):
        self.have(scene)
        values = scene.cost("player:250", AROUND).values
        return values <= 50, f"{count(values, 'value')} came back for 5 rows"

    @requirement("Rank and page are one round trip", hint=3)
    def one_trip(self, scene: Scene):
        self.have(scene)
        trips = scene.cost("player:250", AROUND).trips
        return trips == 1, f"{count(trips, 'round trip')}; wanted 1"

    def have(self, scene: Scene) -> list[tuple]:
        """The board as (place, player, score), where players 90 to 109 have the same score."""
        key = scene.keys.leaderboard(BOARD)
        scene.note(key)
        equal = range(90, 110)
        scene.server.zadd(key, {f"player:{number}": 100 if number in equal else number for number in range(PLAYERS)})
        rows = scene.server.zrange(key, 0, -1, desc=True, withscores=True)
        return [(place, player, float(score)) for place, (player, score) in enumerate(rows, 1)]

    def page(self, scene: Scene, player: str) -> tuple[bool, str]:
        """Whether the page around `player` is the right one, and what it was."""
        board = self.have(scene)
        place = next((place for place, name, _ in board if name == player), None)
        wanted = board[max(0, place - 1 - AROUND) : place + AROUND] if place else []
        got = scene.call(player, AROUND)
        rows = [(int(place), name, float(score)) for place, name, score in got]
        shown = ", ".join(f"{place}. {name}" for place, name, _ in rows) or "nobody"
        meant = f"; wanted {wanted[0][0]} to {wanted[-1][0]}" if wanted and rows != wanted else ""
        return rows == wanted, f"around {player}: {shown:.120}{meant}"
