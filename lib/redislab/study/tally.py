"""How much of the course is done, by notebook."""

from collections.abc import Iterable
from dataclasses import dataclass

from redislab.study.lessons import Lessons, Notebook
from redislab.study.pages import Table, bar


@dataclass(frozen=True)
class Tally:
    """Of one notebook, or of all together: what there is, and what of it was passed, answered, and right the first time."""

    title: str
    exercises: frozenset[str]
    questions: frozenset[str]
    passed: frozenset[str]
    answered: frozenset[str]
    right: frozenset[str]


def tallies(lessons: Lessons, notes: Iterable[dict]) -> list[Tally]:
    """A tally of each notebook that has anything to do; the last one is of all together."""
    notes = list(notes)
    passed = {one["id"] for one in notes if one["kind"] == "exercise" and one.get("passed") is True}
    answered = {one["id"]: one.get("right") is True for one in notes if one["kind"] == "question"}
    right = {question for question, was in answered.items() if was}

    def tally(title: str, books: list[Notebook]) -> Tally:
        exercises = frozenset(name for book in books for name in book.exercises)
        questions = frozenset(one["question"] for book in books for quiz in book.quizzes.values() for one in quiz)
        done = exercises & passed, questions & answered.keys(), questions & right
        return Tally(title, exercises, questions, *done)

    books = [book for book in lessons.notebooks if book.exercises or book.quizzes]
    return [*(tally(book.title, [book]) for book in books), tally("Together", books)]


def tally_table(title: str, what: str, them: Iterable[tuple[str, Tally]]) -> Table:
    """A row for each tally, under a name: as bars, and in figures."""
    heads = [what, "", "exercises passed", "", "questions answered", "right the first time"]
    rows = [
        [name, *_part(each.passed, each.exercises), *_part(each.answered, each.questions), str(len(each.right))]
        for name, each in them
    ]
    return Table(title, heads, rows, {2, 4, 5})


def _part(have: frozenset, all_: frozenset) -> list:
    if not all_:
        return ["", "–"]
    return [bar([(len(have) / len(all_), "--rl-3")]), f"{'✓ ' * (have == all_)}{len(have)} of {len(all_)}"]
