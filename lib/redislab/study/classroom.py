"""A class from its progress files, which are only read: guesses, exercises, where people got stuck, and quizzes."""

import statistics
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from redislab.errors import ProgressError
from redislab.study import progress
from redislab.study.guesses import choices, comparisons
from redislab.study.lessons import Lessons
from redislab.study.quizzes import plain
from redislab.study.tally import Tally, tallies
from redislab.study.texts import Text

ALIKE = 0.5  # of the notes of the smaller of two files, in the other one as well: the same person's


class Learner(NamedTuple):
    """One file that counts: its name, and the notes in it that count."""

    name: str
    notes: list[dict]


@dataclass(frozen=True)
class Guessed:
    """One question: each learner's guess, and what each machine measured; texts if it is a choice, or else numbers.

    Attributes:
        share: whether the numbers are compared in points; None for a choice.
    """

    question: str
    unit: str = ""
    share: bool | None = None
    guesses: list = field(default_factory=list)
    found: list = field(default_factory=list)

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """Of the guesses: a quarter is below, half, and three quarters."""
        if len(self.guesses) == 1:
            return (self.guesses[0],) * 3
        return tuple(statistics.quantiles(self.guesses, n=4, method="inclusive"))


@dataclass(frozen=True)
class Tried:
    """One exercise.

    Attributes:
        tried, passed: by how many people.
        failed: attempts that did not pass.
        missed: by requirement, how many of these missed it.
        hints: by hint, how many people opened it.
    """

    title: str
    tried: int
    passed: int
    failed: int
    missed: Counter
    hints: Counter

    @property
    def stuck(self) -> int:
        """People who tried and have not passed."""
        return self.tried - self.passed


class Asked(NamedTuple):
    """One question of a quiz: how many answered it, and how many of them were right the first time."""

    quiz: str
    question: str
    answered: int
    right: int


class Class:
    """What the files say together.

    Attributes:
        learners: the files that count; `skipped` says of each other one why it does not, in a sentence.
    """

    def __init__(self, lessons: Lessons, files: Iterable[str | Path]):
        self.lessons = lessons
        self.learners, self.skipped = read(files)
        self.guesses = guesses(self.learners)
        self.exercises = exercises(lessons, self.learners)
        self.questions = questions(lessons, self.learners)

    @property
    def stuck(self) -> list[Tried]:
        """The exercises with attempts that failed or people who have not passed, the hardest first."""
        them = [each for each in self.exercises if each.failed or each.stuck]
        return sorted(them, key=lambda each: (-each.stuck, -each.failed))

    @property
    def tallies(self) -> list[tuple[str, Tally]]:
        """How much each learner has done, by the file's name."""
        return [(learner.name, tallies(self.lessons, learner.notes)[-1]) for learner in self.learners]

    @property
    def sentence(self) -> str:
        """How many files, and where most are stuck."""
        count = len(self.learners)
        said = f"{count} progress file{'s' * (count != 1)}"
        if not self.learners:
            return f"{said}: there is nothing to summarise."
        passed, tried = sum(each.passed for each in self.exercises), sum(each.tried for each in self.exercises)
        said += f". Questions guessed: {len(self.guesses)}; exercises passed: {passed} of {tried} tried."
        if self.stuck and self.stuck[0].stuck > 1:
            said += f" Most are stuck at: {self.stuck[0].title}."
        return said


def read(files: Iterable[str | Path]) -> tuple[list[Learner], list[str]]:
    """The learners, and why the other files are left out. Two files of the same person count once: the one with more notes."""
    found, kept, skipped = [], [], []
    for file in map(str, files):
        try:
            notes, why = progress.read(file), "Nothing is noted in it."
        except ProgressError as wrong:
            notes, why = [], wrong
        if notes:
            found.append(Learner(file, notes))
        else:
            skipped.append(f"{file}: left out. {why}")
    for learner in sorted(found, key=lambda each: -len(each.notes)):
        if same := next((other for other in kept if alike(learner, other)), None):
            why = f"It is of the same person as {same.name}, which holds as much or more."
            skipped.append(f"{learner.name}: left out. {why}")
        else:
            kept.append(learner)
    return sorted(kept, key=found.index), skipped


def alike(smaller: Learner, larger: Learner) -> bool:
    """Whether they have so many notes in common, to the microsecond, that one is another state of the other."""
    one, other = ({(note["kind"], note["id"], note["at"]) for note in each.notes} for each in (smaller, larger))
    return len(one & other) >= ALIKE * len(one)


def guesses(learners: list[Learner]) -> list[Guessed]:
    """Of each question that a guess has met, in the order in which the first learners met them."""
    made: dict[tuple, Guessed] = {}
    for _, notes in learners:
        met = [((each.question, each.unit, each.share), each.guess, each.found) for each in comparisons(notes)]
        met += [((question,), choice, found) for question, choice, found in choices(notes)]
        for key, guess, found in met:
            one = made.setdefault(key, Guessed(*key))
            one.guesses.append(guess)
            one.found.append(found)
    return [*made.values()]


def exercises(lessons: Lessons, learners: list[Learner]) -> list[Tried]:
    """Each that a learner has tried, in the order of the course."""
    made = [tried(name, Text.of(exercise).title, learners) for name, exercise in lessons.exercises.items()]
    return [each for each in made if each.tried]


def tried(name: str, title: str, learners: list[Learner]) -> Tried:
    attempts = [[one for one in notes if (one["kind"], one["id"]) == ("exercise", name)] for _, notes in learners]
    passed = sum(any(one.get("passed") is True for one in each) for each in attempts)
    failed = [one for each in attempts for one in each if one.get("passed") is not True]
    missed = [says for one in failed if isinstance(one.get("missed"), list) for says in one["missed"]]
    opened = [one for _, notes in learners for one in notes if one["kind"] == "hint" and one.get("exercise") == name]
    hints = Counter(str(one.get("hint")) for one in opened)
    return Tried(title, sum(map(bool, attempts)), passed, len(failed), Counter(map(str, missed)), hints)


def questions(lessons: Lessons, learners: list[Learner]) -> list[Asked]:
    """Each that a learner has answered, in the order of the course."""
    notes = [one for learner in learners for one in learner.notes if one["kind"] == "question"]
    answered = Counter(one["id"] for one in notes)
    right = Counter(one["id"] for one in notes if one.get("right") is True)
    asked = [(name, one["question"]) for name, quiz in lessons.quizzes.items() for one in quiz]
    return [Asked(name, plain(text), answered[text], right[text]) for name, text in asked if answered[text]]
