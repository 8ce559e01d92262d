"""The way it is usually done, to compare with: the load in threads of the kernel, drawn by plotly's FigureWidget."""

import asyncio
import threading
import time

import cloudpickle
import ipywidgets as widgets
import plotly.graph_objects as go

from redislab.bench.process import Running
from redislab.screen.figures import figures
from redislab.world import start

PERIOD = 0.1  # s between two draws; at every sample the page falls seconds behind


def threaded_panel(experiment, knob: str) -> widgets.VBox:
    """One slider for `knob` and the experiment's charts; samples are taken as often as the bench takes them."""
    plain = figures(experiment.charts, experiment.window)
    boards = [(go.FigureWidget(figure), [trace.uid for trace in figure.data]) for figure in plain]
    spec = experiment.knobs()[knob]
    slider = widgets.FloatSlider(
        getattr(experiment, knob), min=spec.low, max=spec.high, step=0.1, description=spec.label
    )
    loop, points = asyncio.get_running_loop(), {}

    drawn = [0.0]

    def keep(t: float, values: dict) -> None:
        for key, value in values.items():
            if isinstance(value, (int, float)):
                points.setdefault(key, []).append((t, value))

    def draw() -> None:
        for board, keys in boards:
            with board.batch_update():
                for trace, key in zip(board.data, keys, strict=True):
                    if recent := points.get(key, [])[-600:]:
                        trace.x, trace.y = zip(*recent, strict=True)

    def emit(kind: str, *event) -> None:
        if kind == "sample":
            keep(*event[:2])
            now = time.monotonic()
            if now - drawn[0] >= PERIOD:
                drawn[0] = now
                loop.call_soon_threadsafe(draw)

    running = Running(cloudpickle.dumps(experiment), start(), emit)
    slider.observe(lambda change: running.set_knobs({knob: change.new}), "value")

    def measure() -> None:
        running.start()
        pause = threading.Event()
        while running.state == "running":
            pause.wait(min(running.due(), 0.02))
            if running.due() == 0.0:
                running.sample()

    threading.Thread(target=measure, daemon=True).start()
    return widgets.VBox([slider, *(board for board, _ in boards)])
