"""What an experiment draws, declared as data; the screen turns it into figures."""

from dataclasses import dataclass, replace

from redislab.bench.yours import YOURS


@dataclass(frozen=True)
class Line:
    """One series. `key` names the value in a sample; `role` gives it its look: "predicted", "limit" or "added".

    `shape` is "hv" for what stays as it is until the next point. `points` leaves the points of an "xy" chart unconnected.
    What lies between a `fault` line and the line before it is painted as wrong.
    """

    key: str
    label: str
    dash: str = "solid"
    role: str | None = None
    shape: str = "linear"
    fault: bool = False
    points: bool = False


@dataclass(frozen=True)
class Chart:
    """One plot.

    kind "time": each sample's value is appended at the sample's time.
    kind "bars": each sample's value replaces the bar of its label.
    kind "parts": the same, and the bars lie end to end: together they are one.
    kind "ranking": the value of its one line is a list of (label, number) pairs, the first on top, and replaces the bars.
    kind "xy": the value is a list of (x, y) pairs and replaces the series. An axis whose places 0, 1, 2, … have names
    (`x_names`, `y_names`) shows those, and all of them.
    kind "treemap": the value of its one line is a list of (path, number) pairs, parents included, and replaces the map. The
    parts of a path are set apart by colons, and a parent's number is the total of its children's, or more.

    A `wide` one has a row to itself; a ranking has room for some `places`. A learner's code has a bar by the key `yours`.
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
    yours: str = ""

    def with_yours(self) -> "Chart":
        """The same with a bar for a learner's code, if it has one."""
        return replace(self, lines=(*self.lines, Line(self.yours, YOURS))) if self.yours else self


def dashed(label: str, **look) -> Line:
    """A series that is computed and not measured: "predicted"."""
    return Line("", label, "dash", "predicted", **look)


def dotted(label: str, **look) -> Line:
    """A level to compare with: a limit, a TTL, a share."""
    return Line("", label, "dot", "limit", **look)


def solid(label: str, **look) -> Line:
    """A measured series with a look of its own: `shape="hv"`, `fault=True`, `points=True`. Without one, its label alone will do."""
    return Line("", label, **look)


def time_chart(title: str, unit="", low=0, high=None, *, log=False, wide=False, **lines) -> Chart:
    """What develops with time. `lines` are the keys of a sample's values, each with a label or a `Line`.

    time_chart("Hit ratio", "%", 0, 100, hits="measured", forecast=dashed("predicted"))
    """
    return Chart(title, _lines(lines), unit, "time", *_bounds(low, high, log), log_y=log, wide=wide)


def bars(title: str, unit="", low=0, high=None, *, yours="", **lines) -> Chart:
    """The newest values side by side; a learner's code has the key `yours`."""
    return Chart(title, _lines(lines), unit, "bars", low, high, yours=yours)


def parts(title: str, unit="", **lines) -> Chart:
    """The newest values end to end, as the parts of one bar."""
    return Chart(title, _lines(lines), unit, "parts", 0)


def xy_chart(title: str, unit="", low=0, high=None, *, x: str, x_unit="", log=False, log_x=False, x_names=(), y_names=(),
             wide=False, **lines) -> Chart:  # fmt: skip
    """Curves over something else than time: each value is a list of (x, y) pairs. `x` is what the axis is called."""
    return Chart(
        title, _lines(lines), unit, "xy", *_bounds(low, high, log), log_y=log, log_x=log_x, x_title=x, x_unit=x_unit,
        x_names=x_names, y_names=y_names, wide=wide,
    )  # fmt: skip


def ranking(title: str, unit="", places: int = 10, *, log=False, wide=False, **line) -> Chart:
    """Names with numbers, the first on top: the one value is a list of (name, number) pairs."""
    return Chart(title, _lines(line), unit, "ranking", log_x=log, places=places, wide=wide)


def treemap(title: str, **line) -> Chart:
    """Areas within areas: the one value is a list of (path, number) pairs."""
    return Chart(title, _lines(line), kind="treemap", wide=True)


def _lines(lines: dict) -> tuple[Line, ...]:
    return tuple(Line(key, line) if isinstance(line, str) else replace(line, key=key) for key, line in lines.items())


def _bounds(low, high, log: bool) -> tuple:
    """A logarithmic axis has no zero."""
    return (None if log and not low else low), high
