"""A class on a terminal: plain tables, as wide as it is."""

import textwrap
from collections import Counter

from rich.table import Table

from redislab.antipatterns.printed import plain, rendered
from redislab.screen.words import measured, quantity
from redislab.study.classroom import Class, Guessed

MOST = 3  # requirements that are told of each exercise
LONGEST = 90  # characters of a question


def text(them: Class, names: bool = False) -> str:
    """The report; with `names`, also a row for each file."""
    tables = [guesses(them), exercises(them), stuck(them), quizzes(them), *([files(them)] if names else [])]
    return rendered(plain(them.sentence), *(table for table in tables if table.row_count))


def table(title: str, *heads: str) -> Table:
    """The first column is text, and so is one whose head ends with a colon."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for place, head in enumerate(heads):
        words = place == 0 or head.endswith(":")
        made.add_column(head.removesuffix(":"), justify="left" if words else "right", overflow="fold")
    return made


def guesses(them: Class) -> Table:
    made = table("Guesses", "question", "people", "a quarter below", "median", "a quarter above", "measured")
    for each in them.guesses:
        made.add_row(*map(plain, numbers(each) if each.guesses else taken(each)))
    return made


def numbers(each: Guessed) -> list[str]:
    low, middle, high = (quantity(float(f"{value:.3g}"), each.unit) for value in each.quartiles)
    return [each.question, str(len(each.guesses)), low, middle, high, seen(each)]


def seen(each: Guessed) -> str:
    """What the machines measured: the least and the most."""
    least, most = min(each.found), max(each.found)
    low, high = measured(least, each.unit), measured(most, each.unit)
    return low if low == high else f"{measured(least)} to {high}"


def taken(each: Guessed) -> list[str]:
    return [each.question, str(each.options.total()), "", counted(each.options), "", counted(each.right)]


def counted(them: Counter) -> str:
    return ", ".join(f"{what}: {count}" for what, count in them.most_common())


def listed(them: Counter) -> str:
    """A line each."""
    return "\n".join(f"{count} x {what}" for what, count in them.most_common(MOST))


def cut(question: str) -> str:
    """On one line, and no longer than a reader needs to know which it is."""
    return textwrap.shorten(question, LONGEST, placeholder=" ...")


def exercises(them: Class) -> Table:
    made = table("Exercises", "exercise", "tried by", "passed by", "attempts that failed")
    for each in them.exercises:
        made.add_row(plain(each.title), str(each.tried), str(each.passed), str(each.failed))
    return made


def stuck(them: Class) -> Table:
    made = table("Where people got stuck", "exercise", "not passed by", "requirements missed:", "hints opened:")
    for each in them.stuck:
        made.add_row(plain(each.title), str(each.stuck), plain(listed(each.missed)), plain(counted(each.hints)))
    return made


def quizzes(them: Class) -> Table:
    made = table("Quizzes", "quiz", "answers", "right the first time", "hardest question:")
    for each in them.quizzes:
        hard = min((one for one in them.questions if one.quiz == each.quiz), key=lambda one: one.right / one.answered)
        told = f"{cut(hard.question)} ({hard.right} of {hard.answered})" if hard.right < hard.answered else ""
        made.add_row(plain(each.quiz), str(each.answered), f"{100 * each.right / each.answered:.0f} %", plain(told))
    return made


def files(them: Class) -> Table:
    made = table("Files", "file", "exercises passed", "questions answered", "right the first time")
    for name, tally in them.tallies:
        made.add_row(plain(name), str(len(tally.passed)), str(len(tally.answered)), str(len(tally.right)))
    return made
