"""What makes a course of the experiments: guesses, exercises with their checks, quizzes.

The names below arrive when they are asked for: the process that checks a learner's code needs no widgets.
"""

import importlib

_HOMES = {
    "Board": "redislab.course.board",
    "Guess": "redislab.course.predict",
    "predict": "redislab.course.predict",
    "Task": "redislab.course.task",
    "exercise": "redislab.course.task",
    "Quiz": "redislab.course.quizzes",
    "quiz": "redislab.course.quizzes",
}
__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'redislab.course' has no attribute {name!r}")
    found = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = found  # instead of the module of the same name, which the import has left here
    return found
