"""Turns an experiment's charts into plotly figures, and its samples into points."""

from collections.abc import Iterator

from redislab.bench import Chart, Line

MARGIN = {"l": 52, "r": 14, "t": 26, "b": 28}  # px, fixed: a margin that fits the labels would move the plot
HEIGHT = 196  # px
HIDDEN = {"visible": False}
TALL = 400  # px, a treemap: areas are read in two dimensions
LISTED = 50, 25  # px, a ranking: its axis, and a line that can be read


def figures(charts, window: float) -> list:
    """A plotly figure for each chart. Colours are left to the page, which knows its theme."""
    import plotly.graph_objects as go

    make = {"time": _series, "xy": _series, "bars": _bars, "parts": _parts, "ranking": _ranking, "treemap": _treemap}
    return [go.Figure(make[chart.kind](go, chart), _layout(chart, window), skip_invalid=False) for chart in charts]


def frame(charts, t: float, values: dict) -> dict[str, tuple]:
    """What one sample adds to the figures, for LiveFigure.feed."""
    points = {}
    for chart in charts:
        found = {line.key: values.get(line.key) for line in chart.lines}
        if chart.kind == "time":
            points |= {key: (t, value) for key, value in found.items()}
        elif chart.kind == "bars":  # plotly draws from the bottom up
            points[_bars_key(chart)] = [*found.values()][::-1], [line.label for line in chart.lines][::-1]
        elif chart.kind == "parts":
            points |= {key: ([value], [""]) for key, value in found.items()}
        elif chart.kind == "ranking":  # the same way up
            points |= {
                key: _columns([(n, label) for label, n in reversed(ranks or ())]) for key, ranks in found.items()
            }
        else:
            points |= {key: _columns(pairs or ()) for key, pairs in found.items()}
    return points


def _columns(pairs) -> tuple[list, list]:
    return [x for x, _ in pairs], [y for _, y in pairs]


def columns(charts) -> Iterator[tuple[str, str]]:
    """Key and heading of everything plotted as numbers, each once."""
    seen = set()
    for chart in charts:
        for line in chart.lines:
            if chart.kind in ("time", "bars", "parts") and line.key not in seen:
                seen.add(line.key)
                label = line.label if len(chart.lines) > 1 or chart.kind == "bars" else chart.title
                yield line.key, f"{label}, {chart.unit}" if chart.unit else label


def point_columns(charts, curve: list[dict]) -> list[tuple[str, str]]:
    """Key and heading of all that a sweep's points hold, x first."""
    heads = {line.key: ", ".join(filter(None, (line.label, chart.unit))) for chart in charts for line in chart.lines}
    x = next((chart.x_title for chart in charts if chart.kind == "xy"), "x")
    keys = dict.fromkeys(key for point in curve for key, value in point.items() if not isinstance(value, (dict, list)))
    return [(key, x if key == "x" else heads.get(key, key)) for key in keys]


def _bars_key(chart: Chart) -> str:
    return f"bars of {chart.title}"


def _series(go, chart: Chart) -> list:
    unit = f" {chart.unit}" if chart.unit else ""
    return [
        go.Scatter(
            uid=line.key,
            name=line.label,
            mode=_mode(chart, line),
            line={"dash": line.dash, "width": 1.6 if line.role else 2.2, "shape": line.shape},
            fill="tonexty" if line.fault else None,
            meta={"role": line.role},
            hoverinfo="skip" if chart.y_names else None,
            hovertemplate=None if chart.y_names else f"%{{y:.3~r}}{unit}<extra>{line.label}</extra>",
        )
        for line in chart.lines
    ]


def _mode(chart: Chart, line: Line) -> str:
    if line.points:
        return "markers"
    return "lines" if chart.kind == "time" or line.shape == "hv" else "lines+markers"


def _bar(go, uid: str, name: str, text: str, **more):
    look = {"orientation": "h", "width": 0.62, "cliponaxis": False, "textposition": "outside", "hoverinfo": "skip"}
    return go.Bar(uid=uid, name=name, texttemplate=text, textfont_size=14, **look | more)


def _bars(go, chart: Chart) -> list:
    return [_bar(go, _bars_key(chart), chart.title, f"%{{x:,.3~r}} {chart.unit}")]


def _parts(go, chart: Chart) -> list:
    inside = {"meta": {"part": True}, "textposition": "inside", "width": 0.4}
    return [_bar(go, line.key, line.label, "%{x:,}", **inside) for line in chart.lines]


def _ranking(go, chart: Chart) -> list:
    return [_bar(go, chart.lines[0].key, chart.title, f"%{{x:,}} {chart.unit}", meta={"even": True})]


def _treemap(go, chart: Chart) -> list:
    tiles = go.Treemap(
        uid=chart.lines[0].key, name=chart.title, branchvalues="total", tiling={"pad": 2}, uirevision=True
    )
    tiles.texttemplate = f"%{{label}}<br>%{{value:,.3~s}} {chart.unit}"
    return [tiles.update(hovertemplate=f"%{{id}}<br>%{{value:,}} {chart.unit}, %{{percentRoot:.1%}}<extra></extra>")]


def _layout(chart: Chart, window: float) -> dict:
    layout = {
        "title": {"text": chart.title},
        "height": HEIGHT,
        "margin": MARGIN,
        "showlegend": False,
        "hovermode": "x",
        "dragmode": False,
        "meta": {"settle": [], "wide": chart.wide},
    }
    if chart.kind == "treemap":
        return layout | {"height": TALL, "margin": {"l": 0, "r": 0, "t": 2, "b": 0}, "xaxis": HIDDEN, "yaxis": HIDDEN}
    if chart.kind in ("bars", "parts", "ranking"):
        return layout | _lying(chart) | {"meta": {"settle": ["x"], "wide": chart.wide}}
    layout["yaxis"] = _axis(chart.log_y, chart.low, chart.high)
    layout["xaxis"] = _axis(chart.log_x, showgrid=False, showline=True, ticks="outside", ticklen=4)
    layout["annotations"] = [] if chart.y_names else [_unit_of_y(chart)]
    if chart.kind == "time":
        layout["xaxis"]["ticksuffix"] = f" {chart.x_unit}"
        layout["meta"]["window"] = window
    else:
        layout["xaxis"]["title"] = {"text": f"{chart.x_title}, {chart.x_unit}", "standoff": 6}
        layout["margin"] = MARGIN | {"b": 46}
    _name(layout["xaxis"], chart.x_names, title=None, showline=False, ticks="")
    _name(layout["yaxis"], chart.y_names)
    fits = {"x": chart.kind == "time" or chart.x_names, "y": "range" in layout["yaxis"]}
    layout["meta"]["settle"] = [axis for axis in "xy" if not fits[axis]]
    return layout


def _lying(chart: Chart) -> dict:
    """What bars and rankings have of their own: their labels stand where numbers would."""
    listed = chart.kind == "ranking"
    labels = (190 if chart.wide else 108) if listed else 14 if chart.kind == "parts" else 84  # px
    return {
        "height": LISTED[0] + LISTED[1] * chart.places if listed else HEIGHT,
        "margin": MARGIN | {"l": labels, "r": 90, "t": 8},
        "barmode": "stack",  # where there is one bar of each label, that is the same as side by side
        "xaxis": _axis(chart.log_x, ticksuffix=f" {chart.unit}", tickangle=0),
        "yaxis": {"fixedrange": True, "showgrid": False, "tickfont": {"size": 14}},
    }


def _name(axis: dict, names: tuple[str, ...], **more) -> None:
    """Give the places 0, 1, 2, … of an axis their names."""
    if names:
        axis |= {"tickvals": [*range(len(names))], "ticktext": names, "range": [-0.3, len(names) - 0.7], **more}


def _axis(log: bool, low: float | None = None, high: float | None = None, **more) -> dict:
    axis = {
        "type": "log" if log else "linear",
        "fixedrange": True,
        "zeroline": False,
        "nticks": 5,
        "exponentformat": "SI",
    }
    if low is not None and high is not None and not log:
        axis["range"] = [low, high]
    return axis | more


def _unit_of_y(chart: Chart) -> dict:
    """The unit above its axis, upright: quicker to read than a turned title, and it takes no width."""
    unit = "per second" if chart.unit == "/s" else chart.unit
    corner = {"xref": "paper", "yref": "paper", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom"}
    return corner | {
        "xshift": -MARGIN["l"] + 2,
        "yshift": 5,
        "showarrow": False,
        "text": f"↑ {unit}{', log' * chart.log_y}",
    }
