"""Where a learner's code is tried: a process that may hang, flood or die without harm to the kernel.

It takes one Job, pickled, on stdin, and answers on stdout with a line of JSON for each event:

    ["ready"]                       set up; the learner's time begins
    ["trying", index]               a requirement, by its place
    ["found", index, met, seen]     met: true, false, or null where it cannot be tried here
    ["said", text]                  what the code printed
    ["key", name]                   a key, before it is first sent
    ["stopped", sentence]           it went too far
    ["done"]

When stdin closes, because the kernel gave up or died, it ends at once.
"""

import io
import json
import os
import pickle
import sys
import threading
import traceback
from dataclasses import dataclass

from redislab.errors import StartError
from redislab.study.tap import Tap
from redislab.world import Lab

MOST_MEMORY = 1_000_000_000  # bytes, where the platform can limit it
MOST_SAID = 4000  # characters


@dataclass(frozen=True)
class Job:
    """What to try: the exercise's class, the function as cloudpickle has it, the lab, and a prefix for all keys."""

    exercise: type
    function: bytes
    address: object
    prefix: str


class Said:
    """A text stream to the kernel, of which only the beginning is passed on."""

    def __init__(self, emit):
        self._emit, self._room = emit, MOST_SAID

    def write(self, text: str) -> int:
        if text and self._room > 0:
            self._emit("said", text[: self._room] + (" …" if len(text) > self._room else ""))
        self._room -= len(text)
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""


class Trial:
    """One Job: the requirements one after the other, each on a scene of its own."""

    def __init__(self, job: Job, emit):
        self.exercise, self._emit = job.exercise(), emit
        self._lab, self._prefix = Lab.attach(job.address), job.prefix
        self._client = self._lab.client()
        self._tap = Tap(self._client, job.prefix, self._stop, lambda name: emit("key", name))
        self._private = self._server() if self.exercise.kills else None

    def run(self, function) -> None:
        raised = None
        for index, requirement in enumerate(self.exercise.requirements()):
            self._emit("trying", index)
            prefix = f"{self._prefix}:{index}"
            scene = self.exercise.scene(function, prefix, self._tap, self._client, self._lab, self._private)
            try:
                met, seen = requirement(self.exercise, scene)
            except MemoryError:
                self._stop(f"It took more than the {MOST_MEMORY / 1e9:g} GB of memory that it may have.")
            except BaseException as failure:  # SystemExit too: it is the learner's
                met, seen = False, told(failure, function)
                seen, raised = "It raised the same." if seen == raised else seen, seen
            scene.close()
            self._emit("found", index, met, seen)

    def _server(self):
        try:
            return self._lab.private_server()
        except StartError:
            return None

    def _stop(self, sentence: str) -> None:
        self._emit("stopped", sentence)
        os._exit(0)


def told(failure: BaseException, function) -> str:
    """What was raised, and where in the learner's lines."""
    what = f"{type(failure).__name__}: {failure}".strip().removesuffix(":").rstrip(".")
    home = getattr(getattr(function, "__code__", None), "co_filename", None)
    lines = [frame for frame in traceback.extract_tb(failure.__traceback__) if frame.filename == home]
    if lines:
        return f"It raised {what}, in line {lines[-1].lineno} of {lines[-1].name}."
    return f"It raised {what}."


def limit_memory() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    except (ImportError, ValueError, OSError):
        pass  # not on this platform: the deadline has to do


def end_with(stream) -> None:
    stream.read(1)
    os._exit(1)


def main() -> None:
    commands, events, writing = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "w"), threading.Lock()

    def emit(*event) -> None:
        with writing:
            events.write(json.dumps(event) + "\n")
            events.flush()

    job = pickle.load(commands)
    threading.Thread(target=end_with, args=(commands,), daemon=True).start()
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, sys.stdout.fileno())  # what goes past sys.stdout must not end up among the events
    sys.stdin, sys.stdout = io.StringIO(), Said(emit)
    sys.stderr = sys.stdout
    trial = Trial(job, emit)
    threading.stack_size(1_048_576)  # of many threads, too, all stacks are memory
    limit_memory()
    emit("ready")
    try:
        function = pickle.loads(job.function)
    except Exception as failure:
        emit("stopped", f"It cannot be taken out of this notebook ({type(failure).__name__}: {failure}).")
        os._exit(0)
    trial.run(function)
    emit("done")
    os._exit(0)  # threads that the learner left running are not waited for


if __name__ == "__main__":
    main()
