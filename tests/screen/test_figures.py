"""From charts and samples to figures and points."""

import pytest

from redislab.bench import Chart, Line
from redislab.screen.figures import columns, figures, frame

TIME = Chart(
    "Hits", (Line("hits", "measured"), Line("forecast", "predicted", "dash", "predicted")), unit="%", low=0, high=100
)
LATENCY = Chart("Latency", (Line("p99", "p99"),), unit="ms", log_y=True)
BARS = Chart("Parts", (Line("python", "Python"), Line("server", "server")), unit="µs", kind="bars", low=0)
CURVE = Chart("Curve", (Line("curve", "curve"),), unit="ms", kind="xy", log_x=True, x_title="batch", x_unit="commands")
ALL = (TIME, LATENCY, BARS, CURVE)


@pytest.fixture(scope="module")
def drawn():
    return [figure.to_plotly_json() for figure in figures(ALL, 60.0)]


def test_every_chart_is_a_figure_and_every_line_a_trace_that_its_key_finds(drawn):
    assert [figure["layout"]["title"]["text"] for figure in drawn] == ["Hits", "Latency", "Parts", "Curve"]
    assert [trace["uid"] for trace in drawn[0]["data"]] == ["hits", "forecast"]
    assert drawn[0]["data"][1]["line"]["dash"] == "dash" and drawn[0]["data"][1]["meta"] == {"role": "predicted"}


def test_every_axis_has_its_unit(drawn):
    assert [figure["layout"]["annotations"][0]["text"] for figure in drawn if "annotations" in figure["layout"]] == [
        "↑ %",
        "↑ ms, log",
        "↑ ms",
    ]
    assert drawn[0]["layout"]["xaxis"]["ticksuffix"] == " s"
    assert drawn[2]["layout"]["xaxis"]["ticksuffix"] == " µs"
    assert drawn[3]["layout"]["xaxis"]["title"]["text"] == "batch, commands"


def test_given_bounds_are_kept_and_others_are_left_to_settle(drawn):
    assert list(drawn[0]["layout"]["yaxis"]["range"]) == [0, 100]
    assert [figure["layout"]["meta"]["settle"] for figure in drawn] == [[], ["y"], ["x"], ["x", "y"]]
    assert drawn[1]["layout"]["yaxis"]["type"] == drawn[3]["layout"]["xaxis"]["type"] == "log"


def test_a_sample_is_a_point_for_each_line_and_other_bars():
    values = {"hits": 60.0, "p99": None, "python": 200.0, "server": 3.0, "curve": [(1, 10.0), (10, 2.0)]}
    points = frame(ALL, 4.2, values)
    assert points["hits"] == (4.2, 60.0) and points["forecast"] == points["p99"] == (4.2, None)
    assert points["bars of Parts"] == ([3.0, 200.0], ["server", "Python"])
    assert frame((BARS,), 2.5, {"python": None})["bars of Parts"][0] == [None, None]
    assert points["curve"] == ([1, 10], [10.0, 2.0])


def test_parts_are_traces_of_one_bar_end_to_end():
    trips = Chart("Trips", (Line("greeting", "greeting"), Line("get", "the GET")), unit="trips", kind="parts", low=0)
    (drawn,) = (figure.to_plotly_json() for figure in figures((trips,), 60.0))
    assert [trace["uid"] for trace in drawn["data"]] == ["greeting", "get"] and drawn["layout"]["barmode"] == "stack"
    assert frame((trips,), 2.5, {"greeting": 4}) == {"greeting": ([4], [""]), "get": ([None], [""])}
    assert list(columns((trips,))) == [("greeting", "greeting, trips"), ("get", "the GET, trips")]


def test_a_curve_without_points_is_empty():
    assert frame((CURVE,), 0.0, {"curve": []})["curve"] == frame((CURVE,), 0.0, {})["curve"] == ([], [])


def test_the_table_has_a_heading_with_unit_for_each_figure_once():
    assert list(columns((*ALL, LATENCY))) == [
        ("hits", "measured, %"),
        ("forecast", "predicted, %"),
        ("p99", "Latency, ms"),
        ("python", "Python, µs"),
        ("server", "server, µs"),
    ]


STEPS = Chart(
    "Steps",
    (Line("true", "true", shape="hv"), Line("got", "got", "dot", shape="hv", fault=True)),
    kind="xy",
    x_names=("before", "GET", "SET"),
    y_names=("nothing", "something"),
    wide=True,
)


def test_places_with_names_are_all_shown_and_do_not_move():
    layout = figures((STEPS,), 60.0)[0].to_plotly_json()["layout"]
    for axis, names in (("xaxis", STEPS.x_names), ("yaxis", STEPS.y_names)):
        assert tuple(layout[axis]["ticktext"]) == names
        assert list(layout[axis]["tickvals"]) == list(range(len(names)))
        low, high = layout[axis]["range"]
        assert low < 0 and len(names) - 1 < high
    assert layout["meta"] == {"settle": [], "wide": True}
    assert "annotations" not in layout or not layout["annotations"]


def test_what_holds_until_the_next_point_is_a_stair_and_a_fault_is_painted_up_to_the_line_before():
    true, got = figures((STEPS,), 60.0)[0].to_plotly_json()["data"]
    assert true["line"]["shape"] == got["line"]["shape"] == "hv" and true["mode"] == "lines"
    assert got["fill"] == "tonexty" and not true.get("fill")
    assert frame((STEPS,), 1.0, {"true": [(0, 1), (1, 1)], "got": [(0, 0)]})["true"] == ([0, 1], [1, 1])


def test_points_that_are_not_connected_are_markers_alone():
    chart = Chart("PINGs", (Line("due", "due"), Line("closed", "closed", points=True)), kind="xy")
    due, closed = figures((chart,), 60.0)[0].to_plotly_json()["data"]
    assert (due["mode"], closed["mode"]) == ("lines+markers", "markers")


MAP = Chart("Keys", (Line("map", "keys"),), unit="keys", kind="treemap", wide=True)


def test_a_treemap_is_drawn_from_paths_without_axes_and_is_no_column_of_the_table():
    figure = figures((MAP,), 60.0)[0].to_plotly_json()
    (trace,) = figure["data"]
    assert (trace["type"], trace["uid"], trace["branchvalues"]) == ("treemap", "map", "total")
    assert not figure["layout"]["xaxis"]["visible"] and figure["layout"]["height"] > 300
    assert frame((MAP,), 1.0, {"map": [("shop", 3), ("shop:user", 2)]})["map"] == (["shop", "shop:user"], [3, 2])
    assert not list(columns((MAP,)))


TOP = Chart("Top", (Line("top", "points"),), unit="points", kind="ranking", wide=True)


def test_a_ranking_is_bars_whose_labels_come_with_their_values_the_first_on_top():
    (trace,) = figures((TOP,), 60.0)[0].to_plotly_json()["data"]
    assert (trace["type"], trace["uid"], trace["orientation"]) == ("bar", "top", "h")
    # plotly draws from the bottom up
    assert frame((TOP,), 1.0, {"top": [("1 ann", 30), ("2 bob", 20)]})["top"] == ([20, 30], ["2 bob", "1 ann"])
    assert frame((TOP,), 1.0, {})["top"] == ([], [])
    assert not list(columns((TOP,)))
