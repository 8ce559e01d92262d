"""Measure and print: `make bench`."""

import itertools
import shutil
import subprocess
import sys

from redislab.errors import RedislabError
from tests.budgets import antipatterns, claims, course, keys, library, modeling, races, sizes, tuning


def main() -> int:
    rows = []
    try:
        parts = [each.rows() for each in (sizes, library, modeling, keys, tuning, antipatterns, races)]
        if sys.platform == "linux" and docker_answers():
            parts.append(course.rows())
        else:
            print("No Docker engine answers here, or this is not Linux: a Binder's budget is not measured.")
        if shutil.which("chromium") or shutil.which("google-chrome"):
            from tests.budgets import page

            parts.append(page.rows())
        else:
            print("Chromium is not installed: the budgets of the page are not measured.")
        parts.append(claims.rows())
        for row in itertools.chain(*parts):
            rows.append(row)
            print(row, flush=True)
    except RedislabError as failure:
        print(failure, file=sys.stderr)
        return 2
    return 0 if all(row.kept for row in rows) else 1


def docker_answers() -> bool:
    """Whether there is an engine behind the command, and not the command alone."""
    try:
        return subprocess.run(["docker", "info"], capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    sys.exit(main())
