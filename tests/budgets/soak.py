"""What a lab leaves behind in the bench when it is run again and again: nothing that grows.

python -m tests.budgets.soak                 # every lab, 20 re-runs and 20 resets, and three tours through notebook 01: an hour
python -m tests.budgets.soak ArenaLab tours
"""

import sys
import time

import psutil

from redislab.bench.session import Bench, Session
from redislab.lessons import LESSONS
from redislab.world import start
from tests.browser.on_page import PANELS, OnPage
from tests.budgets.page import pages
from tests.budgets.table import Row
from tests.notebooks import NOTEBOOKS, code_cells

TURNS, WARM = (
    20,
    4,
)  # re-runs, and as many resets; by the WARM-th all modules are there, and allocators have their arenas
MORE = 1.1  # times what there was: more has grown
SLACK = {"memory": 4.0, "files": 3, "threads": 2, "sockets": 3, "processes": 0}  # MB or a count, beside that


def used(process: psutil.Process) -> dict[str, float]:
    """What a process holds now: MB that it shares with no other, and counts."""
    return {
        "memory": process.memory_full_info().uss / 1e6,
        "files": process.num_fds(),
        "threads": process.num_threads(),
        "sockets": len(process.net_connections()),
        "processes": len(process.children(recursive=True)),
    }


def rested(process: psutil.Process, patience: float = 30.0) -> dict[str, float]:
    """The least of what it held in the next moments: threads and connections end in their own time, and a container takes some seconds."""
    least, deadline = used(process), time.monotonic() + patience
    unchanged = 0
    while unchanged < 60 and time.monotonic() < deadline:
        time.sleep(0.1)
        now = used(process)
        lower = {name: min(least[name], now[name]) for name in least}
        unchanged, least = (unchanged + 1 if lower == least else 0), lower
    return least


def run(session: Session, former=None) -> None:
    """Until there is a first sample, in another recording than the `former` one."""
    deadline = time.monotonic() + 60
    while session.recording is former or not session.recording.samples:
        session.wait(timeout=0.05)
        assert time.monotonic() < deadline, f"{session.recording.title} has no sample within a minute"


def again(kind, turns: int) -> None:
    """The cell is run again, so many times."""
    for _ in range(turns):
        with Session(kind()) as session:
            session.start()
            run(session)


def reset(kind, turns: int) -> None:
    """Reset is pressed, so many times."""
    with Session(kind()) as session:
        session.start()
        run(session)
        for _ in range(turns):
            former = session.recording
            session.reset()
            run(session, former)


def soak(kind, turns: int = TURNS) -> tuple[dict, dict]:
    """What the bench holds after some turns, and after as many more re-runs and resets as are asked for."""
    start()
    bench = psutil.Process(Bench.shared().process.pid)
    for turn in (again, reset):
        turn(kind, WARM)
    before = rested(bench)
    for turn in (again, reset):
        turn(kind, turns)
    return before, rested(bench)


def tours(count: int = 3, name: str = "01") -> dict[str, tuple[dict, dict]]:
    """The same of the kernel of a notebook and of its bench: before and after that many tours, in each of which all cells are run
    again and every panel comes into sight. There was one tour before."""
    path = next(path for path in NOTEBOOKS if path.name.startswith(name))
    with pages() as open_:
        notebook = open_(*(cell.source for cell in code_cells(path)))
        held = [tour(notebook) for _ in range(count + 1)]
        notebook.close()
    return {part: (held[0][part], held[-1][part]) for part in held[0]}


def tour(notebook) -> dict[str, dict]:
    """Run all cells, and have every panel in sight; what kernel and bench hold when all panels are closed again: while they are open,
    each keeps as many connections as it had requests at once."""
    notebook.run_all()
    for index in range(notebook.ask(f"len({PANELS})")):
        OnPage(notebook, index).start()
    bench = "__import__('redislab.bench.session', fromlist=['x']).Bench.shared().process.pid"
    pids = {"kernel": notebook.ask("__import__('os').getpid()"), "bench": notebook.ask(bench)}
    notebook.ask(f"[each.close() for each in {PANELS}]")
    return {part: rested(psutil.Process(pid)) for part, pid in pids.items()}


def grown(before: dict, after: dict) -> dict[str, str]:
    """What there is more of, and how much."""
    return {
        name: f"{before[name]:.0f} → {after[name]:.0f}"
        for name in before
        if after[name] > max(MORE * before[name], before[name] + SLACK[name])
    }


def row(what: str, before: dict, after: dict) -> Row:
    note = ", ".join(f"{key} {before[key]:.0f} → {after[key]:.0f}" for key in before)
    return Row(f"{what}: what grows", len(grown(before, after)), 0, "", note=note)


def rows(names=(), turns: int = TURNS):
    for name, kind in LESSONS.labs.items():
        if not names or name in names:
            yield row(f"{name}, {turns} re-runs and resets", *soak(kind, turns))
    if not names or "tours" in names:
        for part, held in tours().items():
            yield row(f"three tours through notebook 01, {part}", *held)


def main() -> int:
    kept = True
    for each in rows(sys.argv[1:]):
        print(each, flush=True)
        kept &= each.kept
    return not kept


if __name__ == "__main__":
    sys.exit(main())
