"""A class from its progress files, which are only read: guesses, exercises, where people got stuck, and quizzes."""

import statistics
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from redislab.errors import ProgressError
from redislab.study import progress
from redislab.study.guesses import choices, comparisons
from redislab.study.lessons import Lessons
from redislab.study.quizzes import plain
from redislab.study.tally import Tally, tallies
from redislab.study.texts import Text

ALIKE = 0.5  # of the notes of the smaller of two files, in the other one as well: the same person's


@dataclass(frozen=True)
class Learner:
    """One file that counts: its name, and the notes in it that count."""

    name: str
    notes: list[dict]


@dataclass(frozen=True)
class Guessed:
    """One question: everyone's guess and what each machine measured; or for a choice, how many took which.

    Attributes:
        guesses, found: numbers; empty for a choice.
        options, right: texts with how often each was chosen, and measured.
    """

    question: str
    unit: str = ""
    share: bool = False
    guesses: tuple[float, ...] = ()
    found: tuple[float, ...] = ()
    options: Counter | None = None
    right: Counter | None = None

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """Of the guesses: a quarter is below, half, and three quarters."""
        if len(self.guesses) == 1:
            return self.guesses * 3
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


@dataclass(frozen=True)
class Asked:
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
    def quizzes(self) -> list[Asked]:
        """All questions of each quiz together."""
        names = dict.fromkeys(each.quiz for each in self.questions)
        groups = {name: [each for each in self.questions if each.quiz == name] for name in names}
        return [
            Asked(name, "", sum(each.answered for each in group), sum(each.right for each in group))
            for name, group in groups.items()
        ]

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
        said += f". Questions guessed: {len(self.guesses)}; exercises passed: {passed} of {tried} tried"
        worst = self.stuck[0] if self.stuck else None
        return f"{said}. Most are stuck at: {worst.title}." if worst and worst.stuck > 1 else f"{said}."


def read(files: Iterable[str | Path]) -> tuple[list[Learner], list[str]]:
    """The learners, and why the other files are left out. Two files of the same person count once: the one with more notes."""
    found, skipped = [], []
    for file in map(Path, files):
        try:
            notes = progress.read(file)
        except ProgressError as wrong:
            skipped.append(f"{file}: left out. {wrong}")
            continue
        if notes:
            found.append(Learner(str(file), notes))
        else:
            skipped.append(f"{file}: left out. Nothing is noted in it.")
    kept: list[Learner] = []
    for learner in sorted(found, key=lambda each: -len(each.notes)):
        if same := next((other for other in kept if alike(learner, other)), None):
            skipped.append(
                f"{learner.name}: left out. It is of the same person as {same.name}, which holds as much or more."
            )
        else:
            kept.append(learner)
    return sorted(kept, key=found.index), skipped


def alike(smaller: Learner, larger: Learner) -> bool:
    """Whether they have so many notes in common, to the microsecond, that one is another state of the other."""
    one, other = ({(note["kind"], note["id"], note["at"]) for note in each.notes} for each in (smaller, larger))
    return len(one & other) >= ALIKE * len(one)


def guesses(learners: list[Learner]) -> list[Guessed]:
    """Of each question that anyone's guess has met, in the order in which the first learners met them."""
    numbers: dict[tuple, list] = {}
    taken: dict[str, list] = {}
    for learner in learners:
        for each in comparisons(learner.notes):
            numbers.setdefault((each.question, each.unit, each.share), []).append(each)
        for question, choice, found in choices(learner.notes):
            taken.setdefault(question, []).append((choice, found))
    made = [
        Guessed(*key, tuple(each.guess for each in them), tuple(each.found for each in them))
        for key, them in numbers.items()
    ]
    for question, them in taken.items():
        options, right = (Counter(pair[place] for pair in them) for place in (0, 1))
        made.append(Guessed(question, options=options, right=right))
    return made


def exercises(lessons: Lessons, learners: list[Learner]) -> list[Tried]:
    """Each that anyone has tried, in the order of the course."""
    made = [tried(name, Text.of(exercise).title, learners) for name, exercise in lessons.exercises.items()]
    return [each for each in made if each.tried]


def tried(name: str, title: str, learners: list[Learner]) -> Tried:
    passed = people = 0
    failed, hints = [], Counter()
    for learner in learners:
        attempts = [one for one in learner.notes if (one["kind"], one["id"]) == ("exercise", name)]
        people += bool(attempts)
        passed += any(one.get("passed") is True for one in attempts)
        failed += [one for one in attempts if one.get("passed") is not True]
        hints.update(
            str(one.get("hint")) for one in learner.notes if one["kind"] == "hint" and one.get("exercise") == name
        )
    missed = Counter(says for one in failed if isinstance(one.get("missed"), list) for says in map(str, one["missed"]))
    return Tried(title, people, passed, len(failed), missed, hints)


def questions(lessons: Lessons, learners: list[Learner]) -> list[Asked]:
    """Each that anyone has answered, in the order of the course."""
    notes = [one for learner in learners for one in learner.notes if one["kind"] == "question"]
    answered = Counter(one["id"] for one in notes)
    right = Counter(one["id"] for one in notes if one.get("right") is True)
    asked = [(name, one["question"]) for name, quiz in lessons.quizzes.items() for one in quiz]
    return [Asked(name, plain(text), answered[text], right[text]) for name, text in asked if answered[text]]
