"""Settings that are checked whenever they are set, so that what is out of range is refused before anything is written."""

from redislab.keys.numbers import LONGEST, whole, within


class Checked:
    """An attribute with bounds.

        class Cache:
            ttl = seconds()

    Raises:
        ValueError: a value out of them, in a sentence that names the attribute.
    """

    def __init__(self, check, *bounds):
        self.check, self.bounds = check, bounds

    def __set_name__(self, owner, name: str) -> None:
        self.name = name

    def __set__(self, instance, value) -> None:
        instance.__dict__[self.name] = self.check(self.name, value, *self.bounds)


def seconds(least: float = 0) -> Checked:
    return Checked(within, "seconds", least, LONGEST)


def share() -> Checked:
    return Checked(within, "a share", 0, 1)


def count() -> Checked:
    return Checked(whole)
