"""What an experiment draws, declared as data; the screen turns it into figures."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One series. `key` names the value in a sample; `role` gives it its look: "predicted", "limit" or "added".

    `shape` is "hv" for what stays as it is until the next point. What lies between a `fault` line and the line before it
    is painted as wrong.
    """

    key: str
    label: str
    dash: str = "solid"
    role: str | None = None
    shape: str = "linear"
    fault: bool = False


@dataclass(frozen=True)
class Chart:
    """One plot.

    kind "time": each sample's value is appended at the sample's time.
    kind "bars": each sample's value replaces the bar of its label.
    kind "ranking": the value of its one line is a list of (label, number) pairs, the first on top, and replaces the bars.
    kind "xy": the value is a list of (x, y) pairs and replaces the series. An axis whose places 0, 1, 2, … have names
    (`x_names`, `y_names`) shows those, and all of them.
    kind "treemap": the value of its one line is a list of (path, number) pairs, parents included, and replaces the map. The
    parts of a path are set apart by colons, and a parent's number is the total of its children's, or more.

    A `wide` one has a row to itself; a ranking has room for some `places`.
    """

    title: str
    lines: tuple[Line, ...]
    unit: str = ""
    kind: str = "time"
    low: float | None = None
    high: float | None = None
    log_y: bool = False
    log_x: bool = False
    x_title: str = "time"
    x_unit: str = "s"
    x_names: tuple[str, ...] = ()
    y_names: tuple[str, ...] = ()
    wide: bool = False
    places: int = 10
