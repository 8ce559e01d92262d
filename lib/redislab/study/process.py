"""Where a learner's code is tried: a process that may hang, flood or die without harm to the kernel.

A Trial in a child process emits these events:

    ("ready",)                      set up; the learner's time begins
    ("trying", index)               a requirement, by its place
    ("found", index, met, seen)     met: None where it cannot be tried here
    ("said", text)                  what the code printed
    ("key", name)                   a key, before it is first sent
    ("stopped", sentence)           it went too far
    ("done",)
"""

import os
import pickle
import sys
import threading
import traceback
from dataclasses import dataclass

from redislab.errors import StartError
from redislab.study.tap import Tap
from redislab.world import Lab
from redislab.world.child import emit

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

    def __init__(self):
        self._room = MOST_SAID

    def write(self, text: str) -> int:
        if text and self._room > 0:
            emit(("said", text[: self._room] + (" …" if len(text) > self._room else "")))
        self._room -= len(text)
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""


class Trial:
    """One Job: the requirements one after the other, each on a scene of its own."""

    def __init__(self, job: Job):
        self.exercise, self._function = job.exercise(), job.function
        self._lab, self._prefix = Lab.attach(job.address), job.prefix
        self._client = self._lab.client()
        self._tap = Tap(self._client, job.prefix, self._stop, lambda name: emit(("key", name)))
        self._private = self._server() if self.exercise.kills else None

    def start(self) -> None:
        """Begin, in a thread of its own: this one notices when the kernel is gone."""
        silence()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        threading.stack_size(1_048_576)  # of many threads, too, all stacks are memory
        limit_memory()
        emit(("ready",))
        try:
            function = pickle.loads(self._function)
        except Exception as failure:
            self._stop(f"It cannot be taken out of this notebook ({type(failure).__name__}: {failure}).")
        self._try(function)
        emit(("done",))
        os._exit(0)  # threads that the learner left running are not waited for

    def _try(self, function) -> None:
        raised = None
        for index, requirement in enumerate(self.exercise.requirements()):
            emit(("trying", index))
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
            emit(("found", index, met, seen))

    def _server(self):
        try:
            return self._lab.private_server()
        except StartError:
            return None

    def _stop(self, sentence: str) -> None:
        emit(("stopped", sentence))
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


def silence() -> None:
    """Pass on what is printed as events, and drop what goes past sys.stdout."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.stdout = sys.stderr = Said()
