"""A sweep: one point measured after another, as fast as they come, until the curve is whole."""

import threading
import time

from redislab.bench.experiment import Experiment
from redislab.bench.load import Outcome


class Sweep(Experiment):
    """Measures its `points()` in turn instead of offering a load, then rests; a knob that is set starts it again.

    A subclass says what the points are with the knobs as they stand, and how `point` measures one. The loop is closed: the
    next call waits for the one before, so what is measured is cost and throughput, never how long a crowd would wait.
    Knobs are taken up between points: what they ask for is prepared in `begin`.

    Attributes:
        only: points to be measured instead of all, in this order; one may stand there several times.
        curve: the points measured so far, dicts of "x" and what `point` gave.
        former: those of the round before, for lines whose key is "former " and the key of another.
    """

    repeats = True
    only: tuple = ()
    curve: tuple = ()
    former: tuple = ()
    rounds = None

    def points(self) -> list:
        """The values of x to be measured, in order."""
        raise TypeError(f"{type(self).__name__} has to say what it measures: define points() and point(x).")

    def point(self, x) -> dict:
        """Measure one point; values by the key of their line. A long one calls `report`, and ends when `stopping`."""
        raise TypeError(f"{type(self).__name__} has to say how a point is measured: define point(x).")

    def begin(self) -> None:
        """Prepare a round, with the knobs as they stand."""

    def name(self, x) -> str:
        """What the progress bar calls a point."""
        return f"{x:,}" if isinstance(x, (int, float)) else str(x)

    @property
    def stopping(self) -> bool:
        """Whether the point under way is no longer wanted: what it gives will be dropped."""
        return self.rounds is not None and self.rounds.stopping

    def report(self, share: float, doing: str = "") -> None:
        """How much of the point under way is done (0 to 1), and what is being done."""
        if self.rounds is not None:
            self.rounds.part, self.rounds.doing = share, doing

    def again(self) -> None:
        """Measure all points once more, as the panel's button says when they are measured."""
        self.rounds.again()

    def load(self) -> "Rounds":
        self.rounds, self.curve, self.former = Rounds(self), (), ()
        return self.rounds

    def follow(self, changed) -> None:
        super().follow(changed)
        if self.rounds is not None:
            self.rounds.again()

    def sample(self, window) -> dict:
        """The curves so far, for charts of kind "xy"; for bars, the newest point's values."""
        return {line.key: self._drawn(chart, line.key) for chart in self.charts for line in chart.lines}

    def done(self, values: dict) -> bool:
        return values.get("progress") == 1

    def run(self, seconds: float = 300.0, **knobs):
        """Measure all points, without a screen; `seconds` is the most it may take. The recording's table has a row a point."""
        return super().run(seconds, **knobs)

    def _drawn(self, chart, key: str):
        points = self.former if key.startswith("former ") else self.curve
        key = key.removeprefix("former ")
        measured = [(point["x"], point[key]) for point in points if point.get(key) is not None]
        return measured if chart.kind == "xy" else measured[-1][1] if measured else None


class Rounds:
    """The load of a sweep, with the interface of an OpenLoop: a thread measures the points, round by round.

    A point that is interrupted is dropped, and measured again when the load goes on.
    """

    def __init__(self, sweep: Sweep):
        self._sweep = sweep
        self._changed = threading.Condition()  # guards what follows; notified when there may be something to do
        self._halted = False
        self._wanted = self._round = 0  # the round that is asked for, and the one under way
        self._left: list | None = None  # points of the round that are not measured yet; None: it has not begun
        self._outcomes, self._failure = [], None
        self.part, self.doing = 0.0, ""

    @property
    def stopping(self) -> bool:
        return self._halted or self._round != self._wanted

    def start(self) -> None:
        self._halted = False
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Measure nothing more; wait for the point that is under way to notice."""
        with self._changed:
            self._halted = True
            self._changed.notify_all()
        self._thread.join(timeout)

    def again(self) -> None:
        """Start over with the first point; the one under way is dropped."""
        with self._changed:
            self._wanted += 1
            self._changed.notify_all()

    def drain(self) -> tuple[list[Outcome], int]:
        """The points measured since the last call.

        Raises:
            Exception: what a point raised; none is measured after it.
        """
        if self._failure:
            raise self._failure
        with self._changed:
            ended, self._outcomes = self._outcomes, []
        return ended, len(ended)

    def discard(self) -> None:
        """Drop the points that were measured since `drain` was called last, and measure them again."""
        with self._changed:
            if dropped := len(self._outcomes):
                kept, ended = self._sweep.curve[:-dropped], self._sweep.curve[-dropped:]
                self._sweep.curve, self._outcomes = kept, []
                self._left = [*(point["x"] for point in ended), *self._left]

    def figures(self, window) -> dict:
        """How far the round is: "progress" from 0 to 1, and 1 only when the curve is whole; and the curve."""
        with self._changed:
            curve, left = list(self._sweep.curve), self._left
            if self._round != self._wanted:
                left = None
        if left == []:
            return {"progress": 1.0, "progress_text": "", "curve": curve}
        if left is None:
            return {"progress": 0.0, "progress_text": self.doing, "curve": curve}
        share = (len(curve) + self.part) / (len(curve) + len(left))
        text = ": ".join(filter(None, [self._sweep.name(left[0]), self.doing]))
        return {"progress": min(share, 0.999), "progress_text": text, "curve": curve}

    def _work(self) -> None:
        while self._may_go_on():
            try:
                if self._left is None:
                    self._begin()
                else:
                    self._measure(self._left[0])
            except Exception as failure:
                if not self.stopping:  # else it failed because what it stood on was taken away
                    self._failure = failure
                    return

    def _may_go_on(self) -> bool:
        """Wait until there is something to measure; False when halted."""
        with self._changed:
            self._changed.wait_for(lambda: self.stopping or self._left != [])
            if self._round != self._wanted:
                self._round, self._left = self._wanted, None
            return not self._halted

    def _begin(self) -> None:
        sweep = self._sweep
        if len(sweep.curve) > 1:
            sweep.former = sweep.curve
        sweep.curve, self.part, self.doing = (), 0.0, ""
        sweep.begin()
        points = list(sweep.only or sweep.points())
        with self._changed:
            if not self.stopping:
                self._left = points

    def _measure(self, x) -> None:
        self.part, self.doing = 0.0, ""
        began = time.perf_counter()
        values = self._sweep.point(x)
        with self._changed:
            if self.stopping:
                return
            self._outcomes.append(Outcome(("point",), time.perf_counter() - began))
            self._sweep.curve = (*self._sweep.curve, {"x": x, **values})
            self._left, self.part, self.doing = self._left[1:], 0.0, ""
