import ipywidgets as widgets
import pytest

from redislab.bench import race_guard
from redislab.bench.races import races
from redislab.screen.race_board import RaceBoard, bundle, show_race


def add_one(client):
    client.set("likes", int(client.get("likes") or 0) + 1)


def add_one_safely(client):
    client.incr("likes")


def counter(lab, *clients, **options):
    return races(
        *clients, given={"likes": 0}, expect={"likes": len(clients)}, otherwise="lose an update", lab=lab, **options
    )


@pytest.fixture
def board(lab):
    board = show_race(counter(lab, add_one, add_one))
    yield board
    board.close()


def press(board, *whats: str) -> None:
    """As the page does."""
    for what in whats:
        board.page._handle_custom_msg({"press": what}, [])


def test_four_steps_by_hand_break_the_counter(board):
    assert board.page.choices == ["A", "B"]
    assert board.page.next == ["GET likes", "GET likes"]
    press(board, "A", "B", "A", "B")
    assert board.page.rows[-1] == ["4", "", "SET likes 1 → OK", "1"]
    assert board.page.broken and board.page.verdict == "✗ likes is 1, expected 2"
    # a step that cannot come does nothing
    press(board, "A", "C", "nonsense")
    assert board.played.turns == "A B A B"
    # Back, and the other client first
    press(board, "undo", "undo", "B", "A")
    assert board.played.turns == "A B B A" and board.page.broken
    press(board, "start_over", "A", "A", "B", "B")
    assert not board.page.broken and board.page.verdict.startswith("✓")


def test_every_schedule_is_tried_and_those_that_fail_are_shown(board):
    press(board, "shortest")  # nothing was tried yet: the search comes first
    assert board.page.broken
    press(board, "try_all")
    board.wait(30)
    assert board.page.summary == "4 of 6 schedules lose an update."
    assert board.page.failing == 4 and not board.page.busy
    shown = []
    for _ in range(5):
        shown.append(board.played.turns)
        press(board, "next_failing")
    assert shown == [*board.race.failing, board.race.failing[0]]
    press(board, "shortest", "previous_failing")
    assert board.played.turns == board.race.failing[-1]
    assert board.page.verdict.startswith("Failing schedule 4 of 4. ✗ likes is 1")


def test_deaths_expiries_and_lost_replies_have_buttons(lab):
    def lock(client):
        client.set("lock", 1, ex=5)
        client.delete("lock")

    board = show_race(races(lock, dies=True, expires="lock", loses="del", lab=lab))
    assert board.page.turns == [["A", "A lock"], ["A!", "A dies"], ["A?", "A reply lost"], ["x", "lock expires"]]
    assert board.page.choices == ["A", "A!"]
    press(board, "A")
    assert board.page.choices == ["A", "A!", "A?", "x"]
    press(board, "x", "A!")
    assert [row[1] for row in board.page.rows[2:]] == [
        "SET lock 1 EX 5 → True",
        "⌛ lock expires",
        "† dies",
    ] or board.page.rows
    board.close()


def test_a_client_that_does_not_come_back_is_a_sentence_on_the_board(lab, monkeypatch):
    monkeypatch.setattr(race_guard, "PATIENCE", 1.0)

    def hangs(client):
        client.get("a")
        while True:
            pass

    board = show_race(races(hangs, lab=lab))
    press(board, "A")
    assert "has run for 1 s without another step" in board.page.verdict and board.page.broken
    press(board, "try_all")
    board.wait(30)
    assert "has run for 1 s without another step" in board.page.summary
    board.close()


def test_showing_it_again_replaces_it_and_leaves_nothing(lab):
    before = len(widgets.Widget._instances) if hasattr(widgets.Widget, "_instances") else None
    first = show_race(counter(lab, add_one, add_one, title="counter"))
    second = show_race(counter(lab, add_one_safely, add_one_safely, title="counter"))
    assert first.comm is None and RaceBoard.shown("counter") is second
    shown = bundle(second.race)
    assert "application/vnd.jupyter.widget-view+json" in shown and "add_one_safely" not in shown["text/plain"]
    RaceBoard.shown("counter").close()
    assert before is None or len(widgets.Widget._instances) == before


def test_the_same_table_is_printed(board):
    assert repr(board) == repr(board.race)
    press(board, "shortest")
    for row in board.page.rows:
        assert all(cell in repr(board) for cell in row)
