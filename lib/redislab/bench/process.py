"""The bench: a process of its own in which experiments run, one at a time.

Threads in a notebook's kernel would spoil both the curve and the slider, so the load lives here.
"""

import functools
import gc
import pickle
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import redis

from redislab.bench.load import OpenLoop
from redislab.bench.saturation import Saturation
from redislab.bench.window import Window
from redislab.errors import ExperimentError, RedislabError
from redislab.world.child import emit
from redislab.world.scheduling import take_short_turns

TICK = 0.1  # s between regular samples
JUMP = 3.0  # s without a reading, from which on what came meanwhile says nothing of Redis: the process stood still, or the machine
CHECK = 2.0  # s between two looks at whether the servers and the database are still there
JUMPED = "Nothing was read for {:.0f} s (this computer slept, or was busy), so the figures begin again here."
QUICK = 0.02  # s; the sample after a knob was turned follows this soon
BROKEN = (redis.ConnectionError, redis.TimeoutError, ConnectionError, TimeoutError)
GRACE = 5.0  # s for a tidy end after the kernel has gone


def sentence(failure: Exception) -> str:
    """One line: ours as it stands, a connection that broke with what to do, anything else with its type and its place."""
    if isinstance(failure, RedislabError):
        return str(failure)
    if isinstance(failure, BROKEN):
        return "The connection to Redis broke, or nothing answered in time. Press Start to begin again."
    frames = traceback.extract_tb(failure.__traceback__)
    place = f" (line {frames[-1].lineno} of {frames[-1].name})" if frames else ""
    return f"{type(failure).__name__}: {failure}{place}"


class Running:
    """One opened experiment, with its load and its window."""

    def __init__(self, pickled: bytes, lab, emit):
        self._pickled, self.lab, self._emit, self.experiment = pickled, lab, emit, None
        self._begin_with({})
        self.window = Window(self.experiment.span)
        self.state, self.elapsed, self._since = "new", 0.0, 0.0
        self._next_tick, self._told, self._branch = 0.0, None, None
        self._read_at, self._gap = 0.0, None
        self._saturation, self._missed, self._error = None, False, ""
        self._trouble, self._checked_at, self._checks = None, 0.0, ThreadPoolExecutor(1)

    def _begin_with(self, knobs: dict) -> None:
        """Have an experiment that knows nothing of an earlier run, but which of the learner's code was stopped: what that held can go."""
        former = self.experiment.learners() if self.experiment else ()
        self.experiment, self._load = pickle.loads(self._pickled), None
        for mine, before in zip(self.experiment.learners(), former):  # noqa: B905 (there may be no former)
            if before.out:
                mine.stop(before.trouble)
        self.experiment.set_knobs(knobs)

    def start(self) -> None:
        if self.state == "running":
            return self.state_is("running")
        if self.state != "paused":
            self.state_is("starting")
            self._branch = self.lab.branch(type(self.experiment).__name__.lower())
            self.experiment.server = self._branch.server
            if trouble := self._branch.failure():
                raise ExperimentError(trouble)
            self.experiment.setup(self._branch)
            self.experiment.follow({*self.experiment.knobs(), "client"})
            gc.collect()  # what is garbage by now would stay for good
            gc.freeze()  # what set-up made stays; collecting it again and again would show in the p99
            self._load, self._told, self._trouble = self.experiment.load(), None, None
            open_loop = isinstance(self._load, OpenLoop)
            self._saturation = Saturation(self._load, self.experiment.server, self._checks) if open_loop else None
        self.window.resume()
        self._since = self._read_at = time.perf_counter()
        self._next_tick = self._since + TICK
        self._load.start()
        self.state_is("running", where=self.experiment.where())

    def pause(self) -> None:
        if self.state != "running":
            return
        self._jumped()
        self._load.stop()
        self._read_at = time.perf_counter()  # to stop may have taken a while
        self.sample()
        self.elapsed += time.perf_counter() - self._since
        self.state = "paused"
        self._emit("total", self.elapsed, self.window.total)
        self.state_is("paused")

    def reset(self) -> None:
        going = self.state == "running"
        self.close()
        self.window.restart()
        self.state, self.elapsed = "new", 0.0
        self._emit("cleared")
        if going:
            self.start()
        else:
            self.state_is("new")

    def close(self) -> None:
        """Stop the load and tear down; a failure to tidy up is only printed."""
        if self.state == "running":
            self._load.stop(timeout=2.0)
        if self._branch is not None:
            branch, self._branch = self._branch, None
            for give_back in (self.experiment.release, branch.close):
                try:
                    give_back()
                except Exception as failure:
                    print(f"tidying up: {sentence(failure)}", file=sys.stderr)
            self._begin_with(self.experiment.settings())
            gc.unfreeze()  # what the set-up made may go
            gc.collect()
        self.state = "closed"

    def fail(self, failure: Exception) -> None:
        """What has happened to a server says more than how that was noticed, and a learner's code may be what has done it."""
        learners = self.experiment.learners()
        if any(mine.waits for mine in learners):
            self._trouble = None
            return
        if any(mine.blame(failure) for mine in learners):
            self.heal()
            return
        known = isinstance(failure, RedislabError) or self._branch is None
        said = (None if known else self._branch.failure()) or sentence(failure)
        stopped = [mine.trouble for mine in learners if mine.out]
        self.close()
        self.state_is("failed", " ".join([*stopped, said]))

    def heal(self) -> None:
        """Set up again without the learner's code, which has broken something and is stopped."""
        self.close()
        self.window.restart()
        self.start()

    def set_knobs(self, knobs: dict) -> None:
        before = self.experiment.settings()
        self.experiment.set_knobs(knobs)
        changed = {name for name, value in self.experiment.settings().items() if value != before[name]}
        if self.state in ("running", "paused"):
            self.experiment.follow(changed)
        self._read_at = time.perf_counter()  # that, too, may have
        self._next_tick = min(self._next_tick, time.perf_counter() + QUICK)

    def act(self, name: str, failed: Callable) -> None:
        """Run an action, beside the loop. `failed(failure, branch)` is called if it fails, with what it was done to."""
        branch = self._branch
        try:
            getattr(self.experiment, name)()
        except Exception as failure:
            failed(failure, branch)

    def has_failed(self, failure: Exception, branch) -> None:
        """An action has failed. If a reset has taken its servers away meanwhile, nothing is wrong with the new run."""
        if self._branch is branch:
            self.fail(failure)

    def due(self) -> float:
        """Seconds until the next sample."""
        return max(0.0, self._next_tick - time.perf_counter()) if self.state == "running" else 3600.0

    def sample(self) -> None:
        self._next_tick = time.perf_counter() + TICK
        if self._jumped():
            return
        self._look_after()
        if any(mine.damages for mine in self.experiment.learners()):
            return self.heal()
        outcomes, offered = self._load.drain()
        self.window.add(outcomes, offered)
        figures = self._load.figures(self.window)  # first, so that a sweep that is said to be done has all its points
        try:
            values = self.experiment.sample(self.window) | self.experiment.status() | figures
        except BROKEN:
            if self._missed:
                raise
            self._missed = True  # one connection may break; the next reading has another
            return
        self._missed = False
        self._error = next((outcome.error for outcome in reversed(outcomes) if outcome.error), self._error)
        if values.get("errors"):
            values["error"] = self._error
        if self._gap:
            values["gap"], self._gap = self._gap, None
        if mine := self.experiment.learners():
            values["mine"] = " ".join(filter(None, (values.get("mine"), *(each.trouble for each in mine))))
        if self._saturation and (said := self._saturation.look(self.window.interval)):
            values["saturated"] = said
        told = values, self.experiment.settings()
        self._read_at = time.perf_counter()  # before it is told: nothing can be while the kernel takes nothing in
        if told != self._told:  # a sweep that rests has nothing to tell
            self._emit("sample", self.elapsed + time.perf_counter() - self._since, *told)
        self._told = told

    def _look_after(self) -> None:
        """
        Raises:
            ExperimentError: a server or the database has failed, which no knob and no button did: what is measured is no finding.
        """
        if self._trouble:
            raise ExperimentError(self._trouble)
        if self._read_at - self._checked_at > CHECK:
            self._checked_at = self._read_at
            self._checks.submit(self._check, self._branch)  # beside the readings: a server that hangs takes its time

    def _check(self, branch) -> None:
        trouble = branch.failure()
        if branch is self._branch:
            self._trouble = trouble

    def _jumped(self) -> bool:
        """Whether nothing was read for long. Then it begins again: that was no time of the run, and what ended in it is left out."""
        gap = time.perf_counter() - self._read_at
        if gap <= JUMP:
            return False
        self._load.stop()
        self._load.discard()
        self.window.resume()
        now = time.perf_counter()
        self._since += now - self._read_at
        self._read_at, self._next_tick, self._gap = now, now + TICK, gap
        self._load.start()
        self.state_is("running", JUMPED.format(gap))
        return True

    def state_is(self, name: str, message: str = "", where: dict | None = None) -> None:
        self.state = name
        self._emit("state", name, message, where or {})


class Bench:
    """In its child process: takes commands, the latest knobs win, and samples what runs."""

    def __init__(self):
        take_short_turns()
        threading.stack_size(1_048_576)  # of hundreds of threads, all stacks are memory
        self._inbox: queue.Queue = queue.Queue()
        self._open: dict[int, Running] = {}
        self._labs: dict = {}
        self._actions = ThreadPoolExecutor(1)
        self._loop = threading.Thread(target=self._serve, daemon=True)
        self._loop.start()

    def take(self, *command) -> None:
        """Queue a command: its name, the session's key, and arguments."""
        self._inbox.put(command)

    def on_owner_gone(self) -> None:
        self.take("quit", None)
        self._loop.join(GRACE)

    def _serve(self) -> None:
        while True:
            batch = self._batch()
            if any(command == "quit" for command, *_ in batch):
                break
            for command, key, *rest in batch:
                self._guard(key, self._obey, command, key, *rest)
            for key, running in list(self._open.items()):
                if running.state == "running" and running.due() == 0.0:
                    self._guard(key, running.sample)
        for running in self._open.values():
            running.close()
        for lab in self._labs.values():
            lab.close()

    def _batch(self) -> list:
        """The commands at hand, with changes of one experiment's knobs folded into the last of them."""
        timeout = min((running.due() for running in self._open.values()), default=3600.0)
        try:
            batch = [self._inbox.get(timeout=timeout) if timeout else self._inbox.get_nowait()]
        except queue.Empty:
            return []
        while not self._inbox.empty():
            batch.append(self._inbox.get_nowait())
        folded = []
        for message in batch:
            if folded and message[0] == "set_knobs" and folded[-1][:2] == message[:2]:
                folded[-1] = (*message[:2], folded[-1][2] | message[2])
            else:
                folded.append(message)
        return folded

    def _guard(self, key, function, *arguments) -> None:
        try:
            function(*arguments)
        except Exception as failure:
            if running := self._open.get(key):
                running.fail(failure)
            else:
                emit((key, "state", "failed", sentence(failure), {}))

    def _obey(self, command: str, key, *rest) -> None:
        running = self._open.get(key)
        if command == "start":
            self._start(key, *rest)
        elif running is None:
            return
        elif command == "act":  # beside the loop, which goes on sampling what the action does
            self._actions.submit(running.act, *rest, functools.partial(self.take, "has_failed", key))
        elif command == "close":
            self._open.pop(key).close()
        else:
            getattr(running, command)(*rest)

    def _start(self, key, pickled: bytes, address) -> None:
        former = self._open.get(key)
        if former is None or former.state not in ("running", "paused") or former.lab is not self._lab(address):
            if former is not None:
                former.close()
            self._open[key] = Running(pickled, self._lab(address), lambda *event: emit((key, *event)))
        self._open[key].start()

    def _lab(self, address):
        if address not in self._labs:
            from redislab.world import Lab

            self._labs[address] = Lab.attach(address)
        return self._labs[address]
