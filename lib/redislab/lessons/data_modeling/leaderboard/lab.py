"""Section 2.2: a leaderboard that is played on."""

import random
import secrets
import time
from collections import deque
from statistics import median

from traitlets import observe

from redislab.bench import Chart, Line, Networked, action, choice, number
from redislab.keys import KeyNamespace
from redislab.modeling import Leaderboard, Place
from redislab.modeling.leaderboard import IN_TURN, SHARED

ME, MIDDLE, SPREAD = "me", 1500, 300
SCRIPT, TWO = "one script", "two commands"
CHUNK = 5000  # players in one ZADD: a command holds everybody else up
MINE = 0.02  # of the games are mine
COSTS = ("update_client", "page_client", "update_server", "page_server")


class LeaderboardLab(Networked):
    """Games are won and lost, by up to 20 points or a step; every fourth request asks for the page around "me", who plays most.

    Scores begin around 1500, as ratings do. A season is a board of its own name: it begins empty, a win gives points
    and a defeat none, and the board of the season before expires.
    """

    title = "Leaderboard"
    claim = "Get player rank: O(log N)"

    players = number(1000, 100, 100_000, label="Players", log=True, integer=True)
    rate = number(200.0, 10, 1000, label="Requests", unit="/s", log=True, help="three quarters of them change a score")
    step = number(1, 1, 100, label="Scores in steps of", unit="points", integer=True, log=True, help="large: many ties")
    ties = choice(IN_TURN, [IN_TURN, SHARED], label="Ties", help="in turn: 1, 2, 3, 4; shared: 1, 2, 2, 4")
    threshold = number(1800, 0, 2500, label="Threshold", unit="points", integer=True, step=10)
    side = number(5, 0, 100, label="Page, either side", unit="places", integer=True)
    paging = choice(SCRIPT, [SCRIPT, TWO], label="Page by", help="two commands: the rank first, then those around it")
    season = number(0.0, 0, 30, label="Season", unit="s", step=1, help="0: it never ends")

    charts = (
        Chart("The top ten, and me", (Line("top", "points"),), unit="points", kind="ranking", wide=True),
        Chart(
            "My rank",
            (Line("rank", "rank"), Line("place", "if ties were in turn", "dot", "limit")),
            unit="rank, 1 is best",
            low=0,
        ),
        Chart(
            "Players above the threshold",
            (Line("above", "above it"), Line("all", "on the board", "dot", "limit")),
            unit="players",
            low=0,
            log_y=True,
        ),
        Chart(
            "What it costs, by players: drag them",
            (
                Line("update_client", "a new score, client"),
                Line("page_client", "a page, client"),
                Line("update_server", "a new score, server"),
                Line("page_server", "a page, server"),
            ),
            unit="µs",
            kind="xy",
            log_x=True,
            log_y=True,
            x_title="on the board",
            x_unit="players, log",
            wide=True,
        ),
    )
    presets = {
        "A club": {"players": 100, "step": 1, "rtt": 0.0, "season": 0.0, "threshold": 1800, "paging": SCRIPT},
        "A town": {"players": 100_000, "step": 1, "rtt": 0.0, "season": 0.0, "threshold": 1800, "paging": SCRIPT},
        "Ties everywhere": {"players": 1000, "step": 100, "ties": SHARED, "rtt": 0.0, "season": 0.0},
        "A rank, then a page": {
            "players": 1000,
            "step": 1,
            "side": 0,
            "rtt": 2.0,
            "rate": 400.0,
            "paging": TWO,
            "season": 0.0,
        },
        "Short seasons": {"players": 1000, "step": 1, "rtt": 0.0, "season": 10.0, "threshold": 20},
    }
    workers = 8
    span = 3.0
    board = name = None

    def setup(self, lab):
        self.keys = KeyNamespace(f"{lab.prefix}:board_{secrets.token_hex(3)}")
        self.inspector, self.dealt, self.begun = lab.client(), deque(maxlen=1000), 0
        self.costs = {name: {} for name in COSTS}
        self.connect(lab.server)

    def teardown(self):
        super().teardown()
        for key in self.dealt:
            self.inspector.unlink(key)

    def connected(self):
        if self.name is None:
            self.deal()
        self.take()
        self.measure_anew()

    @observe("players", "step", "season")
    def deal(self, _=None):
        """Another board, with everybody on it; or with nobody, if it is a season's."""
        if not self.client:
            return
        self.open(self.this_season() if self.season else f"all time {self.begun}")
        if not self.season:
            for first in range(1, self.players, CHUNK):
                some = range(first, min(first + CHUNK, self.players))
                self.inspector.zadd(self.seen.key, {f"player {number}": self.rating() for number in some})
            self.seen.set(ME, MIDDLE)
        self.begin()

    def open(self, name: str) -> None:
        """Go over to the board of this name; the one before expires."""
        if self.name is not None:
            self.inspector.expire(self.seen.key, 1 + int(self.season))
        self.name = name
        self.take()
        self.dealt.append(self.seen.key)

    @observe("ties")
    def take(self, _=None):
        """The board twice: for the requests, and past the added round trip for what is drawn."""
        if self.client:
            self.board = Leaderboard(self.client, self.keys, self.name, ties=self.ties)
            self.seen = Leaderboard(self.inspector, self.keys, self.name, ties=self.ties)

    @observe("paging", "side")
    def measure_anew(self, _=None):
        """What pages have cost until now is no longer what they cost."""
        if self.client:
            for curve in self.costs.values():
                curve.clear()
            self.begin()

    def begin(self) -> None:
        self.begun += 1
        self.spent = {"update": deque(maxlen=200), "page": deque(maxlen=200)}

    def this_season(self) -> str:
        return f"season {int(time.time() / self.season)} of {self.season:g} s"

    def rating(self) -> int:
        return self.step * round(random.gauss(MIDDLE, SPREAD) / self.step)

    def request(self):
        board, spent, kind = self.board, self.spent, "page" if random.random() < 0.25 else "update"
        began = time.perf_counter()
        missed = self.look(board) if kind == "page" else self.play(board)
        spent[kind].append(time.perf_counter() - began)
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
        if self.season and self.this_season() != self.name:
            self.open(self.this_season())
        board = self.seen
        top, (mine, place), everybody = board.top(10), self.mine(board), len(board)
        costs = self.cost(window, everybody)
        if mine and ME not in [each.player for each in top]:
            top.append(mine)
        return {
            "top": [(f"{each.rank:,}  {each.player}", each.score) for each in top],
            "rank": mine and mine.rank,
            "place": place,
            "score": mine and mine.score,
            "above": board.count(self.threshold),
            "all": everybody,
            "missed": window.share("missed", "page"),
            "page_p50": 1e3 * median(self.spent["page"]) if self.spent["page"] else None,
            "grows": grown(costs["update_client"]),
            **costs,
        }

    def mine(self, board):
        """My line of the board, and my rank if ties were in turn. (Not by a script: those are what is measured.)"""
        score, place = board.client.pipeline(transaction=True).zscore(board.key, ME).zrevrank(board.key, ME).execute()
        if score is None:
            return None, None
        return Place(1 + (board.count(score) if self.ties == SHARED else place), ME, score), place + 1

    def cost(self, window, everybody: int) -> dict:
        """Four curves over the number of players, as far as they have been dragged: µs of client and server."""
        stats, spent = self.inspector.info("commandstats"), self.spent
        page = ("evalsha",) if self.paging == SCRIPT else ("zrevrank", "zrange")
        now = {
            "update_client": 1e6 * median(spent["update"]) if len(spent["update"]) > 20 else None,
            "page_client": 1e6 * median(spent["page"]) if len(spent["page"]) > 20 else None,
            "update_server": self.per_call(window, stats, "zincrby"),
            "page_server": sum(self.per_call(window, stats, name) or 0 for name in page),
        }
        if now["update_client"] and now["page_client"] and not self.season:
            for name, value in now.items():
                self.costs[name][float(f"{everybody:.2g}")] = value
        return {name: sorted(curve.items()) for name, curve in self.costs.items()}

    def per_call(self, window, stats: dict, name: str) -> float | None:
        """µs that a call of a command takes the server, over the last seconds."""
        of = stats.get(f"cmdstat_{name}", {"calls": 0, "usec": 0})
        calls, busy = (window.growth(f"{part} of {name} since {self.begun}", of[part]) for part in ("calls", "usec"))
        return busy / calls if calls else None

    def sentence(self, values):
        if not values["rank"]:
            return "This season I have not won yet." if self.season else "Waiting for the first scores."
        shared = values["place"] - values["rank"]
        tied = f", shared with {shared:,} who would come before me if ties were in turn" if shared else ""
        missed = values["missed"] or 0
        pages = (
            "was on every page around me" if not missed else f"was missing from {missed:.1f} % of the pages around me"
        )
        return (
            f"With {values['score']:,.0f} points my rank is {values['rank']:,} of {values['all']:,}{tied}; "
            f"{values['above']:,} have more than {self.threshold:,}. In the last seconds I {pages}."
        )

    def verdict(self, values):
        """What the players that were dragged to have cost."""
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


def grown(curve: list[tuple[float, float]]) -> float | None:
    """How many times as high it ends as it begins; None where there is but one point."""
    return curve[-1][1] / curve[0][1] if len(curve) > 1 else None
