"""How much of a process a learner's code may take, and what of it it must leave alone."""

import contextlib
import functools
import gc
import mmap
import os
import socket
import sys
import threading
from pathlib import Path

from redislab.bench.load import LOAD

MOST = (  # more than before
    (500_000_000, "took more memory than the 500 MB that it may have"),
    (600, "opened more than 600 connections or files without closing them"),
    (300, "started more than 300 threads that have not ended"),
)
TOO_LARGE = f"It {MOST[0][1]}, and was stopped."
PROCESSES = set("os.exec os.fork os.forkpty os.kill os.killpg os.posix_spawn os.system subprocess.Popen".split())
SHARED = set("builtins gc json os random redis redislab socket sys threading time".split())  # modules and packages
SETTINGS = (
    gc.isenabled, gc.get_threshold, socket.getdefaulttimeout, sys.getrecursionlimit, sys.getswitchinterval, threading.getprofile,
)  # fmt: skip

charge = threading.Lock()
running: dict = {}  # by thread, whose code is under way there (`redislab.bench.mine.Called`)


class Limits:
    """What there was before; `excess()` says what there is too much of by now, and `changed()` what has been replaced, as a sentence."""

    def __init__(self):
        self._taken = taken()
        limit(3 * MOST[0][0])
        with charge:  # several may be called for the first time simultaneously
            self._shared = take_charge()

    def excess(self) -> str:
        grown = zip(taken(), self._taken, MOST, strict=True)
        return next((f"It {what}, and was stopped." for now, before, (most, what) in grown if now > before + most), "")

    def changed(self) -> str:
        now = shared()
        name = next((name for name, before in self._shared.items() if now.get(name) != before), "")
        return name and f"It changed {name}, which everything in its process uses, and was stopped."


def taken() -> tuple[int, int, int]:
    """Bytes in memory, and files and sockets that are open (0 where there is no /proc); threads that are no workers of a load."""
    size = files = 0
    with contextlib.suppress(OSError):
        size, files = pages(1), len(os.listdir("/proc/self/fd"))
    return size, files, sum(not thread.name.startswith(LOAD) for thread in threading.enumerate())


def shared() -> dict:
    """What all in this process share, by full name: what can be called in some modules and in their classes, and some settings."""
    found = {f"{get.__module__}.{get.__name__}()": get() for get in SETTINGS}
    for name in [name for name in list(sys.modules) if name.partition(".")[0] in SHARED]:
        parts = callables(name, sys.modules[name])
        found |= parts
        for within, kind in parts.items():
            if isinstance(kind, type) and kind.__module__ == name:
                found |= callables(within, kind)
                found[f"the names in {within}"] = {each for each in vars(kind) if not each.startswith("__")}
    return found


def callables(name: str, home) -> dict:
    return {f"{name}.{each}": value for each, value in list(vars(home).items()) if callable(value)}


def pages(field: int) -> int:
    """Bytes by a field of /proc/self/statm, which counts pages."""
    return mmap.PAGESIZE * int(Path("/proc/self/statm").read_text().split()[field])


def limit(more: int) -> None:
    """Have an allocation of more than so many bytes fail, instead of the machine, and let files fail later; where that is possible."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (pages(5) + more, resource.getrlimit(resource.RLIMIT_DATA)[1]))
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@functools.cache
def take_charge() -> dict:
    """From now on, nothing is printed, which at hundreds of calls a second is a flood; and a learner's code, with the threads that it
    starts, starts and ends no process, and is told what its threads raise. Returns what is shared, as it should be."""
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115 (for good)
    sys.addaudithook(lambda event, _: refuse(event) if event in PROCESSES else None)
    with contextlib.suppress(ImportError):
        import _posixsubprocess as posix  # multiprocessing tells no hook of what it starts

        fork_exec = posix.fork_exec
        posix.fork_exec = lambda *arguments: refuse("multiprocessing") or fork_exec(*arguments)
    start = threading.Thread.start
    threading.Thread.start = lambda thread: start(owned(thread))
    threading.excepthook = note
    return shared()


def owner():
    """Whose code runs in this thread."""
    return running.get(threading.get_ident()) or getattr(threading.current_thread(), "redislab_owner", None)


def owned(thread):
    thread.redislab_owner = owner()
    return thread


def refuse(event: str) -> None:
    if mine := owner():
        raise mine.wrong(f"It wanted to start or end a process ({event}), which it must not.")


def note(failed) -> None:
    if mine := getattr(failed.thread, "redislab_owner", None):
        mine.failed(failed.exc_value)
