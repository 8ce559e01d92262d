"""Runs in the container: one notebook from top to bottom, and then a line of JSON on what that took.

python -m tests.binder.inside notebooks/01_caching_patterns.ipynb
"""

import json
import sys
import threading
import time

import nbformat
import psutil
from nbclient import NotebookClient

from redislab.world.scheduling import CGROUP, cores


def told(*names: str) -> dict[str, int]:
    """The figures in the first of these files that there is; control groups of version 1 and 2 have other ones."""
    path = next(path for name in names if (path := CGROUP / name).exists())
    return {name: int(figure) for name, figure in (line.split() for line in path.read_text().splitlines())}


def held() -> int:
    """Bytes that the container's processes hold, and that cannot be taken from them as what is kept of files can."""
    figures = told("memory/memory.stat", "memory.stat")
    return sum(figures.get(name, 0) for name in ("rss", "anon", "shmem"))


class Peak(threading.Thread):
    """Looks ten times a second at what is held, and keeps the most."""

    def __init__(self):
        super().__init__(daemon=True)
        self.bytes = 0
        self.start()

    def run(self):
        while True:
            self.bytes = max(self.bytes, held())
            time.sleep(0.1)


def others() -> dict[int, str]:
    """The other processes of this container that are alive."""
    alive = {}
    for process in psutil.process_iter(["pid", "status", "cmdline"]):
        if process.info["status"] != psutil.STATUS_ZOMBIE:
            alive[process.info["pid"]] = " ".join(process.info["cmdline"] or ())
    return alive


def left(before: dict) -> list[str]:
    """What is still running after a while, and was not `before`."""
    deadline = time.monotonic() + 15
    while (more := others().keys() - before.keys()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return [command for pid, command in others().items() if pid in more]


def main(path: str) -> None:
    notebook = nbformat.read(path, as_version=4)
    before, peak, began = others(), Peak(), time.monotonic()
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    seconds = time.monotonic() - began
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    report = {
        "seconds": seconds,
        "peak_mb": peak.bytes / 1e6,
        "killed": told("memory/memory.oom_control", "memory.events")["oom_kill"],
        "left": left(before),
        "cores": cores(),
        "start": str(first.outputs),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(*sys.argv[1:])
