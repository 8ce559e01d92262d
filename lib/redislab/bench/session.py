"""The kernel's side of the bench: one process for a kernel, a session for each experiment shown."""

import contextlib
import itertools
import queue
import subprocess
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

import cloudpickle
from traitlets import All

from redislab.bench import process
from redislab.bench.recording import Recording
from redislab.bench.yours import AGAIN
from redislab.errors import ExperimentError, RedislabError
from redislab.world.child import Child, ChildEndedError

# what was asked for here, and an older state that the bench still reports
OVERTAKEN = {("pausing", "starting"), ("pausing", "running"), ("starting", "paused"), ("closed", "paused")}
SILENCE = 8.0  # s, of a process that runs a learner's code
HELD = f"Yours: It let nothing else run in its process for {SILENCE:g} s, and was stopped.{AGAIN}"
PATIENCE = 60.0  # s; starting may include a container and a data set, so this is long


@dataclass(frozen=True)
class Sample:
    """What was read at `t` seconds of running time: `values` by key, and where the knobs stood."""

    t: float
    values: dict
    knobs: dict


@dataclass(frozen=True)
class State:
    """The session's new state; `message` says why it failed, `where` what it measures on."""

    name: str
    message: str = ""
    where: dict = field(default_factory=dict)


class PauseReason(Enum):
    """Why a session does not measure: whether and when it goes on follows from this."""

    PRESSED = "pressed"
    HIDDEN = "out of sight"
    IDLE = "not touched for a while"
    OTHER = "another one was started"


class Bench(Child):
    """The process and the thread that listens to it. `Bench.shared()` starts it on demand, and again after it died."""

    _shared = None
    _lock = threading.Lock()

    @classmethod
    def shared(cls) -> "Bench":
        with cls._lock:
            if cls._shared is None or not cls._shared.alive:
                cls._shared = cls()
            return cls._shared

    def __init__(self):
        super().__init__(process.Bench, "bench")
        self._sessions: dict[int, Session] = {}
        self._silent, self._beats = 0.0, False  # s since something was heard; whether it has to be every second
        threading.Thread(target=self._listen, daemon=True, name="redislab-bench").start()

    def add(self, session: "Session") -> None:
        self._sessions[session.key] = session

    def send(self, command: str, session: "Session", *rest) -> None:
        if command == "close":
            self._sessions.pop(session.key, None)
        self.tell("take", command, session.key, *rest)

    def _listen(self) -> None:
        spoilt, said = None, ""
        with contextlib.suppress(ChildEndedError):
            for key, *event in self.events():
                self._silent = 0.0
                if session := self._sessions.get(key):
                    session._on_event(*event)
                elif event == ["beat"]:
                    self._expect_beats()
                elif event == ["rest"]:
                    self._beats = False
                elif event[0] == "spoilt":
                    _, spoilt, said = event
                    self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1.0)
        code = self.kill()  # it may be there, and have closed its way up
        ended = f"Yours: It ended the process that it ran in (exit {code}).{AGAIN}"
        said = said or (HELD if self._silent > SILENCE else ended)
        for session in list(self._sessions.values()):
            session._on_end(spoilt, said, f"The measuring process ended (exit {code}). Press Start to begin again.")

    def _expect_beats(self) -> None:
        """From now on: a learner's code runs, and may keep the whole process from running."""
        if not self._beats:
            self._beats = True
            threading.Thread(target=self._kill_when_silent, daemon=True).start()

    def _kill_when_silent(self) -> None:
        """Counts by short waits: a computer that slept was silent, too."""
        while self._beats and self._silent <= SILENCE:
            time.sleep(0.5)
            self._silent += 0.5
        if self._beats:
            self.kill()


class Session:
    """One experiment in the bench. Set its knobs by setting the experiment's traits; the newest value wins.

    One session of a kernel measures at a time: to start one pauses the others. Here, and nowhere else, it is known who
    measures, be it a panel, the claims board, or a cell.

    Args:
        experiment: the kernel's twin of an Experiment; its knobs are followed.
        on_event: called with each Sample and State; without it, they are kept for `wait`.
        call: how to call `on_event`, such as `loop.call_soon_threadsafe`; without it, on the listening thread.
    """

    _keys = itertools.count()
    _all: weakref.WeakSet = weakref.WeakSet()
    on_rest: set[Callable] = set()  # each is called whenever a session has paused, ended, or measured all there is

    def __init__(self, experiment, on_event: Callable | None = None, call: Callable | None = None):
        self.experiment, self.key, self.state = experiment, next(self._keys), "new"
        self.recording = Recording(experiment.title or type(experiment).__name__)
        self._events: queue.Queue = queue.Queue()
        self._listener, self._call = on_event or self._events.put, call or (lambda function, event: function(event))
        self._bench: Bench | None = None
        self.pause_reason: PauseReason | None = None
        self.done = False
        self._all.add(self)
        experiment.observe(self._on_knob_change, All)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def start(self) -> None:
        """Run, from the start or from where it was paused. Whatever else was running is paused.

        Raises:
            StartError: there is no Redis to run on.
        """
        from redislab.world import start

        address = start().address
        for other in list(self._all - {self}):
            other.pause(PauseReason.OTHER)
        self.state, self.pause_reason, self.done = "starting", None, False
        self._bench = Bench.shared()
        self._bench.add(self)
        self._bench.send("start", self, cloudpickle.dumps(self.experiment), address)

    @property
    def measuring(self) -> bool:
        return self.state in ("starting", "running")

    @classmethod
    def busy(cls) -> bool:
        """Whether any session measures and is not done."""
        return any(each.measuring and not each.done for each in list(cls._all))

    def pause(self, reason: PauseReason = PauseReason.PRESSED) -> None:
        if self.measuring:
            self.state, self.pause_reason = "pausing", reason
            self._send("pause")

    def reset(self) -> None:
        """Set up again, with the knobs where they are."""
        self._send("reset")

    def act(self, name: str) -> None:
        """Press the button of the action called `name`."""
        self._send("act", name)

    def close(self) -> None:
        self.experiment.unobserve(self._on_knob_change, All)
        self._send("close")
        self.state = "closed"
        self._rest()

    def wait(self, state: str | None = None, timeout: float = PATIENCE) -> None:
        """Take in events until `state` is reached, or without one for `timeout` seconds.

        Raises:
            ExperimentError: it failed, or did not get there in time.
        """
        deadline = time.monotonic() + timeout
        while state is None or self.state != state:
            try:
                event = self._events.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                if state is None:
                    return
                raise ExperimentError(f"{self.recording.title} was not {state} within {timeout:.0f} s.") from None
            if isinstance(event, State) and event.name == "failed":
                raise ExperimentError(event.message)

    def _send(self, command: str, *rest) -> None:
        if self._bench is not None:
            self._bench.send(command, self, *rest)

    def _on_knob_change(self, change) -> None:
        if change.name in self.experiment.knobs():
            self._send("set_knobs", {change.name: change.new})

    def _on_event(self, kind: str, *event) -> None:
        if kind == "sample":
            t, values, knobs = event
            self.recording.samples.append({"t": t, **knobs, **values})
            before, self.done = self.done, self.experiment.done(values)
            self._notify(Sample(t, values, knobs))
            if self.done and not before:
                self._rest()
        elif kind == "state":
            state = State(*event)
            self.recording.where |= state.where
            if (self.state, state.name) not in OVERTAKEN:
                self.state = state.name
                self._notify(state)
            if state.name in ("paused", "failed"):
                self._rest()
        elif kind == "cleared":
            self.recording = Recording(self.recording.title)
        elif kind == "total":
            self.recording.seconds, self.recording.total = event

    def _on_end(self, spoilt: int | None, said: str, message: str) -> None:
        """The process has ended. If that was a learner's code, it is not called again, and the others go on in a new one.

        Args:
            spoilt: the number of the code that has spoilt it; None: it ended by itself, or by what ran last.
        """
        mine = self.experiment.mine
        blamed = mine and not mine.trouble and spoilt in (None, mine.number)
        if blamed and (self.measuring or (spoilt and self.state == "failed")):
            mine.trouble = said
        elif not (self.measuring and spoilt is not None):
            return self._on_event("state", "failed", message, {})
        try:
            self.start()
        except RedislabError as failure:
            self._on_event("state", "failed", str(failure), {})

    def _rest(self) -> None:
        for tell in list(self.on_rest):
            tell()

    def _notify(self, event) -> None:
        with contextlib.suppress(RuntimeError):  # the kernel's loop is closed, and its page with it
            self._call(self._listener, event)
