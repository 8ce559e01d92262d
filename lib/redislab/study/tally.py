"""How much of the course is done, by notebook."""

from collections.abc import Iterable
from dataclasses import dataclass

from redislab.study.lessons import Lessons


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
    whats = [
        (
            notebook.title,
            set(notebook.exercises),
            {one["question"] for quiz in notebook.quizzes.values() for one in quiz},
        )
        for notebook in lessons.notebooks
        if notebook.exercises or notebook.quizzes
    ]
    whats.append(("Together", *(set().union(*parts) for parts in list(zip(*whats, strict=True))[1:])))
    right = {question for question, was in answered.items() if was}
    sets = [
        (title, exercises, questions, exercises & passed, questions & answered.keys(), questions & right)
        for title, exercises, questions in whats
    ]
    return [Tally(title, *map(frozenset, each)) for title, *each in sets]
