"""A guess is kept, can be changed, and comes back beside the measurement."""

import ipywidgets as widgets
import pytest

from redislab.course import predict


@pytest.fixture
def guess():
    made = predict("What share?", 0, 100, unit="%", key="hits")
    yield made
    made.close()


def press(guess) -> None:
    guess.children[1].children[1].click()


def slide(guess, value) -> None:
    guess.children[1].children[0].value = value


def test_nothing_is_guessed_until_it_is_kept(guess):
    slide(guess, 70.0)
    assert guess.value is None
    press(guess)
    assert guess.value == 70.0


def test_a_kept_guess_can_be_changed(guess):
    press(guess)
    press(guess)
    assert guess.value is None
    slide(guess, 20.0)
    press(guess)
    assert guess.value == 20.0


def test_it_is_compared_in_a_sentence(guess):
    assert guess.compare(68.94) == "No guess was kept; measured: 68.9 %."
    slide(guess, 50.0)
    press(guess)
    assert guess.compare(68.94) == "You guessed 50 %; measured: 68.9 %, 18.9 % more."


def test_there_has_to_be_room_for_a_guess():
    with pytest.raises(ValueError, match="needs room"):
        predict("?", 5, 5)


def test_asking_again_replaces_the_question_and_leaves_no_widget():
    before = len(widgets.widgets.widget._instances)
    predict("What share?", 0, 100, key="again")
    predict("What share?", 0, 100, key="again").close()
    assert len(widgets.widgets.widget._instances) == before
