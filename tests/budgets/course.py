"""Binder's budget: each notebook, restarted and run from top to bottom with one processor and 2 GB."""

from tests.binder.pod import ROOT, restart_and_run_all
from tests.budgets.table import Row


def rows():
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        taken = restart_and_run_all(path)
        note = f"{taken.peak_mb:.0f} MB of 2147, {taken.killed} processes killed"
        yield Row(f"restart and run all, 1 CPU and 2 GB: {path.stem}", taken.seconds, 60, unit="s", note=note)
