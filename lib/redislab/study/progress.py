"""What a learner has done, in one file that outlives kernels and machines.

    note("exercise", "single-flight", passed=True)         # every attempt counts
    note("question", "Redis is down. …", right=False)      # the first answer counts
    note("guess", "Hit ratio …", value=70.0, unit="%")     # of these the last one counts
    note("measurement", "Hit ratio …", found=68.9)
    note("claim", "pipelining", verdict="…")

The file is JSON Lines: a head with the version of the format, then a line a note. Notes are only ever appended, each by
one write, so kernels that share the file need no lock and lose nothing; and to bring two files together, in any order and
as often as one likes, is to unite their lines. It is `redislab-progress.jsonl` in the folder that the kernel was started
in, which is the notebooks', or what REDISLAB_PROGRESS names.
"""

import json
import os
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from redislab.errors import ProgressError

NAME, HEAD, VERSION = "redislab-progress.jsonl", "redislab progress", 1
START = Path.cwd()  # a cell may change the folder later

listeners: set[Callable[[], None]] = set()  # each is called after every note of this kernel, on the thread that made it
trouble = ""  # why notes cannot be written, as a sentence; "" if they can
_held: list[dict] = []  # what could not be written yet
_turn = threading.Lock()


def where() -> Path:
    """The file."""
    return START / (os.environ.get("REDISLAB_PROGRESS") or NAME)


def note(kind: str, id: str, **facts) -> None:
    """Add to the file that something was done now. Never raises for the file's sake: what cannot be written is kept
    for as long as the kernel lives, and why is said once.

    Args:
        kind: "exercise" (with `passed`), "question" (`right`, `quiz`), "guess" (`value`, None if it was taken back, and
            `unit`), "measurement" (`found`, of the guess with that id), or "claim"; others are kept as well.
        id: what it is about, the same in all kernels.
        facts: whatever JSON can hold; anything else is kept as text.
    """
    _append([{"kind": kind, "id": id, "at": _now(), **facts}])


def notes() -> list[dict]:
    """All that counts, the oldest first: `kind`, `id`, `at` (UTC, ISO 8601), and the facts."""
    _write([])  # so that a file that cannot be written, or is not ours, is spoken of before there is anything to lose
    try:
        there = parse(where().read_bytes())
    except (OSError, ProgressError):
        there = []  # said already
    return united([*there, *_held])


def latest(kind: str, id: str) -> dict:
    """The note on something that counts, or the last of them; {} if there is none."""
    return next((one for one in reversed(notes()) if (one["kind"], one["id"]) == (kind, id)), {})


def united(them: Iterable[dict]) -> list[dict]:
    """Notes from one file or several: every attempt, each question's first answer, and the last of everything else."""
    kept = {}
    for one in sorted(them, key=lambda one: one["at"]):
        about = one["kind"], one["id"]
        if one["kind"] == "question":
            kept.setdefault(about, one)
        else:
            kept[(*about, one["at"]) if one["kind"] == "exercise" else about] = one
    return sorted(kept.values(), key=lambda one: one["at"])


def dump() -> str:
    """All that counts, as such a file's text."""
    return _lines([{HEAD: VERSION}, *notes()])


def parse(data: bytes) -> list[dict]:
    """The notes of such a file. A line that was torn, by a full disk for example, is left out.

    Raises:
        ProgressError: it is no such file, or one of a version that is not known here.
    """
    head, *lines = [_parsed(line) for line in data.splitlines() if line.strip()] or [None]
    version = head.get(HEAD) if isinstance(head, dict) else None
    if not isinstance(version, int):
        raise ProgressError(f'This is no progress file of this course, which begins with "{HEAD}".')
    if version > VERSION:
        raise ProgressError(f"This was written by a newer version of the course (format {version}): update it first.")
    return [line for line in lines if _is_note(line)]


def bring(data: bytes) -> int:
    """Add what counts of another such file and is not in this one; returns how many notes that is.

    Raises:
        ProgressError: it is no such file.
    """
    known = notes()
    new = [one for one in united([*known, *parse(data)]) if one not in known]
    _append(new)
    return len(new)


def _append(them: list[dict]) -> None:
    _write(them)
    for tell in list(listeners):
        tell()


def _write(them: list[dict]) -> None:
    """At the file's end, and in one write, so that other kernels' lines stay whole."""
    global trouble
    with _turn:
        _held.extend(them)
        try:
            there = _ours(place := where())
            torn = "\n" if there and not there.endswith(b"\n") else ""
            lines = _lines(_held if there else [{HEAD: VERSION}, *_held])
            with place.open("ab", buffering=0) as file:
                if file.write(data := (torn + lines).encode()) < len(data):
                    raise OSError("the disk is full")
            _held.clear()
            trouble = ""
        except OSError as failure:
            _complain(place, failure)


def _ours(place: Path) -> bytes:
    """What is in the file; what is not ours is set aside."""
    try:
        there = place.read_bytes()
        if there:
            parse(there)
        return there
    except FileNotFoundError:
        return b""
    except ProgressError as wrong:
        aside = place.with_name(f"{place.stem}-set-aside-{datetime.now():%Y%m%d-%H%M%S}{place.suffix}")
        place.rename(aside)
        print(f"{place.name}: {wrong} It was set aside as {aside.name}, and a new one begun.")
        return b""


def _complain(place: Path, failure: OSError) -> None:
    global trouble
    said_already = bool(trouble)
    trouble = (
        f"Progress cannot be written to {place} ({failure.strerror or failure}). It is kept while this kernel lives: "
        "download it from progress(), or set REDISLAB_PROGRESS to a file that can be written."
    )
    if not said_already:
        print(trouble)


def _lines(them: Iterable[dict]) -> str:
    text = "".join(json.dumps(one, ensure_ascii=False, default=str) + "\n" for one in them)
    return text.encode(errors="replace").decode()  # half a character is no reason to lose a note


def _parsed(line: bytes):
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _is_note(line) -> bool:
    try:
        in_words = isinstance(line["kind"], str) and isinstance(line["id"], str)
        return in_words and datetime.fromisoformat(line["at"]).tzinfo is UTC
    except (TypeError, KeyError, ValueError):
        return False


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
