"""A guess is kept, can be changed, and comes back beside the measurement."""

import ipywidgets as widgets
import pytest

from redislab import predict


@pytest.fixture
def guess():
    made = predict("What share?", 0, 100, unit="%", key="hits")
    yield made
    made.close()


def keep(guess, value) -> None:
    """What a press of *Keep my guess* says while the control stands at `value`; None as *Change it* does."""
    question = guess.children[0]
    place = None if value is None else question.values.index(value)
    question.heard({"move": place, "turn": question.turn + 1})


def test_nothing_is_guessed_until_it_is_kept(guess):
    assert guess.value is None and guess.children[0].kept is None
    keep(guess, 70)
    assert guess.value == 70.0 and guess.children[0].options[guess.children[0].kept] == "70 %"


def test_a_kept_guess_can_be_changed(guess):
    keep(guess, 50)
    keep(guess, None)
    assert guess.value is None
    keep(guess, 20)
    assert guess.value == 20.0


def test_it_is_compared_in_a_sentence(guess):
    assert guess.compare(68.94) == "No guess was kept; measured: 68.9 %."
    keep(guess, 50)
    assert guess.compare(68.94) == "You guessed 50 %; measured: 68.9 %, 18.9 % more."


def test_a_choice_is_kept_and_compared():
    made = predict("Which is the fastest?", options=["cache-aside", "refresh-ahead"], key="fastest")
    keep(made, "refresh-ahead")
    assert made.value == made.text == "refresh-ahead"
    assert made.compare("cache-aside") == "You guessed refresh-ahead; measured: cache-aside."
    assert made.compare("refresh-ahead") == "You guessed refresh-ahead; measured: refresh-ahead, as you said."
    made.close()


def test_there_has_to_be_room_for_a_guess():
    with pytest.raises(ValueError, match="needs room"):
        predict("?", 5, 5)
    with pytest.raises(ValueError, match="at least two"):
        predict("?", options=["one"])


def test_a_cell_that_is_run_again_keeps_the_guess_unless_it_asks_something_else():
    # Given a guess that was kept
    first = predict("What share?", 0, 100, unit="%", key="share")
    keep(first, 70)
    # If the same is asked again, expect the same guess; if something else is, expect none
    again = predict("What share?", 0, 100, unit="%", key="share")
    assert again.text == "70 %" and first.comm is None
    other = predict("What other share?", 0, 100, unit="%", key="share")
    assert other.value is None and again.comm is not None
    other.close()
    again.close()


def test_two_questions_without_a_key_stand_side_by_side():
    one, two = predict("What?", 0, 1), predict("And what?", 0, 1)
    assert one.comm is not None and two.comm is not None
    one.close()
    two.close()


def test_asking_again_replaces_the_question_and_leaves_no_widget():
    before = len(widgets.widgets.widget._instances)
    predict("What share?", 0, 100, key="again")
    predict("What share?", 0, 100, key="again").close()
    assert len(widgets.widgets.widget._instances) == before
