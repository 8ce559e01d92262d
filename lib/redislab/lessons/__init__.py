"""The course: a package for each notebook, a folder for each section with its lab, claims, exercises and quizzes.

To add a section, make one folder; `redislab.study.lessons` says what it may hold. A lab is one class in `lab.py`;
`redislab.bench.experiment` says how to write it, and `panel(labs.ItsName())` shows it.
"""

import sys

from redislab.study.lessons import Lessons

LESSONS = Lessons(sys.modules[__name__])


def exercise(name: str):
    """The exercise called `name`; showing it again replaces the card that was there.

        task = exercise("negative-caching")
        task.check(read_user)

    Raises:
        ValueError: there is no such exercise; names those that there are.
    """
    from redislab.study.task import show_task

    return show_task(LESSONS.exercise(name))


def quiz(name: str):
    """The questions of one quiz, such as "cache-aside"; an answer says why it is right or wrong.

    Raises:
        ValueError: there is no such quiz; names those that there are.
    """
    from redislab.study.quizzes import Quiz

    return Quiz(name, LESSONS.quiz(name))


def claims(what: str | None = None, *, guess=None):
    """A board of all claims, or of those of a section, "4" or "4.2"; what was measured stays when it is shown again.

        board = claims()
        claims.run("pipelining-1000x")      # without a page: measures, and returns the results

    Args:
        guess: what `predict` returned, about the percentage of the claims that hold; it is told what was found.

    Raises:
        ValueError: there is no such section; names those that there are.
    """
    from redislab.study.board import show_board

    return show_board(LESSONS, what, guess)


def run(what: str | None = None, **options):
    """Measure the claims of a section, one by its id, or all; see `redislab.study.claims.run`."""
    from redislab.study.claims import run

    return run(LESSONS.select(what), **options)


claims.run = run


def progress():
    """What you have done so far, in all notebooks of this folder; showing it again replaces the card.

    progress().save("monday.sqlite")  # and .load("monday.sqlite") on another machine
    """
    from redislab.study.progress_card import show_progress

    return show_progress(LESSONS)


def scorecard():
    """Your guesses against what your machine measured, and what else you have done: to look at, and as a picture or a file.

    scorecard().save("scorecard.html")
    """
    from redislab.study.scorecard import show_scorecard

    return show_scorecard(LESSONS)


def class_summary(files, *, names: bool = False):
    """What many progress files say together: guesses, exercises, where people got stuck, quizzes. The files are only read.

        class_summary(Path("handed-in").glob("*.sqlite"))

    Args:
        names: also a row for each file, by its name.
    """
    from redislab.study.class_report import Summary
    from redislab.study.classroom import Class

    return Summary.show("class", Class(LESSONS, files), names)
