"""Questions: each has one right answer, an explanation for every one, and nothing that is fetched from elsewhere."""

import ast
import statistics

import pytest

from redislab import predict, quiz
from redislab.lessons import LESSONS
from redislab.study import progress
from redislab.study.quizzes import NOT_MEASURED, Card, Quiz
from tests.notebooks import NOTEBOOKS, cells

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


def test_a_question_that_names_a_guess_says_what_its_panel_measured():
    asked = {"question": "Why?", "guess": "The wait", "measured": "You waited {found}.", "answers": []}
    shown = Quiz("a", [asked, {"question": "And why not?", "answers": []}])
    # Given no measurement, expect what to do
    assert shown.measured == [NOT_MEASURED, ""]
    # If a panel comes to rest beside the guess, kept or not, expect its figure, in every kernel
    guess = predict("The wait", 0, 9, unit="ms", key="wait")
    guess.found = 2.504
    guess.close()
    assert shown.measured == ["You waited 2.50 ms.", ""]


def test_a_quiz_on_the_page_follows_what_is_measured_until_it_is_closed():
    shown = quiz("cache-aside")
    shown._repr_mimebundle_()
    block = Card.shown("quiz cache-aside")
    (page,) = block.children
    assert page.measured[1] == NOT_MEASURED
    progress.note("measurement", shown.questions[1]["guess"], found=68.94, unit="%")
    assert "68.9 %" in page.measured[1]
    block.close()
    assert page.refresh not in progress.listeners


def test_every_section_with_a_panel_and_a_quiz_has_a_question_that_quotes_the_panel():
    asked = {question["guess"]: question["measured"] for question in QUESTIONS if "guess" in question}
    assert all(text.format(found="1") != text for text in asked.values())
    guesses = {question for _, _, question in predictions()}
    assert not asked.keys() - guesses
    with_panel, with_quiz = ({(file, heading) for file, heading, _ in calls(name)} for name in ("panel", "quiz"))
    quoted = {(file, heading) for file, heading, question in predictions() if question in asked}
    assert with_panel & with_quiz <= quoted


def test_some_questions_are_traces_or_charts_to_be_read():
    drawn = [
        question["question"]
        for question in QUESTIONS
        if "<pre>" in question["question"] or "<svg" in question["question"]
    ]
    assert len(drawn) >= 6
    assert all('role="img" aria-label=' in text for text in drawn if "<svg" in text)


def code():
    """File, section and code of each cell of the notebooks."""
    for path in NOTEBOOKS:
        heading = ""
        for cell in cells(path):
            if cell.cell_type == "code":
                yield path.stem, heading, cell.source
            elif cell.source.startswith("## "):
                heading = cell.source.splitlines()[0][3:]


def calls(name: str):
    """File, section and arguments of each call of a function in the notebooks."""
    for file, heading, text in code():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                yield file, heading, [argument.value for argument in node.args if isinstance(argument, ast.Constant)]


def predictions() -> list[tuple[str, str, str]]:
    return [(file, heading, arguments[0]) for file, heading, arguments in calls("predict")]


def test_an_unknown_quiz_names_the_nearest_one():
    with pytest.raises(ValueError, match="Did you mean 'write-behind'"):
        quiz("write-behnid")


def test_in_a_terminal_it_is_text():
    assert "  - It returns None immediately." in repr(quiz("cache-aside"))
    assert "<code>" not in repr(quiz("cache-aside"))
