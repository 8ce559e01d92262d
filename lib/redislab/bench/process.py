"""The bench: a process of its own in which experiments run, one at a time.

Threads in a notebook's kernel would spoil both the curve and the slider, so the load lives here.
"""

import gc
import pickle
import queue
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

from redislab.bench.window import Window
from redislab.errors import RedislabError
from redislab.world.child import emit
from redislab.world.scheduling import take_short_turns

TICK = 0.1  # s between regular samples
QUICK = 0.02  # s; the sample after a knob was turned follows this soon
GRACE = 5.0  # s for a tidy end after the kernel has gone


def sentence(failure: Exception) -> str:
    """One line: ours as it stands, anything else with its type and the place in the experiment."""
    if isinstance(failure, RedislabError):
        return str(failure)
    frames = traceback.extract_tb(failure.__traceback__)
    place = f" (line {frames[-1].lineno} of {frames[-1].name})" if frames else ""
    return f"{type(failure).__name__}: {failure}{place}"


class Running:
    """One opened experiment, with its load and its window."""

    def __init__(self, experiment, lab, emit):
        self.experiment, self.lab, self._emit = experiment, lab, emit
        self.window = Window(experiment.span)
        self.state, self.elapsed, self._since = "new", 0.0, 0.0
        self._next_tick, self._told, self._branch = 0.0, None, None

    def start(self) -> None:
        if self.state == "running":
            return self.state_is("running")
        if self.state != "paused":
            self.state_is("starting")
            self._branch = self.lab.branch(type(self.experiment).__name__.lower())
            self.experiment.server = self._branch.server
            self.experiment.setup(self._branch)
            self.experiment.follow({*self.experiment.knobs(), "client"})
            gc.freeze()  # what set-up made stays; collecting it again and again would show in the p99
            self._load, self._told = self.experiment.load(), None
        self.window.resume()
        self._since = time.perf_counter()
        self._next_tick = self._since + TICK
        self._load.start()
        self.state_is("running", where=self.experiment.where())

    def pause(self) -> None:
        if self.state != "running":
            return
        self._load.stop()
        self.sample()
        self.elapsed += time.perf_counter() - self._since
        self.state = "paused"
        self._emit("total", self._total())
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
            gc.unfreeze()  # what the set-up made may go
        self.state = "closed"

    def fail(self, failure: Exception) -> None:
        self.close()
        self.state_is("failed", sentence(failure))

    def set_knobs(self, knobs: dict) -> None:
        before = self.experiment.settings()
        self.experiment.set_knobs(knobs)
        changed = {name for name, value in self.experiment.settings().items() if value != before[name]}
        if self.state in ("running", "paused"):
            self.experiment.follow(changed)
        self._next_tick = min(self._next_tick, time.perf_counter() + QUICK)

    def act(self, name: str) -> None:
        """Run an action. If it fails because a reset has taken its servers away, nothing is wrong with the new run."""
        branch = self._branch
        try:
            getattr(self.experiment, name)()
        except Exception:
            if self._branch is branch:
                raise

    def due(self) -> float:
        """Seconds until the next sample."""
        return max(0.0, self._next_tick - time.perf_counter()) if self.state == "running" else 3600.0

    def sample(self) -> None:
        self._next_tick = time.perf_counter() + TICK
        outcomes, offered = self._load.drain()
        self.window.add(outcomes, offered)
        figures = self._load.figures(self.window)  # first, so that a sweep that is said to be done has all its points
        values = self.experiment.sample(self.window) | self.experiment.status() | figures
        if failures := [outcome.error for outcome in outcomes if outcome.error]:
            values["error"] = failures[-1]
        told = values, self.experiment.settings()
        if told != self._told:  # a sweep that rests has nothing to tell
            self._emit("sample", self.elapsed + time.perf_counter() - self._since, *told)
        self._told = told

    def state_is(self, name: str, message: str = "", where: dict | None = None) -> None:
        self.state = name
        self._emit("state", name, message, where or {})

    def _total(self) -> dict:
        total = self.window.total
        encoded = {name: latencies.encode() for name, latencies in total.latencies.items()}
        return {
            "seconds": self.elapsed,
            "offered": total.offered,
            "ended": total.ended,
            "tags": dict(total.tags),
            "encoded": encoded,
        }


class Bench:
    """In its child process: takes commands, the latest knobs win, and samples what runs."""

    def __init__(self):
        take_short_turns()
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
            self._actions.submit(self._guard, key, running.act, *rest)
        elif command == "close":
            self._open.pop(key).close()
        else:
            getattr(running, command)(*rest)

    def _start(self, key, pickled: bytes, address) -> None:
        if key not in self._open or self._open[key].state in ("failed", "closed"):
            experiment = pickle.loads(pickled)
            self._open[key] = Running(experiment, self._lab(address), lambda *event: emit((key, *event)))
        self._open[key].start()

    def _lab(self, address):
        if address not in self._labs:
            from redislab.world import Lab

            self._labs[address] = Lab.attach(address)
        return self._labs[address]
