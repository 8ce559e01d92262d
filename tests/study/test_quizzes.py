"""Questions: each has one right answer, an explanation for every one, and nothing that is fetched from elsewhere."""

import statistics

import pytest

from redislab import quiz
from redislab.lessons import LESSONS

QUESTIONS = [question for group in LESSONS.quizzes.values() for question in group]
AT_LEAST = (0, 8, 8, 5, 6, 4, 4)  # by notebook


def test_every_part_of_a_section_has_two_to_five():
    assert {len(questions) for questions in LESSONS.quizzes.values()} <= {2, 3, 4, 5}
    for notebook, least in zip(LESSONS.notebooks, AT_LEAST, strict=True):
        assert sum(map(len, notebook.quizzes.values())) >= least


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["question"][:30])
def test_one_answer_is_right_and_each_is_explained(question):
    answers = question["answers"]
    assert [answer["correct"] for answer in answers].count(True) == 1 and len(answers) == 4
    for answer in answers:
        assert answer["feedback"].startswith("Right." if answer["correct"] else ("No.", "No,", "Not only."))
        assert len(answer["feedback"]) > 30
    assert len({answer["answer"] for answer in answers}) == len(answers)


def test_the_right_answer_is_not_always_at_the_same_place():
    places = [[answer["correct"] for answer in question["answers"]].index(True) for question in QUESTIONS]
    assert all(places.count(place) >= 3 for place in range(4))


def test_the_right_answer_is_not_the_longest():
    lengths = [(len(answer["answer"]), answer["correct"]) for question in QUESTIONS for answer in question["answers"]]
    right, wrong = (statistics.mean(length for length, correct in lengths if correct is kind) for kind in (True, False))
    assert right <= wrong
    longest = [max(question["answers"], key=lambda answer: len(answer["answer"]))["correct"] for question in QUESTIONS]
    assert longest.count(True) <= len(QUESTIONS) / 3


def test_an_unknown_quiz_names_the_nearest_one():
    with pytest.raises(ValueError, match="Did you mean 'write-behind'"):
        quiz("write-behnid")


def test_in_a_terminal_it_is_text():
    assert "  - It returns None immediately." in repr(quiz("cache-aside"))
    assert "<code>" not in repr(quiz("cache-aside"))
