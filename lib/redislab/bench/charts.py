"""What an experiment draws, declared as data; the screen turns it into figures."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One series. `key` names the value in a sample; `role` gives it its look: "predicted", "limit" or "added"."""

    key: str
    label: str
    dash: str = "solid"
    role: str | None = None


@dataclass(frozen=True)
class Chart:
    """One plot.

    kind "time": each sample's value is appended at the sample's time.
    kind "bars": each sample's value replaces the bar of its label.
    kind "xy": the value is a list of (x, y) pairs and replaces the series.
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
