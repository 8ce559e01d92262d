"""What learners may hand in: answers that are right in another way than the solution, and wrong ones that look right."""

from collections import defaultdict

RIGHT, WRONG = defaultdict(list), defaultdict(list)


def right(exercise: str):
    """It passes."""
    return lambda function: RIGHT[exercise].append(function) or function


def wrong(exercise: str, hint: int, sees: str):
    """The first requirement that it does not meet names this hint; and these words are among what is said about it."""
    return lambda function: WRONG[exercise].append((function, hint, sees)) or function
