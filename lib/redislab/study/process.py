"""Where a learner's code is tried: a process that may hang, flood or die without harm to the kernel.

A Trial in a child process emits these events:

    ("ready",)                      set up; the learner's time begins
    ("trying", index)               a requirement, by its place
    ("schedule",)                   of a race begins: the one before it has come to its end
    ("found", met, seen)            what was seen of it
    ("said", text)                  what the code printed
    ("stopped", sentence)           it went too far
    ("done",)
"""

import contextlib
import functools
import os
import pickle
import sys
import threading

from redislab.bench.mine import told
from redislab.errors import StartError
from redislab.study.checks import Exercise
from redislab.world import Lab
from redislab.world.child import emit

MOST_MEMORY = 1_000_000_000  # bytes, where the platform can limit it
MOST_STORED = "256mb"  # on the server
MOST_SAID = 4000  # characters
NO_SERVER = "An exercise needs a server of its own, and none can be started here: install redis-server or Docker."


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
    """One check: the requirements one after the other, on a server of its own, and a database if they need one.

    Args:
        function: the learner's, as cloudpickle has it.
        address: of the learner's lab; the server is of the same kind, if it can be.

    Raises:
        StartError: no server can be started here.
    """

    def __init__(self, exercise: type[Exercise], function: bytes, address):
        self._exercise, self._function = exercise(), function
        try:
            lab = Lab.attach(address)
            cluster = exercise.nodes and lab.private_cluster(exercise.nodes)
            server = cluster.nodes[0] if cluster else lab.private_server(maxmemory=MOST_STORED)
        except StartError as failure:
            raise StartError(str(failure) if exercise.nodes else NO_SERVER) from None
        self._lab = Lab(server, "exercise")
        if exercise.database:
            self._lab.provide(None)

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
        try_each(self._exercise, function, self._lab, emit, self._stop)
        emit(("done",))
        os._exit(0)  # threads that the learner left running are not waited for

    def _stop(self, sentence: str) -> None:
        emit(("stopped", sentence))
        os._exit(0)


def try_each(exercise: Exercise, function, lab: Lab, tell, stop) -> None:
    """Try `function` against one requirement after the other, on the server of `lab`, which each of them finds empty.

    Args:
        tell: is given the events from "trying" to "found".
        stop: is given the sentence, where it goes too far.
    """
    raised = None
    for index, requirement in enumerate(exercise.requirements()):
        tell(("trying", index))
        try:
            with contextlib.closing(exercise.context(function, lab, f"exercise:{index}", stop)) as context:
                context.each_schedule = functools.partial(tell, ("schedule",))
                context.prepare()
                met, seen = requirement(exercise, context)
        except MemoryError:
            stop(f"It took more than the {MOST_MEMORY / 1e9:g} GB of memory that it may have.")
        except BaseException as failure:  # SystemExit too: it is the learner's
            met, seen = False, told(failure, function)
            seen, raised = "It raised the same." if seen == raised else seen, seen
        tell(("found", met, seen))


def limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # not on this platform: the deadline has to do
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))


def silence() -> None:
    """Pass on what is printed as events, and drop what goes past sys.stdout."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.stdout = sys.stderr = Said()
