"""The live figure's data; what is painted is looked at in tests/browser."""

import math

import plotly.graph_objects as go
import pytest

from redislab.screen import LiveFigure
from redislab.screen.controls import close_tree
from redislab.screen.live import _packed_plotly


@pytest.fixture
def board():
    made = LiveFigure([go.Figure([go.Scatter(uid="p99", name="the p99"), go.Scatter(name="p50")])], window=10)
    yield made
    close_tree(made)


def test_points_are_appended_and_those_out_of_the_window_dropped(board):
    for second in range(15):
        board.feed({"p99": (second, 2 * second)})
    xs, ys = board.data()["p99"]
    assert xs == list(range(4, 15)) and ys[-1] == 28


def test_lists_replace_what_was_there_and_are_not_trimmed(board):
    board.feed({"p99": ([0, 1, 2], [5, 6, 7])})
    board.feed({"p50": (100, 1)})
    assert board.data()["p99"] == ([0, 1, 2], [5, 6, 7])


def test_bars_with_names_stand_beside_series(board):
    board.feed({"bars": ([1.0, 2.0], ["a", "b"]), "p50": (100, 1)})
    board.feed({"bars": ([3.0, 4.0], ["a", "b"]), "p50": (101, 1)})
    assert board.data()["bars"] == ([3.0, 4.0], ["a", "b"])


@pytest.mark.parametrize("value", [math.nan, math.inf, None])
def test_what_is_no_number_is_a_gap(board, value):
    board.feed({"p99": (1, value)})
    assert board.data()["p99"] == ([1], [None])


def test_clear_drops_all_points(board):
    board.feed({"p99": (1, 2)})
    board.clear()
    assert board.data()["p99"] == ([], [])


def test_readings_are_copies(board):
    board.feed({"p99": (1, 2)})
    board.data()["p99"][0].append(7)
    assert board.data()["p99"] == ([1], [2])


def test_the_figures_keep_the_names_of_their_traces_and_plotly_stays_out_of_the_state(board):
    assert [trace.get("uid") for trace in board.figures[0]["data"]] == ["p99", None]
    assert len(str(board.get_state())) < 100_000 < len(_packed_plotly())


def test_points_that_come_too_soon_wait_for_the_next_message_or_for_flush(board, monkeypatch):
    sent = []
    monkeypatch.setattr(board, "send", sent.append)
    for second in range(4):
        board.feed({"p50": (second, second)}, pace=60)
    assert [len(message["frames"]) for message in sent] == [1]
    # If nothing comes after them
    board.flush()
    board.flush()
    # Expect them all in one message, once
    assert [[frame["p50"] for frame in message["frames"]] for message in sent] == [[(0, 0)], [(1, 1), (2, 2), (3, 3)]]
    assert board.data()["p50"][0] == [0, 1, 2, 3]
