"""How much of a process a learner's code may take, and what of it it must leave alone."""

import contextlib
import functools
import json
import mmap
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import redis

from redislab.bench.load import LOAD

MOST_MEMORY = 500_000_000  # bytes by which the process may grow
MOST_FILES, MOST_THREADS = 600, 300  # more than before: connections and files; threads
PROCESSES = {
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.kill",
    "os.killpg",
}
SHARED = redis.Redis, redis.client.Pipeline, redis.ConnectionPool, redis.Connection, json, time, threading, os


running: dict[int, Callable] = {}  # by thread, what makes an error from a sentence: a learner's code is under way there


class Limits:
    """What there was before; `excess()` says what there is too much of by now, as a sentence.

    Where there is no /proc, only threads are counted.
    """

    TOO_LARGE = f"It took more memory than the {MOST_MEMORY / 1e6:.0f} MB that it may have, and was stopped."

    def __init__(self):
        self._memory, self._files, self._threads = memory(), files(), threads()
        self._shared = callables()
        limit(3 * MOST_MEMORY)
        silence()
        watch_processes()

    def excess(self) -> str:
        if memory() > self._memory + MOST_MEMORY:
            return self.TOO_LARGE
        if files() > self._files + MOST_FILES:
            return f"It opened more than {MOST_FILES} connections or files without closing them, and was stopped."
        if threads() > self._threads + MOST_THREADS:
            return f"It started more than {MOST_THREADS} threads that have not ended, and was stopped."
        if name := self._changed():
            return f"It replaced {name}, which everything in its process uses, and was stopped."
        return ""

    def _changed(self) -> str:
        return next((name for name, found in callables().items() if self._shared.get(name, self) is not found), "")


def callables() -> dict:
    """What can be called of some modules, and everything in some classes, by full name."""
    found = {}
    for home in SHARED:
        kind = isinstance(home, type)
        at = f"redis.{home.__name__}" if kind else home.__name__
        found |= {f"{at}.{name}": each for name, each in list(vars(home).items()) if kind or callable(each)}
    return found


def memory() -> int:
    """Bytes of this process in memory; 0 where there is no /proc."""
    with contextlib.suppress(OSError):
        return pages(1)
    return 0


def files() -> int:
    """Files and sockets that are open; 0 where there is no /proc."""
    with contextlib.suppress(OSError):
        return len(os.listdir("/proc/self/fd"))
    return 0


def threads() -> int:
    """Threads that are no workers of a load."""
    return sum(not thread.name.startswith(LOAD) for thread in threading.enumerate())


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
def silence() -> None:
    """Drop what is printed: at hundreds of calls a second it is a flood."""
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115 (for good)


@functools.cache
def watch_processes() -> None:
    """From now on, a learner's code starts and ends no process."""
    sys.addaudithook(refuse_processes)


def refuse_processes(event: str, _) -> None:
    if event in PROCESSES and (wrong := running.get(threading.get_ident())):
        raise wrong(f"It wanted to start or end a process ({event}), which it must not.")
