"""What a learner has done, in one SQLite file that outlives kernels and machines.

    note("exercise", "single-flight", passed=True)         # every attempt counts, with the requirements that it `missed`
    note("hint", "single-flight: Hint 2")                  # was opened
    note("question", "Redis is down. …", right=False)      # the first answer counts
    note("guess", "Hit ratio …", value=70.0, unit="%")     # of these the last one counts
    note("measurement", "Hit ratio …", found=68.9, unit="%")
    note("claim", "pipelining", verdict="…")
    note("bill", "all yours", rows={"requests served": 1})  # of the last day of that kind
    note("solution", "single-flight", code="…")            # what passed last, as text: see `redislab.study.solutions`

Each note is a row, written in a transaction of its own, so that kernels can share the file. Notes are only ever added:
merging two files, in any order and as often as you like, is the union of their rows. The file is
`redislab-progress.sqlite` in the folder that the kernel was started in, which is the notebooks', or what
REDISLAB_PROGRESS names.
"""

import json
import os
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from redislab.errors import ProgressError

NAME, VERSION = "redislab-progress.sqlite", 1
APPLICATION = 0x52454449  # marks the file as ours, in its header (PRAGMA application_id)
NEW_FILE = (
    f"PRAGMA application_id = {APPLICATION}",
    "CREATE TABLE IF NOT EXISTS notes (kind TEXT, id TEXT, at TEXT, facts TEXT, PRIMARY KEY (kind, id, at))",
    f"PRAGMA user_version = {VERSION}",
)
START = Path.cwd()  # a cell may change the folder later

listeners: set[Callable[[], None]] = set()  # each is called after every note of this kernel, on the thread that made it
write_error = ""  # why notes cannot be written, as a sentence; "" if they can
_unsaved: list[dict] = []
_lock = threading.Lock()


def where() -> Path:
    """The file."""
    return START / (os.environ.get("REDISLAB_PROGRESS") or NAME)


def note(kind: str, id: str, **facts) -> None:
    """Add to the file that something was done now. If the file cannot be written, the note is kept for as long as the
    kernel lives, and the reason is printed once; nothing is raised.

    Args:
        kind: "exercise" (with `passed`), "question" (`right`, `quiz`), "guess" (`value`, None if it was taken back, and
            `unit`), "measurement" (`found` and `unit`, of the guess with that id, kept or not), "claim", "hint" or "bill"; others are
            kept as well.
        id: what it is about, the same in all kernels.
        facts: whatever JSON can hold; anything else is kept as text.
    """
    at = datetime.now(UTC).isoformat(timespec="microseconds")
    _add([{"kind": kind, "id": id, "at": at, **facts}])


def notes() -> list[dict]:
    """All that counts, the oldest first: `kind`, `id`, `at` (UTC, ISO 8601), and the facts."""
    _save([])  # so that a file that cannot be written, or is not ours, is reported before there is anything to lose
    try:
        saved = _read(where())
    except (sqlite3.Error, ProgressError):
        saved = []  # reported already
    return counting([*saved, *_unsaved])


def latest(kind: str, id: str) -> dict:
    """The note on something that counts, or the last of them; {} if there is none."""
    return next((one for one in reversed(notes()) if (one["kind"], one["id"]) == (kind, id)), {})


def counting(them: Iterable[dict]) -> list[dict]:
    """Of notes from one file or several: every attempt, each question's first answer, and the last of everything else."""
    kept = {}
    for one in sorted(them, key=lambda one: one["at"]):
        about = one["kind"], one["id"]
        if one["kind"] == "question":
            kept.setdefault(about, one)
        else:
            kept[(*about, one["at"]) if one["kind"] == "exercise" else about] = one
    return sorted(kept.values(), key=lambda one: one["at"])


def read(file: str | Path) -> list[dict]:
    """All that counts in some such file, which is not written to.

    Raises:
        ProgressError: it is no such file, or cannot be read; says why.
    """
    file = Path(file).absolute()
    try:
        with file.open("rb") as opened:
            if not opened.read(1):
                raise ProgressError("This file is empty.")
        return counting(_read(file))
    except OSError as failure:
        raise ProgressError(f"It cannot be read ({failure.strerror}).") from None
    except sqlite3.OperationalError as failure:
        why = (
            "It was begun and not written, or is of an older version"
            if "no such" in str(failure)
            else "It cannot be read"
        )
        raise ProgressError(f"{why} ({failure}).") from None


def dump() -> bytes:
    """All that counts, as the content of such a file."""
    with tempfile.TemporaryDirectory(prefix="redislab-") as folder:
        copy = Path(folder) / NAME
        _write(copy, notes())
        return copy.read_bytes()


def merge(data: bytes, solutions: bool = False) -> int:
    """Add what another such file knows and this one does not; returns how many notes that is.

    Args:
        solutions: also the code that has passed elsewhere, which is for a person to decide who has read it: `offered`.

    Raises:
        ProgressError: it is no such file, or one of a newer version.
    """
    new = [one for one in _news(data) if solutions or one["kind"] != "solution"]
    _add(new)
    return len(new)


def offered(data: bytes) -> dict[str, str]:
    """The code in such a file that is not known here, by exercise: text, which nothing has run.

    Raises:
        ProgressError: see `merge`.
    """
    return {one["id"]: one["code"] for one in _news(data) if one["kind"] == "solution"}


def _news(data: bytes) -> list[dict]:
    """What such a file knows and this one does not."""
    with tempfile.TemporaryDirectory(prefix="redislab-") as folder:
        copy = Path(folder) / NAME
        copy.write_bytes(data)
        brought = _read(copy)
    known = notes()
    return [one for one in counting([*known, *brought]) if one not in known]


def _add(them: list[dict]) -> None:
    _save(them)
    for tell in list(listeners):
        tell()


def _save(them: list[dict]) -> None:
    """Write these notes, and those that could not be written before."""
    global write_error
    with _lock:
        _unsaved.extend(them)
        try:
            _set_aside_if_foreign(where())
            _write(where(), _unsaved)
            _unsaved.clear()
            write_error = ""
        except (sqlite3.Error, OSError) as failure:
            _report(failure)


def _set_aside_if_foreign(file: Path) -> None:
    try:
        if file.exists() and file.stat().st_size:
            _read(file)
    except ProgressError as wrong:
        aside = file.with_name(f"{file.stem}-set-aside-{datetime.now():%Y%m%d-%H%M%S}{file.suffix}")
        file.rename(aside)
        print(f"{file.name}: {wrong} It was set aside as {aside.name}, and a new one was started.")


def _report(failure: Exception) -> None:
    global write_error
    known = bool(write_error)
    write_error = (
        f"Progress cannot be written to {where()} ({failure}). It is kept while this kernel lives: "
        "download it from progress(), or set REDISLAB_PROGRESS to a file that can be written."
    )
    if not known:
        print(write_error)


def _write(file: Path, them: list[dict]) -> None:
    with closing(sqlite3.connect(file, timeout=10)) as database, database:
        if not database.execute("PRAGMA user_version").fetchone()[0]:
            for statement in NEW_FILE:
                database.execute(statement)
        database.executemany("INSERT OR IGNORE INTO notes VALUES (?, ?, ?, ?)", map(_row, them))


def _read(file: Path) -> list[dict]:
    """
    Raises:
        ProgressError: it is no such file, or one of a newer version.
        sqlite3.OperationalError: it cannot be read now.
    """
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=10)) as database:
            (application,), (version,) = (
                database.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")
            )
            if application != APPLICATION:
                raise ProgressError("This is no progress file of this course.")
            if version > VERSION:
                raise ProgressError(f"A newer version of the course wrote this (format {version}): update it first.")
            return list(map(_note, database.execute("SELECT kind, id, at, facts FROM notes")))
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        raise ProgressError("This is no progress file of this course.") from None


def _note(row: tuple) -> dict:
    """
    Raises:
        ProgressError: the row was not written by the course.
    """
    try:
        kind, id, at, facts = row
        datetime.fromisoformat(at).astimezone()
        return {**json.loads(facts), "kind": kind + "", "id": id + "", "at": at}
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise ProgressError(
            "This progress file is damaged: it holds something that the course has not written."
        ) from None


def _row(one: dict) -> tuple:
    facts = {name: value for name, value in one.items() if name not in ("kind", "id", "at")}
    text = one["kind"], one["id"], one["at"]
    return *(each.encode(errors="replace").decode() for each in text), json.dumps(facts, default=str)
