"""Measure and print: `make bench`."""

import itertools
import shutil
import sys

from redislab.errors import RedislabError
from tests.budgets import antipatterns, claims, course, keys, library, modeling, tuning


def main() -> int:
    rows = []
    try:
        parts = [each.rows() for each in (library, modeling, keys, tuning, antipatterns)]
        if shutil.which("docker") and sys.platform == "linux":
            parts.append(course.rows())
        else:
            print("There is no Docker, or no Linux: a Binder's budget is not measured.")
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


if __name__ == "__main__":
    sys.exit(main())
