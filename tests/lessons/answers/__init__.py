"""What learners may hand in: answers that are right in another way than the solution, and wrong ones that look right."""

from collections import defaultdict

RIGHT, WRONG, RACES = defaultdict(list), defaultdict(list), []


def right(exercise: str):
    """It passes."""
    return lambda function: RIGHT[exercise].append(function) or function


def wrong(exercise: str, hint: int, sees: str, race: bool = False):
    """The first requirement that it does not meet names this hint; and these words are among what is said about it. Of a
    race, that is a schedule which breaks it."""

    def note(function):
        WRONG[exercise].append((function, hint, sees))
        if race:
            RACES.append((exercise, function))
        return function

    return note
