"""One panel draws any experiment: knobs, charts, buttons, and what follows in words."""

import functools
import re
import time

import ipywidgets as widgets

from redislab.bench import Bench, Experiment, Sample, State, at_work
from redislab.errors import RedislabError
from redislab.screen.block import Block
from redislab.screen.controls import CHARTS, Button, Controls, Toolbar
from redislab.screen.figures import figures, frame
from redislab.screen.found import Found
from redislab.screen.live import LiveFigure
from redislab.screen.loop import KernelLoop
from redislab.screen.narration import Narration
from redislab.screen.runner import Runner
from redislab.screen.words import Copyable
from redislab.world import start
from redislab.world.scheduling import cores

# s between two paintings: at once if a knob has just been set, often for a while after that, and then calmly;
# where the page has no core of its own, it takes one from the load
OFTEN = 0.2
PACE = OFTEN if cores() > 2 else 1.0
LIVELY = 3.0  # s after a start or a change of a knob


def panel(experiment: Experiment, *, guess=None, autostart: bool = True) -> "Panel":
    """A panel on `experiment`, which begins to measure when it first comes into sight, unless another one is measuring.

    A panel of the same experiment that was shown before is replaced. Without a page to show it on, nothing runs.

    Args:
        guess: what `predict` returned; it is shown beside the measurement, and its `found` is what was measured.
        autostart: False waits for the Start button.
    """
    mine = ".mine" if experiment.mine else ""  # beside the section's own panel
    return Panel.show(f"{key_of(experiment)}{mine}", experiment, guess, autostart)


def key_of(experiment: Experiment) -> str:
    kind = type(experiment)
    return f"{kind.__module__}.{kind.__qualname__}"


class Panel(Block):
    """The widget that `panel` makes. The experiment's knobs may also be set from a cell; the sliders follow.

    It opens with the first knobs and charts; *More* unfolds the others, and the experiment's next panel has them unfolded, too.

    Attributes:
        experiment: what is measured.
        figure: the LiveFigure; `figure.data()` is what is drawn.
        runner: when it measures.
        told: what it says.
    """

    _unfolded: set[type[Experiment]] = set()

    def __init__(self, experiment: Experiment, guess=None, autostart: bool = True):
        self.experiment, self._loop = experiment, KernelLoop()
        self.runner = Runner(experiment, autostart, self._on_event, self.post)
        finds = type(experiment).cards is not Experiment.cards
        self.found = Found(self._opened, self.post) if finds else None
        self.told = Narration(experiment, self.runner, guess, self.found)
        works = type(experiment).at_work is not Experiment.at_work
        self.work = Copyable() if works else None
        self._points, self._knobs, self._lively_until = {}, {}, 0.0
        charts, window, more = experiment.charts, experiment.window, type(experiment) in self._unfolded
        self.figure = LiveFigure(
            figures(charts, window), few=CHARTS, more=more, window=window, on_page=self.posted(self._on_page)
        )
        self.controls = Controls(
            experiment.knobs(), experiment.settings(), self._on_control, self.post, len(charts[CHARTS:]), more
        )
        self.controls.fields.observe(self.posted(self._on_more), "more")
        experiment.observe(self._on_knob_change, list(experiment.knobs()))
        self.toolbar = self._made_toolbar()
        super().__init__(self._rows(), "rl-panel")
        self._show_state()

    @property
    def recording(self):
        """The samples so far, as a table and as CSV."""
        return self.runner.recording

    # What it is made of

    def _rows(self) -> list:
        told = self.told
        seen = [told.progress, self.figure, told.sentence, told.heard, told.findings, told.table]
        seen += [self.work] if self.work else []
        return [
            told.status,
            self.toolbar,
            *self.controls.decisions.values(),
            widgets.HBox([self.controls.fields, widgets.VBox(seen).add_class("rl-seen")]).add_class("rl-main"),
            *([self.found] if self.found else []),
            told.claim,
        ]

    def _opened(self, experiment: Experiment) -> "Panel":
        """The panel of a card: beside the panel on the same lab that its section may have."""
        return Panel.show(f"{key_of(experiment)}.found", experiment)

    def _made_toolbar(self) -> Toolbar:
        run = [
            Button("go", "Start", self._on_go, names="rl-go", icon="play"),
            Button("reset", "Reset", self._reset, icon="refresh", tooltip="Begin again, with the same knobs"),
        ]
        actions = [
            Button(f"act {name}", label, functools.partial(self._act, name), names="rl-action", icon="bolt")
            for name, label in self.experiment.actions().items()
        ]
        take = [
            Button(
                "table", "Table", self._on_table, icon="table", tooltip="What is plotted, as figures", pressed=False
            ),
            Button("csv", "CSV", self._download, icon="download", tooltip="All samples so far, as a file"),
        ]
        if self.work:
            tip = "The same load as a line for redis-benchmark and memtier_benchmark"
            take.append(Button("work", "At work", self._on_work, icon="terminal", tooltip=tip, pressed=False))
        presets = [
            Button(f"preset {name}", name, functools.partial(self._preset, name), names="rl-preset")
            for name in self.experiment.presets
        ]
        return Toolbar(self.post, run=run, actions=actions, take=take, presets=presets)

    # What the learner does

    def _on_go(self) -> None:
        if not self.runner.measuring:
            self._start()
        elif self._again:
            self._act("again")
        else:
            self.runner.pause()
            self._show_state()

    def _start(self) -> None:
        self._be_lively()
        try:
            self.runner.start()
            self._show_state()
        except RedislabError as failure:
            self.runner.state = "failed"
            self._show_state(str(failure))

    def _reset(self) -> None:
        self.figure.clear()
        self.told.forget()
        self._points = {}
        self.runner.reset()

    def _act(self, name: str) -> None:
        self._be_lively()
        if self.runner.measuring:
            self.runner.act(name)
        else:
            self.told.remark("Press Start first: there is nothing running that this could be done to.")

    def _preset(self, name: str) -> None:
        self._touch()
        preset, at = self.experiment.preset(name), self.toolbar.pressed_at
        self.experiment.set_knobs(
            {name: value for name, value in preset.items() if not at or self.controls.newest(name, at)}
        )

    def _on_control(self, name: str, value) -> None:
        """The page moved a control."""
        self._touch()
        setattr(self.experiment, name, value)

    def _on_knob_change(self, change) -> None:
        """A knob was set, by the page or by a cell, which its control has to follow."""
        self.controls.show(change.name, change.new)
        if self.work:
            self._tell_work()
        self.told.hurry()
        self._be_lively()

    def _on_more(self, change) -> None:
        (self._unfolded.add if change.new else self._unfolded.discard)(type(self.experiment))
        self.figure.more = change.new

    def _on_table(self) -> None:
        self.told.show_table(self.toolbar.toggle("table"))

    def _on_work(self) -> None:
        self.toolbar.toggle("work")
        self._tell_work()

    def _tell_work(self) -> None:
        """The lines for a shell, with the knobs as they stand; nothing while the button is not pressed."""
        pressed = self.toolbar.look("work")["pressed"]
        self.work.say(*(at_work.told(self.experiment, start()) if pressed else ("", "")))

    def _touch(self) -> None:
        """What paused while out of sight goes on when it is touched, also if another panel has begun meanwhile."""
        self.runner.touch()
        if self.runner.paused_out_of_sight:
            self._start()

    def _be_lively(self) -> None:
        self._lively_until = time.monotonic() + LIVELY

    def _download(self) -> None:
        if not self.recording.samples:
            self.told.remark("Nothing is measured yet, so there is no file.")
            return
        name = re.sub(r"\W+", "-", self.recording.title.lower()).strip("-")
        self.told.status.download(f"{name}.csv", self.recording.to_csv())

    # What the page and the bench say

    def _on_page(self, message: dict) -> None:
        if message["kind"] == "hello":
            Bench.shared()  # there is a page, so it may warm up
        elif message["kind"] == "seen":
            self.runner.look(message["page"], message["visible"])
        if message["kind"] == "here" or message.get("new"):
            self.runner.touch()
        self._begin_if_free()

    def _begin_if_free(self) -> None:
        if self.runner.may_begin:
            self._start()

    def _on_event(self, event) -> None:
        if isinstance(event, Sample):
            self._draw(event)
            self.told.take(event)
            self.runner.pause_if_idle()
            self._show_go()
        elif isinstance(event, State):
            self.figure.flush()
            self._show_state(event.message)
        else:  # a session has come to rest, perhaps another one's
            self._begin_if_free()

    def _draw(self, sample: Sample) -> None:
        """At once what a knob has changed, and a point of a sweep, since the next may take long; else at a measured pace."""
        changed, self._knobs = sample.knobs != self._knobs, sample.knobs
        points = frame(self.experiment.charts, sample.t, sample.values)
        if points != self._points:
            pace = OFTEN if time.monotonic() < self._lively_until else PACE
            self.figure.feed(points, 0.0 if changed or "progress" in sample.values else pace)
        self._points = points

    def _show_state(self, message: str = "") -> None:
        self.figure.live = self.runner.measuring
        self._show_go()
        self.told.remark(message)
        self.told.speak()

    @property
    def _again(self) -> bool:
        """Whether it is done, and can be measured once more."""
        return self.experiment.repeats and self.runner.measuring and self.runner.done

    def _show_go(self) -> None:
        label, icon = ("Pause", "pause") if self.runner.measuring else ("Start", "play")
        look = {"label": "Measure again", "icon": "refresh"} if self._again else {"label": label, "icon": icon}
        if not look.items() <= self.toolbar.look("go").items():
            self.toolbar.change("go", **look)

    # How it runs, and ends

    def _while_shown(self, function, *arguments) -> None:
        """An error becomes a sentence in the panel: the kernel's log is not read."""
        try:
            super()._while_shown(function, *arguments)
        except Exception as failure:
            self.told.remark(f"{type(failure).__name__}: {failure}")

    def leave(self) -> None:
        if self.found:
            self.found.close_panel()
        self.experiment.unobserve(self._on_knob_change, list(self.experiment.knobs()))
        self.runner.close()

    def __repr__(self) -> str:
        return f"<Panel on {self.experiment.title}>"
