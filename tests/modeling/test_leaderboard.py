"""A leaderboard against sorting in Python, with ties, at its edges, and in how many round trips."""

import secrets
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redislab.bench import watch
from redislab.keys import KeyNamespace
from redislab.modeling import Leaderboard, Place
from redislab.modeling.leaderboard import IN_TURN, SHARED

NAMES = st.sampled_from([*"abcdefghij", "Zoë", "zoe", "ä"])
SCORES = st.one_of(st.integers(-3, 3), st.integers(-(2**53), 2**53), st.floats(-1e6, 1e6, allow_nan=False))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), NAMES, SCORES),
        st.tuples(st.just("add"), NAMES, st.integers(-3, 3)),
        st.tuples(st.just("remove"), NAMES, st.none()),
    ),
    max_size=30,
)


class Model:
    """The same by sorting a dict: by score, and where that is the same by the bytes of the name, from the end."""

    def __init__(self, ties: str):
        self.scores, self.ties = {}, ties

    def do(self, step, player, value):
        if step == "set":
            self.scores[player] = float(value)
        elif step == "add":
            self.scores[player] = self.scores.get(player, 0.0) + value
        else:
            self.scores.pop(player, None)

    def places(self) -> list[Place]:
        order = sorted(self.scores, key=lambda player: (self.scores[player], player.encode()), reverse=True)
        rank = {SHARED: self.shared, IN_TURN: lambda player: order.index(player) + 1}[self.ties]
        return [Place(rank(player), player, self.scores[player]) for player in order]

    def shared(self, player) -> int:
        return 1 + sum(score > self.scores[player] for score in self.scores.values())


@contextmanager
def boards(lab, ties: str):
    board = Leaderboard(lab.redis, KeyNamespace(f"{lab.prefix}:{secrets.token_hex(4)}"), "test", ties=ties)
    try:
        yield board, Model(ties)
    finally:
        lab.redis.unlink(board.key)


both = pytest.mark.parametrize("ties", [IN_TURN, SHARED])


@both
@settings(max_examples=60, deadline=None)
@given(steps=STEPS, n=st.integers(0, 6), threshold=SCORES)
def test_it_answers_as_sorting_would(lab, ties, steps, n, threshold):
    with boards(lab, ties) as (board, model):
        for step, player, value in steps:
            getattr(board, step)(player, *([] if value is None else [value]))
            model.do(step, player, value)
        places = model.places()
        assert board.top(n) == places[:n]
        assert board.top(100) == places
        assert len(board) == len(places)
        assert board.above(threshold) == [place for place in places if place.score > threshold]
        assert board.above(threshold, 2) == board.above(threshold)[:2]
        assert board.count(threshold) == len(board.above(threshold))
        for at, place in enumerate(places):
            assert board.around(place.player, n) == places[max(0, at - n) : at + n + 1]
            assert (board.rank(place.player), board.score(place.player)) == (place.rank, place.score)


@both
def test_who_is_not_on_it_has_no_rank_no_score_and_no_page(lab, ties):
    with boards(lab, ties) as (board, _):
        assert (board.rank("ann"), board.score("ann"), board.around("ann"), board.top(), len(board)) == (
            None,
            None,
            [],
            [],
            0,
        )


@both
def test_the_same_score_is_the_same_rank_or_the_next(lab, ties):
    with boards(lab, ties) as (board, _):
        for player, score in {"ann": 30, "bob": 20, "cleo": 20, "dan": 10}.items():
            board.set(player, score)
        ranks = [(place.rank, place.player) for place in board.top()]
        expected = {IN_TURN: [1, 2, 3, 4], SHARED: [1, 2, 2, 4]}[ties]
        assert ranks == list(zip(expected, ["ann", "cleo", "bob", "dan"], strict=True))
        # Expect a page that begins within a tie to begin with the tie's rank
        assert board.around("dan", 1)[0].rank == expected[2]


@both
def test_a_page_is_one_round_trip_and_so_is_a_rank(lab, ties):
    client = lab.client()
    board = Leaderboard(client, KeyNamespace(f"{lab.prefix}:{secrets.token_hex(4)}"), "test", ties=ties)
    board.set("ann", 1)
    board.around("ann")  # the script is known from now on
    for ask in (lambda: board.around("ann", 5), lambda: board.rank("ann"), lambda: board.top(10)):
        with watch(client) as sent:
            ask()
        assert sent.round_trips == len(sent.commands) == 1
    client.unlink(board.key)


def test_the_widest_page_is_had_and_a_wider_one_refused(lab):
    with boards(lab, SHARED) as (board, _):
        lab.redis.zadd(board.key, {f"player {number:04}": number // 7 for number in range(2500)})
        page = board.around("player 1250", 1000)
        assert len(page) == 2001
        assert page[1000].player == "player 1250"
        with pytest.raises(ValueError, match="a whole number from 0 to 1,000"):
            board.around("player 1250", 1001)
        with pytest.raises(ValueError, match="a whole number from 0 to 1,000"):
            board.around("player 1250", -1)


def test_another_way_with_ties_is_refused(lab):
    with pytest.raises(ValueError, match="choose 'in turn' or 'shared'"):
        Leaderboard(lab.redis, lab.keys, "test", ties="by age")


def test_on_a_cluster_too(cluster):
    board = Leaderboard(cluster.client(), KeyNamespace(f"redislab:{secrets.token_hex(6)}"), "test")
    board.add("ann", 2.5)
    assert board.around("ann") == [Place(1, "ann", 2.5)]
