"""Learn Redis performance and data modelling by measuring it.

    from redislab import panel, show, start

    lab = start()                   # a real Redis, from wherever this machine has one
    panel(labs.FirstContact())      # an experiment with its knobs and live charts

What is not used is not loaded: the names below arrive when they are asked for.
"""

import importlib

__version__ = "0.1.0"

_HOMES = {
    "start": "redislab.world",
    "panel": "redislab.screen",
    "show": "redislab.screen",
    "watch": "redislab.bench",
    "races": "redislab.screen",
    "predict": "redislab.study.predict",
    "exercise": "redislab.lessons",
    "quiz": "redislab.lessons",
    "claims": "redislab.lessons",
    "progress": "redislab.lessons",
    "scorecard": "redislab.lessons",
    "class_summary": "redislab.lessons",
    "solutions": "redislab.study.solutions",
    "labs": "redislab.lessons.labs",
}
__all__ = list(_HOMES)


def __getattr__(name: str):
    if name not in _HOMES:
        raise AttributeError(f"module 'redislab' has no attribute {name!r}")
    home = importlib.import_module(_HOMES[name])
    return home if name == "labs" else getattr(home, name)  # the labs are a module, the others are in one


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
