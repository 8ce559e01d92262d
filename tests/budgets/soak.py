"""What a lab leaves behind in the bench when it is run again and again: nothing that grows.

python -m tests.budgets.soak                 # every lab, 20 re-runs and 20 resets: an hour
python -m tests.budgets.soak ArenaLab TtlLab
"""

import sys
import time

import psutil

from redislab.bench.session import Bench, Session
from redislab.lessons import LESSONS
from redislab.world import start
from tests.budgets.table import Row

TURNS, WARM = (
    20,
    4,
)  # re-runs, and as many resets; by the WARM-th all modules are there, and allocators have their arenas
MORE = 1.1  # times what there was: more has grown
SLACK = {"memory": 4.0, "files": 3, "threads": 2, "sockets": 3, "processes": 0}  # MB or a count, beside that


def used() -> dict[str, float]:
    """What the bench holds now: MB that it shares with no other process, and counts."""
    process = psutil.Process(Bench.shared().child.process.pid)
    children = process.children(recursive=True)
    return {
        "memory": process.memory_full_info().uss / 1e6,
        "files": process.num_fds(),
        "threads": process.num_threads(),
        "sockets": len(process.net_connections()),
        "processes": len(children),
    }


def rested(patience: float = 30.0) -> dict[str, float]:
    """The least of what it held in the next moments: threads and connections end in their own time, and a container takes some seconds."""
    least, deadline = used(), time.monotonic() + patience
    unchanged = 0
    while unchanged < 60 and time.monotonic() < deadline:
        time.sleep(0.1)
        now = used()
        lower = {name: min(least[name], now[name]) for name in least}
        unchanged, least = (unchanged + 1 if lower == least else 0), lower
    return least


def run(session: Session) -> None:
    """Until there is a first sample."""
    session.start()
    session.wait("running")
    first(session)


def first(session: Session) -> None:
    deadline = time.monotonic() + 60
    while not session.recording.samples and time.monotonic() < deadline:
        session.wait(timeout=0.05)


def again(kind, turns: int) -> None:
    """The cell is run again, so many times."""
    for _ in range(turns):
        with Session(kind()) as session:
            run(session)


def reset(kind, turns: int) -> None:
    """Reset is pressed, so many times."""
    with Session(kind()) as session:
        run(session)
        for _ in range(turns):
            session.recording.samples.clear()
            session.reset()
            session.wait("running")
            first(session)


def soak(kind, turns: int = TURNS) -> tuple[dict, dict]:
    """What the bench holds after some turns, and after as many more re-runs and resets as are asked for."""
    start()
    for turn in (again, reset):
        turn(kind, WARM)
    before = rested()
    for turn in (again, reset):
        turn(kind, turns)
    return before, rested()


def grown(before: dict, after: dict) -> dict[str, str]:
    """What there is more of, and how much."""
    return {
        name: f"{before[name]:.0f} → {after[name]:.0f}"
        for name in before
        if after[name] > max(MORE * before[name], before[name] + SLACK[name])
    }


def rows(names=(), turns: int = TURNS):
    for name, kind in LESSONS.labs.items():
        if not names or name in names:
            before, after = soak(kind, turns)
            note = ", ".join(f"{key} {before[key]:.0f} → {after[key]:.0f}" for key in before)
            yield Row(
                f"{name}: what grows over {turns} re-runs and resets", len(grown(before, after)), 0, "", note=note
            )


def main() -> int:
    kept = True
    for row in rows(sys.argv[1:]):
        print(row, flush=True)
        kept &= row.kept
    return not kept


if __name__ == "__main__":
    sys.exit(main())
