"""Section 2.2: a leaderboard that is played on."""

import random
import time
from types import SimpleNamespace

from redislab.bench import Networked, action, choice, dotted, number, on, ranking, time_chart, xy_chart
from redislab.bench.yours import YOURS, Yours, places
from redislab.lessons.data_modeling.leaderboard.boards import ME, Boards
from redislab.lessons.data_modeling.leaderboard.costs import Costs, grown
from redislab.modeling import Leaderboard, Place
from redislab.modeling.leaderboard import IN_TURN, SHARED

SCRIPT, TWO = "one script", "two commands"
STEPS = {SCRIPT: (("evalsha",),), TWO: (("zrevrank",), ("zrange", "zrevrange")), YOURS: ()}
PAGES, MINE = 0.25, 0.02  # of the requests ask for a page; of the games are mine


class LeaderboardLab(Networked):
    """Games are won and lost, by up to 20 points or a step; every fourth request asks for the page around "me", who plays most.

    Scores begin around 1500, as ratings do. A season is a board of its own name: it begins empty, a win gives points
    and a defeat none, and the board of the season before expires.
    """

    title = "Leaderboard"
    claim = "Add an item: Sorted Set O(log N)"

    players = number(1000, 100, 100_000, label="Players", log=True, integer=True)
    paging = choice(SCRIPT, [SCRIPT, TWO], label="Page by", help="two commands: the rank first, then those around it",
                    yours=Yours("client, keys, player, n", around="player, n", returns=places))  # fmt: skip
    ties = choice(IN_TURN, [IN_TURN, SHARED], label="Ties", help="in turn: 1, 2, 3, 4; shared: 1, 2, 2, 4")
    rate = number(200.0, 10, 1000, label="Requests", unit="/s", log=True, help="three quarters of them change a score")
    step = number(1, 1, 100, label="Scores in steps of", unit="points", integer=True, log=True, help="large: many ties")
    threshold = number(1800, 0, 2500, label="Threshold", unit="points", integer=True, step=10)
    side = number(5, 0, 100, label="Page, either side", unit="places", integer=True)
    season = number(0.0, 0, 30, label="Season", unit="s", step=1, help="0: it never ends")

    charts = (
        xy_chart(
            "What it costs, by players: drag them", "µs", log=True, x="on the board", x_unit="players, log", log_x=True,
            update_client="a new score, client", page_client="a page, client",
            update_server="a new score, server", page_server="a page, server", wide=True,
        ),
        ranking("The top ten, and me", "points", wide=True, top="points"),
        time_chart("My rank", "rank, 1 is best", rank="rank", place=dotted("if ties were in turn")),
        time_chart("Players above the threshold", "players", log=True, above="above it", all=dotted("on the board")),
    )  # fmt: skip
    presets = {
        "A club": {"players": 100},
        "A town": {"players": 100_000},
        "Ties everywhere": {"step": 100, "ties": SHARED},
        "A rank, then a page": {"side": 0, "rtt": 2.0, "rate": 400.0, "paging": TWO},
        "Short seasons": {"season": 10.0, "threshold": 20},
    }
    waiting = "Waiting for the first scores."
    workers = 8
    span = 3.0

    def setup(self, lab):
        self.keys, self.inspector = lab.keys, lab.client()
        self.boards = Boards(self.inspector, lab.keys)
        self.connect(lab.server)

    @on("client", "paging", "side")
    def forget_costs(self):
        self.costs = Costs(self.inspector, STEPS[self.paging])

    @on("paging")
    def deal_again(self) -> set[str]:
        """A learner's code may have done anything to the board."""
        return {"players"} if self.mine else set()

    @on("players", "step", "season")
    def deal(self) -> set[str]:
        """Another board, with all players on it; a season's begins empty."""
        if self.season:
            self.boards.season(self.season)
        else:
            self.boards.deal(self.players, self.step)
        return {"board"}

    @on("client", "board", "ties")
    def take(self):
        """The board twice: for the requests, and past the added round trip for what is drawn."""
        self.board = Leaderboard(self.client, self.keys, self.boards.name, ties=self.ties)
        self.seen = Leaderboard(self.inspector, self.keys, self.boards.name, ties=self.ties)
        if self.mine:
            key = self.board.key  # whichever is played on
            keys = SimpleNamespace(leaderboard=lambda name: key, prefix=self.keys.prefix)
            self.around = self.mine(self.client, keys).around
        self.costs.begin()

    def request(self):
        board, costs, kind = self.board, self.costs, "page" if random.random() < PAGES else "update"
        began = time.perf_counter()
        missed = self.look(board) if kind == "page" else self.play(board)
        costs.spend(kind, time.perf_counter() - began)
        return (kind, "missed") if missed else kind

    def play(self, board) -> None:
        points = self.step * max(1, round(random.randint(1, 20) / self.step))
        if not self.season and random.random() < 0.5:
            points = -points
        board.add(ME if random.random() < MINE else f"player {random.randrange(1, self.players)}", points)

    def look(self, board) -> bool:
        """Ask for the page around me; whether I am not on it, although I am on the board."""
        if self.paging == SCRIPT:
            page = [place.player for place in board.around(ME, self.side)]
        elif self.paging == YOURS:
            page = [player for _, player, _ in self.around(ME, self.side)]
        else:
            place = board.client.zrevrank(board.key, ME)
            first = None if place is None else max(0, place - self.side)
            page = first is not None and board.client.zrange(board.key, first, place + self.side, desc=True)
        return bool(page) and ME not in page

    @action("Win ten games")
    def win(self):
        self.seen.add(ME, 10 * max(20, self.step))

    @action("Draw level with the one before me")
    def draw_level(self):
        if page := self.seen.around(ME, 1):
            self.seen.set(ME, page[0].score)

    def sample(self, window):
        if self.season and self.boards.season(self.season):
            self.take()
        top, (mine, place), everyone = self.seen.top(10), self.my_line(), len(self.seen)
        if mine and ME not in [each.player for each in top]:
            top.append(mine)
        if not self.season:
            self.costs.note(window, everyone)
        curves = self.costs.curves()
        return {
            "top": [(f"{each.rank:,}  {each.player}", each.score) for each in top],
            "rank": mine and mine.rank,
            "place": place,
            "score": mine and mine.score,
            "above": self.seen.count(self.threshold),
            "all": everyone,
            "missed": window.share("missed", "page"),
            "grows": grown(curves["update_client"]),
            **curves,
        }

    def my_line(self) -> tuple[Place | None, int | None]:
        """My line of the board, and my rank if ties were in turn. (Not by a script: those are what is measured.)"""
        board = self.seen
        score, place = board.client.pipeline(transaction=True).zscore(board.key, ME).zrevrank(board.key, ME).execute()
        if score is None:
            return None, None
        return Place(1 + (board.count(score) if self.ties == SHARED else place), ME, score), place + 1

    def sentence(self, values):
        if self.season and not values.get("rank"):
            return "I have not won yet this season."
        shared, missed = values["place"] - values["rank"], values.get("missed")
        tied = f", shared with {shared:,} who would come before me if ties were in turn" if shared else ""
        pages = f"was missing from {missed:.1f} % of the pages" if missed else "was on every page"
        return (
            f"With {values['score']:,.0f} points my rank is {values['rank']:,} of {values['all']:,}{tied}; "
            f"{values['above']:,} have more than {self.threshold:,}. In the last seconds I {pages} around me."
        )

    def verdict(self, values):
        """What it cost with the numbers of players so far."""
        server, client = dict(values["update_server"]), dict(values["update_client"])
        if not client:
            return None
        few, many = min(client), max(client)
        if many < 10 * few:
            return f"With {many:,.0f} players a new score takes the server {server[many]:.1f} µs, the client {client[many]:.0f} µs"
        return (
            f"{many / few:,.0f} times the players: a new score takes the server {server[many] / server[few]:.1f} times as long "
            f"({server[few]:.1f} and {server[many]:.1f} µs), and the client {client[many] / client[few]:.1f} times as long "
            f"({client[few]:.0f} and {client[many]:.0f} µs)"
        )
