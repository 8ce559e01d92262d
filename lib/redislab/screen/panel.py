"""One panel draws any experiment: knobs, charts, buttons, and what follows in words.

Messages from the page come on a thread of the kernel's choice, and the bench's on another. Everything here happens on
the kernel's own loop, one thing after the other: whoever comes from elsewhere uses `_post`.
"""

import functools
import re
import time

import ipywidgets as widgets

from redislab.bench import Experiment, Sample, State, open_session
from redislab.errors import RedislabError
from redislab.screen import words
from redislab.screen.block import Block
from redislab.screen.controls import Control, button, close_tree
from redislab.screen.figures import columns, figures, frame, point_columns
from redislab.screen.live import LiveFigure
from redislab.screen.loop import KernelLoop
from redislab.screen.words import Words
from redislab.world.scheduling import cores

# s between two paintings: at once if a knob has just come to be turned, often for a while after that, and then calmly;
# where the page has no core of its own, it takes one from the load
OFTEN = 0.2
PACE = OFTEN if cores() > 2 else 1.0
LIVELY = 3.0  # s after a start or a turn
IDLE = 120.0  # s without a touch, until a panel pauses
READING = 1.0  # s between two changes of the words: faster cannot be read
NOTES = {
    "new": "Press Start.",
    "starting": "Setting up …",
    "hidden": "Paused while out of sight; it goes on when you are back.",
    "idle": "Paused after two minutes without a touch. Press Start to go on.",
    "other": "Paused, because another panel runs. Press Start to go on with this one.",
}

_panels: dict[str, "Panel"] = {}
_others: dict = {}  # what else measures, see `enlist`


def panel(experiment: Experiment, *, guess=None, autostart: bool = True) -> "Panel":
    """A panel on `experiment`, which begins to measure when it first comes into sight, unless another one is measuring.

    A panel of the same experiment that was shown before is replaced. Without a page to show it on, nothing runs.

    Args:
        guess: what `predict` returned; it is shown beside the measurement, and its `found` is what was measured.
        autostart: False waits for the Start button.
    """
    key = f"{type(experiment).__module__}.{type(experiment).__qualname__}"
    if key in _panels:
        _panels[key].close()
    _panels[key] = Panel(experiment, guess, autostart)
    return _panels[key]


def enlist(key: str, other) -> None:
    """Let the panels know of something else that measures: it has their `measuring` and `done`."""
    _others[key] = other


def _everybody() -> list:
    return [*_panels.values(), *_others.values()]


class Panel(Block):
    """The widget that `panel` makes. The experiment's knobs may also be set from a cell; the sliders follow.

    Attributes:
        experiment: what is measured.
        figure: the LiveFigure; `figure.data()` is what is drawn.
        recording: the samples so far, as a table and as CSV.
    """

    def __init__(self, experiment: Experiment, guess=None, autostart: bool = True):
        self.experiment, self.guess, self._autostart = experiment, guess, autostart
        self._session, self._last, self._loop = None, Sample(0.0, {}, {}), KernelLoop()
        self._visible, self._because, self._turning = False, "new", None
        self._touched, self._turned_at, self._spoke, self._points = time.monotonic(), 0.0, 0.0, {}
        self._answer = None  # what was measured last of what the guess is about
        self.figure = LiveFigure(
            figures(experiment.charts, experiment.window), window=experiment.window, on_page=self._posted(self._page)
        )
        self._controls = {
            name: Control(knob, getattr(experiment, name), self._posted(functools.partial(self._turn, name)))
            for name, knob in experiment.knobs().items()
        }
        experiment.observe(self._turned, list(self._controls))
        super().__init__(self._rows(), "rl-panel")
        self._show_state()

    @property
    def recording(self):
        return self._session and self._session.recording

    @property
    def measuring(self) -> bool:
        return bool(self._session) and self._session.state in ("starting", "running")

    @property
    def done(self) -> bool:
        """Whether it has measured all that there is to measure, and rests."""
        return self.experiment.done(self._last.values)

    # What it is made of

    def _rows(self) -> list:
        self._status = Words(names=["rl-status"])
        self._sentence = Words(names=["rl-sentence"], live="polite")
        self._claim = Words(names=["rl-claim"])
        self._progress = Words(names=["rl-progress"])
        self._findings = Words(names=["rl-table", "rl-findings"])
        self._table = Words(names=["rl-table"])
        self._table.layout.display = "none"
        head = Words(names=["rl-title"], html=f"<h3>{words.escape(self.experiment.title)}</h3>")
        controls = self._controls.values()
        wide = [control.widget for control in controls if control.knob.kind == "decision"]
        knobs = widgets.VBox([control.widget for control in controls if control.widget not in wide]).add_class(
            "rl-knobs"
        )
        told = [self._sentence, self._findings, self._table]
        seen = widgets.VBox([self._progress, self.figure, *told]).add_class("rl-seen")
        return [
            widgets.HBox([head, self._status]).add_class("rl-head"),
            self._toolbar(),
            *wide,
            widgets.HBox([knobs, seen]).add_class("rl-main"),
            self._claim,
        ]

    def _toolbar(self) -> widgets.HBox:
        self._go = button("Start", self._posted(self._start_or_pause), "rl-go", icon="play")
        reset = button(
            "Reset", self._posted(self._reset), icon="refresh", tooltip="Begin anew, with the knobs where they are"
        )
        actions = [
            button(label, self._posted(functools.partial(self._act, name)), "rl-action", icon="bolt")
            for name, label in self.experiment.actions().items()
        ]
        presets = [
            button(name, self._posted(functools.partial(self._preset, name)), "rl-preset")
            for name in self.experiment.presets
        ]
        self._show_table = widgets.ToggleButton(
            description="Table", icon="table", tooltip="What is plotted, as figures"
        )
        self._show_table.add_class("rl-button").observe(self._posted(lambda _: self._toggle_table()), "value")
        csv = button("CSV", self._posted(self._download), icon="download", tooltip="All samples so far, as a file")
        groups = [[self._go, reset], actions, [self._show_table, csv], presets]
        names = ["rl-run", "rl-actions", "rl-take", "rl-presets"]
        return widgets.HBox(
            [widgets.HBox(group).add_class(name) for group, name in zip(groups, names, strict=True) if group]
        ).add_class("rl-toolbar")

    # What the learner does

    def _start_or_pause(self) -> None:
        if self.measuring:
            self._pause("")
        else:
            self._start()

    def _start(self) -> None:
        self._touched = self._turned_at = time.monotonic()
        self._because = ""
        self._open()
        self._session.state = "starting"
        self._show_state()
        try:
            self._session.start()
        except RedislabError as failure:
            self._event(State("failed", str(failure)))

    def _open(self) -> None:
        if self._session is None:
            self._session = open_session(self.experiment, self._event, call=self._posted_event)

    def _pause(self, because: str) -> None:
        self._because = because
        self._session.pause()

    def _reset(self) -> None:
        self.figure.clear()
        self._points, self._progress.html, self._answer = {}, "", None
        if self._session is not None:
            self._session.reset()

    def _act(self, name: str) -> None:
        self._turned_at = time.monotonic()
        if self.measuring:
            self._session.act(name)
        else:
            self._say("Press Start first: there is nothing running that this could be done to.")

    def _preset(self, name: str) -> None:
        self._touch()
        self.experiment.set_knobs(self.experiment.preset(name))

    def _turn(self, name: str, value) -> None:
        """The page moved a control."""
        self._touch()
        self._turning = name
        try:
            setattr(self.experiment, name, value)
        finally:
            self._turning = None

    def _touch(self) -> None:
        """Somebody is here: what paused while out of sight goes on, also if another panel has begun meanwhile."""
        self._touched = time.monotonic()
        if self._because == "hidden" and not self.measuring:
            self._start()

    def _turned(self, change) -> None:
        """A knob was set, by the page or by a cell; only then does its control have to follow."""
        if change.name != self._turning:
            self._controls[change.name].show(change.new)
        self._spoke, self._turned_at = 0.0, time.monotonic()

    def _toggle_table(self) -> None:
        self._table.layout.display = "" if self._show_table.value else "none"
        self._speak()

    def _download(self) -> None:
        if self._session is None or not self.recording.samples:
            self._say("Nothing is measured yet, so there is no file.")
            return
        name = re.sub(r"\W+", "-", self.recording.title.lower()).strip("-")
        self._status.download(f"{name}.csv", self.recording.to_csv())

    # What the page and the bench say

    def _page(self, message: dict) -> None:
        self._touched = time.monotonic()
        if message["kind"] == "hello":
            self._open()  # there is a page, so the bench may warm up
        elif message["kind"] == "seen":
            self._visible = message["visible"]
            if not self._visible and self.measuring:
                self._pause("hidden")
            self._begin()

    def _begin(self) -> None:
        if self._visible and self._may_begin():
            self._start()

    def _may_begin(self) -> bool:
        waiting = self._because == "hidden" or (self._because == "new" and self._autostart)
        return waiting and not any(each.measuring and not each.done for each in _everybody())

    def _event(self, event) -> None:
        if isinstance(event, Sample):
            self._draw(event)
            if time.monotonic() - self._spoke >= READING or self.experiment.done(event.values):
                self._speak()
            if time.monotonic() - self._touched > IDLE and self.measuring:
                self._pause("idle")
        else:
            self.figure.flush()
            if event.name == "paused" and not self._because:
                others = any(other.measuring for other in _everybody() if other is not self)
                self._because = "other" if others else ""
            self._show_state(event.message)
        if self.done or self._because == "hidden":
            # it may be back in sight before it was told that it has paused; others came, or came back, while it measured
            for waiting in (self, *_panels.values()):
                waiting._begin()

    def _draw(self, sample: Sample) -> None:
        """What a knob has changed at once, and a point of a sweep, for nobody knows when the next is due; else in turn."""
        turned = sample.knobs != self._last.knobs
        self._last, share = sample, sample.values.get("progress")
        if self.guess is not None and self._asked(sample.knobs):
            self._answer = sample.values.get(self.guess.key)
        points = frame(self.experiment.charts, sample.t, sample.values)
        if points != self._points:
            lively = time.monotonic() - self._turned_at < LIVELY
            self.figure.feed(points, 0.0 if turned or share is not None else OFTEN if lively else PACE)
        self._points = points
        if share is not None:
            on = share < 1
            self._progress.html = words.progress(share, sample.values["progress_text"]) if on else ""

    # What it says

    def _say(self, note: str) -> None:
        """Have it stand there until the state changes."""
        self._note = note
        self._status.html = self._status_text()

    def _show_state(self, message: str = "") -> None:
        on, self._note = self.measuring, message
        self._go.description, self._go.icon = ("Pause", "pause") if on else ("Start", "play")
        self._status.html = self._status_text()
        self._speak()

    def _status_text(self) -> str:
        state = self._session.state if self._session else "new"
        note = self._note or (NOTES.get(self._because, "") if state == "paused" else NOTES.get(state, ""))
        where = self.recording.where if self._session else {}
        return words.status(state, where, self._last.values, note)

    def _speak(self) -> None:
        self._spoke = time.monotonic()
        values = self._last.values
        if self._session and self._session.state == "running":
            self._status.html = self._status_text()
        self._sentence.html = words.escape(self.experiment.say(values)) if values else ""
        self._claim.html = self._claim_text(values)
        if self._answer is not None and (self.done or not self.measuring):
            self.guess.found = self._answer  # at rest, and not at every sample: somebody may write it down
        found = self.experiment.findings(values) if values else []
        self._findings.html = words.grid(found) if found else ""
        if self._show_table.value and self._session:
            self._table.html = self._table_text(values)

    def _table_text(self, values: dict) -> str:
        charts = self.experiment.charts
        if "curve" in values:
            return words.points(point_columns(charts, values["curve"]), values["curve"])
        return words.table(list(columns(charts)), self.recording.samples)

    def _claim_text(self, values: dict) -> str:
        verdict = self.experiment.judge(values) if values else None
        if self.guess is None:
            return words.claim_line(self.experiment.claim, None, None, verdict) if self.experiment.claim else ""
        guess = words.escape(self.guess.text) or "not made yet"
        found = words.escape(words.measured(self._answer, self.guess.unit))
        if not self._asked(self._last.knobs or self.experiment.settings()):
            found += f" <small>at {words.settings(self.guess.at, self.experiment.knobs())}</small>"
        return words.claim_line(self.experiment.claim, guess, found, verdict)

    def _asked(self, knobs: dict) -> bool:
        """Whether the knobs stand where the guess is about."""
        return self.guess.at.items() <= knobs.items()

    # How it runs, and ends

    def _posted(self, function):
        """`function`, but on the kernel's loop."""
        return lambda *arguments: self._loop.post(self._guarded, function, *arguments)

    def _posted_event(self, function, event) -> None:
        self._loop.post(self._guarded, function, event)

    def _guarded(self, function, *arguments) -> None:
        """An error becomes a sentence in the panel: nobody reads the kernel's log."""
        if self.comm is None:
            return  # closed in the meantime
        try:
            function(*arguments)
        except Exception as failure:
            self._say(f"{type(failure).__name__}: {failure}")

    def close(self) -> None:
        """Stop measuring and leave the page; nothing is left behind."""
        if self.comm is None:
            return
        self.experiment.unobserve(self._turned, list(self._controls))
        if self._session is not None:
            self._session.close()
        close_tree(self)

    def __repr__(self) -> str:
        return f"<Panel on {self.experiment.title}>"
