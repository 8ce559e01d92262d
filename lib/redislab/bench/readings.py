"""What a panel says of its readings: sentences with gaps that the newest values fill."""

from string import Formatter


class MissingError(LookupError):
    """A value that has not been measured yet."""


class Readings(dict):
    """Values by key; asking `readings["p50"]` for one that is None or absent raises MissingError, `.get` gives None."""

    def __getitem__(self, key):
        value = self.get(key)
        if value is None:
            raise MissingError(key)
        return value


def fill(templates: str | tuple[str, ...], readings: Readings) -> str:
    """The templates with their gaps filled, as by str.format. The first is always said; each further one is left out
    while its first value is missing or below 1.

    Raises:
        MissingError: the first one speaks of something that is not measured yet.
    """
    first, *more = (templates,) if isinstance(templates, str) else templates
    told = [first.format_map(readings)]
    told += [template.format_map(readings) for template in more if _worth_saying(template, readings)]
    return " ".join(told)


def _worth_saying(template: str, readings: Readings) -> bool:
    names = [field.partition(".")[0].partition("[")[0] for _, field, _, _ in Formatter().parse(template) if field]
    value = readings.get(names[0]) if names else 1
    return value >= 1 if isinstance(value, (int, float)) else bool(value)
