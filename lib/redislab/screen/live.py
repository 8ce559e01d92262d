"""A board of live plots: plotly.js goes to the page once, then only new points."""

import bisect
import functools
import gzip
import json
import math
import threading
import time
from collections.abc import Callable

import traitlets

from redislab.screen.page import HERE, SHEET, PageWidget, script


@functools.cache
def _packed_plotly() -> bytes:
    """plotly.js as the installed plotly has it, 4.8 MB, packed to 1.6 in about 0.1 s."""
    from plotly.offline import get_plotlyjs

    return gzip.compress(get_plotlyjs().encode(), compresslevel=1)


def _number(value):
    return None if isinstance(value, float) and not math.isfinite(value) else value


class LiveFigure(PageWidget):
    """Draws figures made with plotly.graph_objects, and goes on drawing as points are sent.

    Unlike plotly's FigureWidget it puts plotly.js on the page once, however many figures there are, keeps it out of
    the notebook file, and paints at most once an animation frame, with the latest data.

        board = LiveFigure([go.Figure(go.Scatter(name="p99", uid="p99"))], window=60)
        board.feed({"p99": (12.5, 3.1)})            # one more point
        board.feed({"p99": ([0, 1, 2], [3, 1, 2])})   # these points instead

    Args:
        figures: traces are addressed by their `uid`, or else their name; one name may stand in several figures.
            `layout.meta` may hold {"window": s}, a time axis that follows its data, and {"settle": ["y"]}, axes that
            fit their data without twitching.
        few: how many figures are in sight until `more` is true; the others are not painted.
        window: points that lag the newest one by more than this (on x) are dropped; None keeps them all.
        on_page: called with what pages say, on the thread that it arrives on: "hello"; "seen", with the `page`, whether the board is
            `visible` to a person there, and whether that is `new`, for it is repeated; "here" (the mouse was moved, or a key pressed).

    Attributes:
        live: whether something is measured for it: then a page that shows it says so every few seconds.
        more: whether all figures are in sight.

    `feed` may be called from any thread.
    """

    _esm = script(HERE / "plots.js", HERE / "live_figure.js")
    _css = SHEET
    figures = traitlets.List().tag(sync=True)
    live = traitlets.Bool(False).tag(sync=True)
    few = traitlets.Int().tag(sync=True)
    more = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        figures,
        *,
        few: int | None = None,
        more: bool = False,
        window: float | None = None,
        on_page: Callable | None = None,
    ):
        self.window, self._on_page = window, on_page
        self._points: dict[str, tuple[list, list]] = {}
        self._growing: set[str] = set()
        self._lock, self._held, self._sent_at = threading.Lock(), [], 0.0
        specs = [json.loads(figure.to_json(remove_uids=False)) for figure in figures]
        super().__init__(figures=specs, few=len(specs) if few is None else few, more=more)

    def feed(self, frame: dict[str, tuple], pace: float = 0.0) -> None:
        """Add one point to a trace, `{"p99": (x, y)}`, or give it other ones, `{"p99": (xs, ys)}`.

        Args:
            pace: seconds between two messages, at least; points that come sooner wait for the next. To take and paint one
                costs the page some 12 ms a plot, which the load may miss.
        """
        with self._lock:
            self._held.append({name: self._take(name, *points) for name, points in frame.items()})
            if time.monotonic() - self._sent_at >= pace:
                self._pass_on()

    def flush(self) -> None:
        """Send what waits: nothing may come after it."""
        with self._lock:
            if self._held:
                self._pass_on()

    def clear(self) -> None:
        """Drop all points."""
        with self._lock:
            self._points = {name: ([], []) for name in self._points}
            self._pass_on_all()

    def data(self) -> dict[str, tuple[list, list]]:
        """What is drawn: x and y of every trace, by its key."""
        with self._lock:
            return {name: (list(xs), list(ys)) for name, (xs, ys) in self._points.items()}

    def _pass_on(self) -> None:
        held, self._held, self._sent_at = self._held, [], time.monotonic()
        self.send({"kind": "frames", "frames": held, "oldest": self._trim()})

    def _pass_on_all(self) -> None:
        self._held = []
        self.send({"kind": "all", "frames": [self._points]})

    def _take(self, name: str, x, y) -> tuple:
        if isinstance(x, (list, tuple)):
            self._growing.discard(name)
            self._points[name] = [_number(value) for value in x], [_number(value) for value in y]
            return self._points[name]
        self._growing.add(name)
        xs, ys = self._points.setdefault(name, ([], []))
        xs.append(x)
        ys.append(_number(y))
        return x, ys[-1]

    def _trim(self) -> float | None:
        """Drop what has left the window; return where the window begins."""
        if self.window is None:
            return None
        growing = [self._points[name] for name in self._growing if self._points[name][0]]
        oldest = max((xs[-1] for xs, _ in growing), default=0.0) - self.window
        for xs, ys in growing:
            stale = bisect.bisect_left(xs, oldest)
            del xs[:stale], ys[:stale]
        return oldest

    def heard(self, message: dict) -> None:
        kind = message.get("kind")
        if kind == "plotly":
            self.send({"kind": "plotly"}, [_packed_plotly()])
        elif kind == "hello":
            with self._lock:
                self._pass_on_all()
        if self._on_page and kind != "plotly":
            self._on_page(message)
