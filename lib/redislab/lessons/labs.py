"""All experiments of the course by name: `labs.TtlLab`."""

from redislab.lessons import LESSONS


def __getattr__(name: str):
    if name == "__all__":
        return list(LESSONS.labs)
    if name not in LESSONS.labs:
        raise AttributeError(f"There is no lab {name!r}. There are: {', '.join(LESSONS.labs)}.")
    return LESSONS.labs[name]


def __dir__() -> list[str]:
    return list(LESSONS.labs)
